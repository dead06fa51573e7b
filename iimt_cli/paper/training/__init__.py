"""The stages that train the whole-picture system."""
