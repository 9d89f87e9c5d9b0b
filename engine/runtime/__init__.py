"""Where and how models run: devices, the model pool, and results on disk."""
