"""All there is to see and set of what is selected."""

from app.gui.inspector.panel import Inspector

__all__ = ["Inspector"]
