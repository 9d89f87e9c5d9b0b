"""The catalogue of nodes, one family a file: signatures and help over engine.diffusion."""
