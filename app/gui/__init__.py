"""The desktop editor: windows over `engine.graph`; what runs, runs in a worker process."""
