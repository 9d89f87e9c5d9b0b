"""The diffusion library: models, schedulers, guidance and loops, usable with no graph at all."""
