"""What edits one value: a widget for each kind of parameter, made by `widget_for`."""

from app.gui.inspector.widgets.base import Around, TokenCount, ValueEditor
from app.gui.inspector.widgets.make import widget_for

__all__ = ["Around", "TokenCount", "ValueEditor", "widget_for"]
