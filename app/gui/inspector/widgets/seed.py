"""A seed: a number, or a new one for each run."""

from __future__ import annotations

import random
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.gui import icons
from app.gui.inspector.widgets.base import ValueEditor, tool
from app.gui.inspector.widgets.number import NumberField
from app.gui.language import tr
from app.gui.scale import Scale
from engine.graph.params import MAX_SEED, Param

DRAWN = 2**32 - 1  # seeds that are drawn here are short enough to read out


class SeedEditor(ValueEditor):
    """A field with dice for another seed, and a lock that holds it; open, each run draws one."""

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        self._last: int | None = None
        self.field = NumberField(Scale(0, MAX_SEED, 1, True), self)
        self.field.setAccessibleName(param.label)
        self.field.setToolTip(param.describe())
        self.dice = tool("dice", tr("Draw another seed"), self)
        self.hold = tool("lock", tr("Keep this seed"), self)
        self.hold.setCheckable(True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addWidget(self.field, 1)
        layout.addWidget(self.dice)
        layout.addWidget(self.hold)
        self.field.typed.connect(self.edited.emit)
        self.field.left.connect(self.settled.emit)
        self.field.refused.connect(self._refuse)
        self.dice.clicked.connect(self._draw)
        self.hold.clicked.connect(self._hold)
        self.setFocusProxy(self.field)

    def show_value(self, value: Any) -> None:
        held = value is not None
        self.hold.setChecked(held)
        icons.set_icon(self.hold, "lock" if held else "unlock", "text" if held else "dim")
        tip = tr("Draw a new seed for each run") if held else tr("Keep one seed for all runs")
        self.hold.setToolTip(tip)
        self.hold.setAccessibleName(tip)
        if held:
            self._last = value
            self.field.show_number(value)
        else:
            self.field.setText("")
            self.field.setPlaceholderText(tr("new for each run"))

    def _draw(self) -> None:
        self.edited.emit(random.randint(0, DRAWN))
        self.settled.emit()

    def _hold(self, held: bool) -> None:
        last = self._last if self._last is not None else random.randint(0, DRAWN)
        self.edited.emit(last if held else None)
        self.settled.emit()

    def _refuse(self, text: str) -> None:
        takes = self.param.describe()
        self.refused.emit(tr("“{}” is not a number; it takes {}.").format(text, takes))
