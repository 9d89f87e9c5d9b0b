"""The way of a link: a smooth curve from port to port, through its dots."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath


def curve(start: QPointF, end: QPointF, dots: Sequence[QPointF] = ()) -> QPainterPath:
    """A path that leaves `start` to the right and comes into `end` from the left."""
    path = QPainterPath(start)
    points = [start, *dots, end]
    for here, there in pairwise(points):
        reach = _reach(here, there)
        path.cubicTo(
            QPointF(here.x() + reach, here.y()), QPointF(there.x() - reach, there.y()), there
        )
    return path


def _reach(start: QPointF, end: QPointF) -> float:
    """How far the curve goes straight on: enough to look smooth, further when it turns back."""
    across, down = end.x() - start.x(), abs(end.y() - start.y())
    if across >= 0:
        return max(across * 0.5, min(40.0, down * 0.5))
    return min(240.0, 40.0 - across * 0.35 + down * 0.1)


def distance(path: QPainterPath, at: QPointF) -> float:
    """How far a point is from a path, in scene units."""
    best = float("inf")
    for polygon in path.toSubpathPolygons():
        points = polygon.toList()
        for here, there in pairwise(points):
            best = min(best, _to_line(here, there, at))
    return best


def place_of_dot(ends: tuple[QPointF, QPointF], dots: Sequence[QPointF], at: QPointF) -> int:
    """Between which of its dots a link is nearest to a point: the place for a new one."""
    points = [ends[0], *dots, ends[1]]
    gaps = [distance(curve(here, there), at) for here, there in pairwise(points)]
    return gaps.index(min(gaps))


def _to_line(start: QPointF, end: QPointF, at: QPointF) -> float:
    way, off = end - start, at - start
    length = way.x() ** 2 + way.y() ** 2
    share = 0.0 if not length else (off.x() * way.x() + off.y() * way.y()) / length
    share = min(1.0, max(0.0, share))
    gap = off - way * share
    return (gap.x() ** 2 + gap.y() ** 2) ** 0.5
