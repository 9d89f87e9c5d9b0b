"""The way into subgraphs, at the top of the canvas: each step leads back out."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from app.gui.language import tr
from app.gui.theme import theme


class Crumbs(QWidget):
    """A button for each graph on the way to the one that is shown; the last one is where one is."""

    asked = Signal(int)
    """The number of steps that should be left, 0 for the whole workflow."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Where you are"))
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(6, 3, 6, 3)
        self._row.setSpacing(2)
        self._steps: tuple[str, ...] = ()
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # so that scrolling stays cheap
        self.hide()

    def show_steps(self, steps: Sequence[str]) -> None:
        """Show the way through subgraphs by their names; nothing in the whole workflow."""
        self._steps = tuple(steps)
        while item := self._row.takeAt(0):
            if widget := item.widget():
                widget.hide()
                widget.deleteLater()
        for index, name in enumerate((tr("Workflow"), *self._steps)):
            if index:
                self._row.addWidget(QLabel("›", self))
            button = QPushButton(name, self)
            button.setFlat(True)
            button.setEnabled(index < len(self._steps))
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setToolTip(tr("Go out to {}").format(name))
            button.setAccessibleName(button.toolTip())
            button.clicked.connect(lambda _=False, index=index: self.asked.emit(index))
            self._row.addWidget(button)
        self.restyle()
        self.setVisible(bool(self._steps))
        self.adjustSize()

    def restyle(self) -> None:
        """Take the colours of the current theme."""
        colours = theme()
        self.setStyleSheet(
            f"QLabel {{ color: {colours.dim}; }}"
            f"QPushButton {{ color: {colours.accent}; border: none; padding: 2px 6px; }}"
            f"QPushButton:disabled {{ color: {colours.text}; }}"
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().colour("canvas"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme().colour("border"))
        painter.setBrush(theme().colour("panel"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
