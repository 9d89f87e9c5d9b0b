"""The graph from far away: plain boxes and lines, painted together.

Boxes of a graph that is not large have their titles in small letters, which stay legible; those of
a large one have none, because text takes longer than all else.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem

from app.gui.canvas.colours import kind_colour, mix
from app.gui.canvas.frame_item import FrameItem
from app.gui.canvas.link_item import LinkItem
from app.gui.canvas.mirror import Mirror
from app.gui.canvas.node_item import NodeItem
from app.gui.canvas.zone_item import ZoneItem
from app.gui.theme import theme
from engine.graph.types import Kind

TITLED = 120  # boxes in sight that have their titles
SOME = 0.2  # of the scene; to find what is in more of it takes longer than to paint all


def paint(painter: QPainter, areas: list[QRectF], mirror: Mirror) -> None:
    """Paint what lies in areas of the scene."""
    titled: list[NodeItem] = []
    lines: dict[int, list[QLineF]] = defaultdict(list)
    boxes: dict[tuple[str, str], list[QRectF]] = defaultdict(list)
    behind: list[tuple[QColor, QRectF]] = []
    for item in _items(areas, mirror):
        if isinstance(item, LinkItem):
            lines[item.rgb].append(item.line)
        elif isinstance(item, ZoneItem):
            behind.append((theme().colour("accent", 30), item.box()))
        elif isinstance(item, NodeItem):
            boxes[fill(item), border(item)].append(item.box())
            titled.append(item)
        elif isinstance(item, FrameItem):
            tint = QColor(item.colour)
            tint.setAlpha(40)
            behind.append((tint, item.box()))
    for colour, box in behind:
        painter.fillRect(box, colour)
    for colour, found in lines.items():
        _draw_with(painter, QColor(colour), 1)
        painter.drawLines(found)
    for (inside, edge), found in boxes.items():
        painter.setBrush(QColor(inside))
        _draw_with(painter, QColor(edge), 2 if edge == theme().accent else 1)
        painter.drawRects(found)
    if len(titled) <= TITLED:
        _write(painter, titled)


def _write(painter: QPainter, nodes: list[NodeItem]) -> None:
    """Titles of boxes, in letters of the same size at every scale."""
    transform = painter.worldTransform()
    painter.save()
    painter.resetTransform()
    font = painter.font()
    font.setPointSizeF(max(6.0, 0.7 * font.pointSizeF()))
    painter.setFont(font)
    letters = QFontMetricsF(font)
    painter.setPen(theme().colour("text"))
    for item in nodes:
        room = transform.mapRect(item.box()).adjusted(2, 1, -2, -1)
        if room.height() >= letters.height():
            title = letters.elidedText(item.face.title, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignTop, title)
    painter.restore()


def _items(areas: list[QRectF], mirror: Mirror) -> list[QGraphicsItem]:
    """What may lie in the areas."""
    if len(areas) == 1 and _size(areas[0]) > SOME * _size(mirror.extent):
        return [*mirror.links.values(), *mirror.nodes.values(), *mirror.frames.values()]
    mode = Qt.ItemSelectionMode.IntersectsItemBoundingRect
    found: dict[int, QGraphicsItem] = {}
    for area in areas:
        found |= {id(item): item for item in mirror.scene.items(area, mode)}
    return list(found.values())


def _size(area: QRectF) -> float:
    return area.width() * area.height()


def _draw_with(painter: QPainter, colour: QColor, width: int) -> None:
    pen = QPen(colour, width)
    pen.setCosmetic(True)
    painter.setPen(pen)


def fill(item: NodeItem) -> str:
    """The colour of a box."""
    face, state = item.face, item.status.state
    if isinstance(item, ZoneItem):
        return mix(theme().colour("canvas"), theme().colour("accent"), 0.2).name()
    if state == "needed" and item.plan:
        return theme().warning
    if state == "running":
        return theme().accent
    if state == "failed":
        return theme().error
    return _toned(theme().name, face.kind, face.unknown, bool(face.state))


@lru_cache(maxsize=512)
def _toned(_: str, kind: Kind | None, unknown: bool, faint: bool) -> str:
    """The colour of a kind, mixed into that of nodes; the theme's name is only for the cache."""
    colour = theme().colour("error") if unknown else kind_colour(kind)
    return mix(theme().colour("node"), colour, 0.2 if faint else 0.55).name()


def border(item: NodeItem) -> str:
    """The colour of its border."""
    if item.isSelected():
        return theme().accent
    return theme().border
