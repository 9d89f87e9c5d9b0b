"""How other layouts name and shape the weights, a file for each, made from the architecture."""
