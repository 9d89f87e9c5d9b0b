"""A comment frame: a coloured field behind nodes with a line of text. It is view data only.

In `view` it is `"frame:NAME": {"at": [x, y], "size": [w, h], "text": "…", "colour": "#rrggbb"}`; no
node can have such an id.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.gui.canvas.library import BoxItem
from app.gui.canvas.shape import scene_font
from app.gui.theme import theme

PREFIX = "frame:"
Z_FRAME = -10.0
TITLE = 32.0
CORNER = 16.0
LEAST = QSizeF(96, 64)
COLOURS = ("#5aa2ff", "#6cc58a", "#e8b45a", "#f0706c", "#b48ef0", "#8a93a3")


class FrameItem(BoxItem):
    """The frame `id`."""

    def __init__(self, frame_id: str) -> None:
        super().__init__(frame_id)
        self.text = ""
        self.colour = QColor(COLOURS[0])
        self.setZValue(Z_FRAME)

    def show_view(self, view: Mapping[str, Any]) -> None:
        """Show what is kept about it."""
        area = frame_area(view)
        self.text = str(view.get("text", ""))
        found = QColor(str(view.get("colour", COLOURS[0])))
        self.colour = found if found.isValid() else QColor(COLOURS[0])
        self.setPos(area.topLeft())
        self.resize(area.width(), area.height(), 3)
        self.update()

    def banded(self, area: QRectF) -> bool:
        return area.contains(self.box())

    def covers(self, at: QPointF) -> bool:
        """Whether a press at a point of the scene is on it: its title, its border, its corner."""
        box = self.box()
        inside = box.adjusted(6, TITLE, -6, -6)
        return box.contains(at) and (not inside.contains(at) or self.corner().contains(at))

    def corner(self) -> QRectF:
        """Where it is dragged to another size."""
        box = self.box()
        return QRectF(box.right() - CORNER, box.bottom() - CORNER, CORNER, CORNER)

    def title_area(self) -> QRectF:
        """Where its text is, from its top left corner."""
        return QRectF(10, 0, self.width - 20, TITLE)

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        box = QRectF(0, 0, self.width, self.height)
        fill = QColor(self.colour)
        fill.setAlpha(26)
        painter.setBrush(fill)
        edge = QColor(theme().accent) if self.isSelected() else QColor(self.colour)
        edge.setAlpha(255 if self.isSelected() else 110)
        painter.setPen(QPen(edge, 2 if self.isSelected() else 1))
        painter.drawRoundedRect(box, 8, 8)
        scale = max(option.levelOfDetailFromTransform(painter.worldTransform()), 0.01)
        painter.setFont(_title_font(scale))
        painter.setPen(theme().colour("text"))
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        painter.setClipRect(box)
        painter.drawText(self.title_area(), flags, self.text)
        corner = QPointF(self.width - 5, self.height - 5)
        painter.setPen(QPen(edge, 1.5))
        for off in (4, 9):
            painter.drawLine(corner - QPointF(off, 0), corner - QPointF(0, off))


def _title_font(scale: float) -> QFont:
    """The font of titles: it grows when one looks from afar, so that it can be read."""
    font = scene_font(bold=True)
    font.setPixelSize(min(26, max(14, round(11 / scale))))
    return font


def frame_area(view: Mapping[str, Any]) -> QRectF:
    """Where a frame is, from what is kept about it."""
    try:
        x, y = (float(part) for part in view["at"])
        width, height = (float(part) for part in view["size"])
    except (KeyError, TypeError, ValueError):
        return QRectF(0, 0, 320, 200)
    return QRectF(x, y, max(width, LEAST.width()), max(height, LEAST.height()))


def is_frame(name: str) -> bool:
    """Whether a name in a view is that of a frame."""
    return name.startswith(PREFIX)
