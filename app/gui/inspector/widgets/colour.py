"""A colour: a name or `#rrggbb`, with a swatch that opens a choice of colours."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QColorDialog, QWidget

from app.gui import theme
from app.gui.inspector.widgets.text import TextEditor
from app.gui.language import tr
from engine.graph.params import Param

WORDS = ("colour", "color")


def is_colour(param: Param) -> bool:
    """Whether a plain text names a colour: its name says so."""
    plain = param.base is str and param.widget is None
    return plain and any(word in param.name.lower() for word in WORDS)


class ColourEditor(TextEditor):
    """A field for the colour as text, with its swatch."""

    def __init__(self, param: Param, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        self.swatch = Swatch(self)
        self.swatch.setToolTip(tr("Choose a colour"))
        self.swatch.setAccessibleName(tr("Choose a colour"))
        self.row.insertWidget(0, self.swatch)
        self.field.textEdited.connect(self.swatch.show_colour)
        self.swatch.clicked.connect(self._choose)

    def show_value(self, value: Any) -> None:
        super().show_value(value)
        self.swatch.show_colour(str(value or ""))

    def _choose(self) -> None:
        dialog = QColorDialog(self.swatch.colour, self)
        dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.currentColorChanged.connect(lambda colour: self._take(colour.name()))
        dialog.finished.connect(lambda _: self.settled.emit())
        dialog.open()

    def _take(self, name: str) -> None:
        self.show_value(name)
        self.edited.emit(name)


class Swatch(QAbstractButton):
    """A patch of a colour; crossed out where the text names none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.colour = QColor()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self.update)

    def show_colour(self, text: str) -> None:
        """Show the colour that a text names."""
        self.colour = QColor.fromString(text.strip())
        self.update()

    def sizeHint(self) -> QSize:
        side = self.fontMetrics().height() + 6
        return QSize(side, side)

    def paintEvent(self, event: QPaintEvent) -> None:
        colours = theme.theme()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colours.colour("accent" if self.hasFocus() else "border"), 1.2))
        painter.setBrush(self.colour if self.colour.isValid() else colours.colour("field"))
        box = QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5)
        painter.drawRoundedRect(box, 4, 4)
        if not self.colour.isValid():
            painter.setPen(QPen(colours.colour("error"), 1.2))
            painter.drawLine(box.topRight(), box.bottomLeft())
