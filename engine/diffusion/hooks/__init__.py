"""Changes to the denoise loop, one a file, each a value that wires carry."""
