"""What a graph is and how it runs, in pure Python: types, checks, keys, plans, cache, executor."""
