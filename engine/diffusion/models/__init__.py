"""Network architectures, one a file; attribute names are the published weight names."""
