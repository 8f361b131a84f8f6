"""homebody: a voice assistant that runs wholly on its owner's machine."""

__version__ = "0.1.0"
