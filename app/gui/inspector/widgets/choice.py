"""One of a few values: buttons side by side where they are few, else a list that opens."""

from __future__ import annotations

from typing import Any

from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from app.gui.inspector.widgets.base import ValueEditor, guard_wheel
from engine.graph.params import Choices, Param

FEW = 4  # values that may stand side by side
SHORT = 22  # characters that fit side by side, all values together


def choice_editor(param: Param, parent: QWidget | None = None) -> ValueEditor:
    """The widget for one of these values: segments where they fit, else a list."""
    assert isinstance(param.widget, Choices)
    values = param.widget.values
    letters = sum(len(str(value)) for value in values)
    few = len(values) <= FEW and letters <= SHORT
    return SegmentsEditor(param, parent) if few else ListEditor(param, parent)


class SegmentsEditor(ValueEditor):
    """The values side by side; arrows go from one to the next."""

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        assert isinstance(param.widget, Choices)
        self._values = param.widget.values
        self.buttons: list[QPushButton] = []
        self._group = QButtonGroup(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        for place, value in enumerate(self._values):
            button = QPushButton(str(value), self)
            button.setCheckable(True)
            button.setProperty("segment", _part(place, len(self._values)))
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.setAccessibleName(f"{param.label}: {value}")
            button.setToolTip(f"{param.label}: {value}")
            self._group.addButton(button, place)
            self.buttons.append(button)
            layout.addWidget(button, len(str(value)) + 3)
        self._group.idClicked.connect(self._take)
        self.setFocusProxy(self.buttons[0])

    def show_value(self, value: Any) -> None:
        self._group.setExclusive(False)
        for button, one in zip(self.buttons, self._values, strict=True):
            button.setChecked(one == value)
        self._group.setExclusive(True)

    def _take(self, place: int) -> None:
        self.edited.emit(self._values[place])
        self.settled.emit()


class ListEditor(ValueEditor):
    """The values in a list that opens; letters find one."""

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        assert isinstance(param.widget, Choices)
        self._values = param.widget.values
        self.box = QComboBox(self)
        self.box.addItems([str(value) for value in self._values])
        self.box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.box.setMinimumContentsLength(8)
        self.box.setAccessibleName(param.label)
        self.box.setToolTip(param.label)
        guard_wheel(self.box)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.box)
        self.box.activated.connect(self._take)
        self.setFocusProxy(self.box)

    def show_value(self, value: Any) -> None:
        if value in self._values:
            self.box.setCurrentIndex(self._values.index(value))
            return
        self.box.setCurrentIndex(-1)
        self.box.setPlaceholderText("" if value is None else str(value))

    def _take(self, place: int) -> None:
        self.edited.emit(self._values[place])
        self.settled.emit()


def _part(place: int, count: int) -> str:
    """Which corners of a segment are round."""
    if count == 1:
        return "only"
    return "first" if place == 0 else "last" if place == count - 1 else "middle"
