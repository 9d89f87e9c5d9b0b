"""The process that owns the engine, and the editor's end of the line to it."""
