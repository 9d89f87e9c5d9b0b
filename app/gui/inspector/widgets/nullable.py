"""A value that may be none: a switch before the widget of the value."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app.gui.inspector.widgets.base import ValueEditor
from app.gui.inspector.widgets.switch import Switch
from app.gui.language import tr
from engine.graph.params import Choices, ModelName, Param, Range


class NullableEditor(ValueEditor):
    """`inner` edits the value; with the switch off it is none."""

    def __init__(self, inner: ValueEditor, parent: QWidget | None = None) -> None:
        super().__init__(inner.param, parent)
        self.inner = inner
        self.wide = inner.wide
        self._last: Any = None
        self.switch = Switch(self)
        self.switch.setAccessibleName(tr("{}: give a value").format(inner.param.label))
        self.switch.setToolTip(tr("On: a value of its own. Off: none."))
        self._none = QLabel(tr("none"), self)
        self._none.setProperty("dim", True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(self.fontMetrics().height() // 2)
        layout.addWidget(self.switch)
        layout.addWidget(self._none, 1)
        layout.addWidget(inner, 1)
        inner.edited.connect(self._take)
        inner.settled.connect(self.settled.emit)
        inner.refused.connect(self.refused.emit)
        self.switch.clicked.connect(self._turn)
        self.setFocusProxy(self.switch)

    def show_value(self, value: Any) -> None:
        given = value is not None
        self.switch.setChecked(given)
        self.inner.setVisible(given)
        self._none.setVisible(not given)
        if given:
            self._last = value
            self.inner.show_value(value)

    def _take(self, value: Any) -> None:
        self._last = value
        self.edited.emit(value)

    def _turn(self, on: bool) -> None:
        value = (self._last if self._last is not None else first_value(self.param)) if on else None
        if on and value is None:
            # Nothing sensible to begin with, such as a model: the person chooses one.
            self._none.hide()
            self.inner.show()
            self.inner.setFocus()
            return
        self.edited.emit(value)
        self.settled.emit()


def first_value(param: Param) -> Any:
    """What a value begins with that was none; None where only the person can say."""
    if not param.required and param.default is not None:
        return param.default
    match param.widget:
        case Range(low):
            return param.base(low)
        case Choices(values):
            return values[0]
        case ModelName():
            return None
        case _:
            return param.base() if param.base in (int, float, str, bool) else None
