"""The machine room: graph engine, diffusion library and runtime, with no Qt anywhere."""
