"""Finding, describing, hashing, reading and writing model files; what only looks needs no torch."""
