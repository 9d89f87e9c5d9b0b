"""Nodes put in line: aligned, spread evenly, laid out."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QPointF, QRectF

Boxes = Mapping[str, QRectF]
Places = dict[str, QPointF]


def left(boxes: Boxes) -> Places:
    """All begin where the leftmost does."""
    edge = min(box.left() for box in boxes.values())
    return {name: QPointF(edge, box.top()) for name, box in boxes.items()}


def top(boxes: Boxes) -> Places:
    """All begin where the highest does."""
    edge = min(box.top() for box in boxes.values())
    return {name: QPointF(box.left(), edge) for name, box in boxes.items()}


def across(boxes: Boxes) -> Places:
    """The same gap between neighbours from left to right."""
    return _spread(boxes, lambda box: (box.left(), box.width()), _at_x)


def down(boxes: Boxes) -> Places:
    """The same gap between neighbours from top to bottom."""
    return _spread(boxes, lambda box: (box.top(), box.height()), _at_y)


def _spread(
    boxes: Boxes,
    side: Callable[[QRectF], tuple[float, float]],
    put: Callable[[QRectF, float], QPointF],
) -> Places:
    order = sorted(boxes, key=lambda name: side(boxes[name])[0])
    first, last = side(boxes[order[0]]), side(boxes[order[-1]])
    taken = sum(side(box)[1] for box in boxes.values())
    room = last[0] + last[1] - first[0] - taken
    gap = max(8.0, room / max(1, len(order) - 1))
    place, found = first[0], Places()
    for name in order:
        found[name] = put(boxes[name], round(place))
        place += side(boxes[name])[1] + gap
    return found


def _at_x(box: QRectF, x: float) -> QPointF:
    return QPointF(x, box.top())


def _at_y(box: QRectF, y: float) -> QPointF:
    return QPointF(box.left(), y)
