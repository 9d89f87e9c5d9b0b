"""The machine room: the graph engine, the diffusion library and the runtime, with no Qt anywhere."""
