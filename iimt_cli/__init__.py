"""iimt: translate the text inside pictures with one end-to-end neural system (Translatotron-V, arXiv 2407.02894)."""

__version__ = "0.1.0"
