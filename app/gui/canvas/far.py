"""The graph from far away: plain boxes and lines, painted together and without any text."""

from __future__ import annotations

from collections import defaultdict

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.gui.canvas import paint as near
from app.gui.canvas.colours import mix
from app.gui.canvas.mirror import Mirror
from app.gui.canvas.node_item import NodeItem
from app.gui.theme import theme


def paint(painter: QPainter, area: QRectF, mirror: Mirror) -> None:
    """Paint what lies in an area of the scene."""
    lines: dict[str, list[QLineF]] = defaultdict(list)
    for item in mirror.links.values():
        start, end = item.ends
        if QRectF(start, end).normalized().adjusted(-1, -1, 1, 1).intersects(area):
            lines[item.colour.name()].append(QLineF(start, end))
    for name, found in lines.items():
        pen = QPen(QColor(name), 1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawLines(found)
    boxes: dict[tuple[str, str], list[QRectF]] = defaultdict(list)
    for item in mirror.nodes.values():
        box = item.box()
        if box.intersects(area):
            boxes[_fill(item), _border(item)].append(box)
    for (fill, border), found in boxes.items():
        painter.setBrush(QColor(fill))
        pen = QPen(QColor(border), 2 if border == theme().accent else 1)
        pen.setCosmetic(True)
        painter.setPen(pen if border else Qt.PenStyle.NoPen)
        painter.drawRects(found)


def _fill(item: NodeItem) -> str:
    state = item.status.state
    if state == "running":
        return theme().accent
    if state == "failed":
        return theme().error
    strength = 0.2 if item.face.state else 0.55
    return mix(theme().colour("node"), near.tone(item), strength).name()


def _border(item: NodeItem) -> str:
    if item.isSelected():
        return theme().accent
    return theme().border
