"""A line drawn across links cuts them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QMouseEvent, QPen
from PySide6.QtWidgets import QGraphicsLineItem

from app.gui.canvas.gestures import Gesture
from app.gui.canvas.link_item import LinkItem, LinkKey
from app.gui.canvas.view import View
from app.gui.theme import theme

Z_LINE = 30.0


class Cutting(Gesture):
    """The line; what it crosses is told at the end."""

    def __init__(
        self, view: View, event: QMouseEvent, done: Callable[[list[LinkKey]], None]
    ) -> None:
        self._view = view
        self._done = done
        at = view.mapToScene(event.position().toPoint())
        self._line = QGraphicsLineItem(QLineF(at, at))
        pen = QPen(theme().colour("error"), 1.5, Qt.PenStyle.DashLine)
        pen.setCosmetic(True)
        self._line.setPen(pen)
        self._line.setZValue(Z_LINE)
        view.scene().addItem(self._line)

    def move(self, event: QMouseEvent) -> None:
        at = self._view.mapToScene(event.position().toPoint())
        self._line.setLine(QLineF(self._line.line().p1(), at))

    def end(self, event: QMouseEvent) -> None:
        self.move(event)
        line = self._line.line()
        self.cancel()
        area = QRectF(line.p1(), line.p2()).normalized().adjusted(-1, -1, 1, 1)
        found = self._view.scene().items(area, Qt.ItemSelectionMode.IntersectsItemBoundingRect)
        links = [item for item in found if isinstance(item, LinkItem)]
        crossed = [item.key for item in links if crosses(item, line)]
        if crossed:
            self._done(crossed)

    def cancel(self) -> None:
        self._view.scene().removeItem(self._line)


def crosses(item: LinkItem, line: QLineF) -> bool:
    """Whether a line goes across a link."""
    for polygon in item.path().toSubpathPolygons():
        points = polygon.toList()
        for index in range(len(points) - 1):
            met = QLineF(points[index], points[index + 1]).intersects(line)
            if met[0] == QLineF.IntersectionType.BoundedIntersection:
                return True
    return False
