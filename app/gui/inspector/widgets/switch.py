"""Yes or no: a switch."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QWidget

from app.gui import theme
from app.gui.inspector.widgets.base import ValueEditor
from engine.graph.params import Param


class Switch(QAbstractButton):
    """A switch that is painted; Space turns it, as does a click."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        height = self.fontMetrics().height() + 4
        return QSize(round(height * 1.9), height)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not self.isEnabled():
            painter.setOpacity(0.5)
        height = self.fontMetrics().height() * 0.95
        track = QRectF(1.5, (self.height() - height) / 2, height * 1.8, height)
        on = self.isChecked()
        painter.setPen(QPen(colours.colour("accent" if on else "dim"), 1))
        painter.setBrush(colours.colour("accent" if on else "field"))
        painter.drawRoundedRect(track, height / 2, height / 2)
        if self.hasFocus():
            painter.setPen(QPen(colours.colour("text" if on else "accent"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(track, height / 2, height / 2)
        knob = height - 6
        left = track.right() - knob - 3 if on else track.left() + 3
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.colour("on_accent" if on else "dim"))
        painter.drawEllipse(QRectF(left, track.top() + 3, knob, knob))


class SwitchEditor(ValueEditor):
    """Yes or no."""

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        self.switch = Switch(self)
        self.switch.setAccessibleName(param.label)
        self.switch.setToolTip(param.label)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.switch)
        layout.addStretch(1)
        self.switch.clicked.connect(self._take)
        self.setFocusProxy(self.switch)

    def show_value(self, value: Any) -> None:
        self.switch.setChecked(bool(value))

    def _take(self, on: bool) -> None:
        self.edited.emit(on)
        self.settled.emit()
