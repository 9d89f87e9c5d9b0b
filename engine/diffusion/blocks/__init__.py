"""Layers shared by the models: residual blocks, attention, embeddings, resampling."""
