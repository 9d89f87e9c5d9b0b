"""The graph from far away: plain boxes and lines, painted together and without any text."""

from __future__ import annotations

from collections import defaultdict

from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QColor, QPainter, QPen

from app.gui.canvas import paint as near
from app.gui.canvas.colours import mix
from app.gui.canvas.mirror import Mirror
from app.gui.canvas.node_item import NodeItem
from app.gui.canvas.zone_item import ZoneItem
from app.gui.theme import theme


def paint(painter: QPainter, area: QRectF, mirror: Mirror) -> None:
    """Paint what lies in an area of the scene."""
    for frame in mirror.frames.values():
        if frame.box().intersects(area):
            tint = QColor(frame.colour)
            tint.setAlpha(40)
            painter.fillRect(frame.box(), tint)
    for zone in mirror.zones():
        if zone.box().intersects(area):
            painter.fillRect(zone.box(), theme().colour("accent", 30))
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
        if box.intersects(area) and not isinstance(item, ZoneItem):
            boxes[fill(item), border(item)].append(box)
    for (inside, edge), found in boxes.items():
        painter.setBrush(QColor(inside))
        pen = QPen(QColor(edge), 2 if edge == theme().accent else 1)
        pen.setCosmetic(True)
        painter.setPen(pen)
        painter.drawRects(found)


def fill(item: NodeItem) -> str:
    """The colour of a box."""
    state = item.status.state
    if isinstance(item, ZoneItem):
        return mix(theme().colour("canvas"), theme().colour("accent"), 0.2).name()
    if item.plan and state == "needed":
        return theme().warning
    if state == "running":
        return theme().accent
    if state == "failed":
        return theme().error
    strength = 0.2 if item.face.state else 0.55
    return mix(theme().colour("node"), near.tone(item), strength).name()


def border(item: NodeItem) -> str:
    """The colour of its border."""
    if item.isSelected():
        return theme().accent
    return theme().border
