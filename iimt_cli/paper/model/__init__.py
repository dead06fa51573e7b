"""The networks of the whole-picture system."""
