"""Finding, probing, hashing and reading model files; only `load` needs torch."""
