"""The canvas: shows the graph of a Document, and turns what hands do into edits of it."""
