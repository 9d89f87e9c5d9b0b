"""Room for new nodes: what comes after a link that one is put into moves on."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF

from app.gui.canvas.frame_item import is_frame
from app.gui.canvas.link_item import LinkKey
from app.gui.canvas.mirror import Mirror
from app.gui.canvas.zone_item import ZoneItem

GAP = 36.0  # between a node and those that it is joined to
GRID = 4.0


def room_for(mirror: Mirror, name: str, box: QRectF, key: LinkKey) -> dict[str, QPointF]:
    """Places for the node `name`, which covers `box`, and for those that make room for it.

    It stands right of where the link comes from; where it goes to, and all that is right of that,
    moves right as far as it must. A link that goes back is left alone.
    """
    source, target = mirror.piece(key.source.node).box(), mirror.piece(key.node).box()
    if source.right() >= target.left():
        return {}
    left = max(box.left(), source.right() + GAP)
    found = {name: QPointF(left, box.top())}
    need = -(-(left + box.width() + GAP - target.left()) // GRID) * GRID
    if need > 0:
        for item in mirror.boxes():
            passed = item.box().left() >= target.left() and item.id != name
            if passed and not (is_frame(item.id) and item.box().intersects(source)):
                found[item.id] = item.pos() + QPointF(need, 0)
    return found


def free_place(mirror: Mirror, name: str, box: QRectF) -> QPointF:
    """Where a node that would cover `box` covers no other one: there, or right of it."""
    others = [
        item.box() for item in mirror.pieces() if item.id != name and not isinstance(item, ZoneItem)
    ]
    while hit := next((other for other in others if other.intersects(box)), None):
        box = box.translated(-(-(hit.right() + GAP - box.left()) // GRID) * GRID, 0)
    return box.topLeft()
