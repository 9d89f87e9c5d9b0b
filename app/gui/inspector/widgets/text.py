"""A line of text."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from app.gui.inspector.widgets.base import ValueEditor, guard_undo
from app.gui.language import tr
from engine.graph.params import Param


class TextEditor(ValueEditor):
    """A field for a line of text; every letter is an edit, leaving it ends the step."""

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        self.field = QLineEdit(self)
        self.field.setAccessibleName(param.label)
        self.field.setToolTip(param.label)
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(4)
        self.row.addWidget(self.field, 1)
        guard_undo(self.field)
        self.field.textEdited.connect(self._type)
        self.field.editingFinished.connect(self.settled.emit)
        self.setFocusProxy(self.field)

    def show_value(self, value: Any) -> None:
        text = "" if value is None else str(value)
        if text != self.field.text():
            place = self.field.cursorPosition()
            self.field.setText(text)
            self.field.setCursorPosition(min(place, len(text)))

    def _type(self, text: str) -> None:
        self.field.setModified(False)  # the document has it
        self.edited.emit(text)


class FilledInEditor(TextEditor):
    """A text that a sweep fills in: what is typed here counts only without one."""

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        self.field.setPlaceholderText(tr("Filled in by a sweep"))
