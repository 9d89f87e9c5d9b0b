"""The node types that can be added: a tree with a search."""

from app.gui.palette.panel import Palette

__all__ = ["Palette"]
