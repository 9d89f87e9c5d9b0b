"""A drawing: how many shapes it has, and a button that opens the painter."""

from __future__ import annotations

import json
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from app.gui import icons
from app.gui.inspector.widgets.base import Around, ValueEditor
from app.gui.language import tr
from engine.graph.params import Param


class DrawingEditor(ValueEditor):
    """Opens the painter; the drawing itself is text that nobody types."""

    def __init__(self, param: Param, around: Around, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        self.button = QPushButton(tr("Paint…"), self)
        icons.set_icon(self.button, "brush")
        self.button.setToolTip(tr("Paint on the picture"))
        self.button.setAccessibleName(tr("{}: paint").format(param.label))
        self.told = QLabel(self)
        self.told.setProperty("dim", True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.button)
        layout.addWidget(self.told, 1)
        draw = around.draw
        self.button.setEnabled(draw is not None)
        if draw is not None:
            self.button.clicked.connect(lambda: draw())
        self.setFocusProxy(self.button)

    def show_value(self, value: Any) -> None:
        self.told.setText(shapes_in_words(value or ""))


def shapes_in_words(text: str) -> str:
    """`empty`, `3 shapes`, or that it can't be read."""
    if not text.strip():
        return tr("empty")
    try:
        shapes = json.loads(text)["shapes"]
        return tr("one shape") if len(shapes) == 1 else tr("{} shapes").format(len(shapes))
    except (ValueError, TypeError, KeyError, RecursionError):
        return tr("can't be read")
