"""Nodes as they were painted last: to show one again takes a copy, not all of its painting.

Every change of a node lets go of its stamp. At another zoom the stamps there are are shown larger
or smaller while the zoom goes on; when it rests, they are made anew, a few milliseconds at a time.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from PySide6.QtCore import QObject, QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QGraphicsItem
from shiboken6 import isValid

if TYPE_CHECKING:
    from app.gui.canvas.node_item import NodeItem

LARGEST = 1.25  # the zoom up to which there are stamps: beyond it few nodes are seen
BYTES = 64 << 20  # of all stamps together; the oldest make room
FEW = 32  # nodes that are shown smoothly while the zoom goes on; more would take too long
REST = 90  # milliseconds without another zoom
SLICE = 0.008  # seconds of making stamps anew between two looks at what else is to be done


class Stamp:
    """A picture of a node in some detail (its zoom), for a screen with `ratio` pixels each."""

    def __init__(self, item: NodeItem, detail: float, ratio: float) -> None:
        self.bounds, self.detail, self.ratio = item.boundingRect(), detail, ratio
        bounds, scale = self.bounds, detail * ratio
        wide, high = int(bounds.width() * scale) + 2, int(bounds.height() * scale) + 2
        self.pixmap = QPixmap(wide, high)
        self.pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(self.pixmap)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(scale, scale)
        painter.translate(-bounds.topLeft())
        item.paint_whole(painter, detail)
        painter.end()
        self.pixmap.setDevicePixelRatio(ratio)
        self.size = wide * high * 4

    def draw(self, painter: QPainter, detail: float, ratio: float, smooth: bool) -> None:
        """Draw it where the painter is set to, on whole pixels so that it stays crisp."""
        painter.save()
        at = painter.worldTransform().map(self.bounds.topLeft())
        at = QPointF(round(at.x() * ratio) / ratio, round(at.y() * ratio) / ratio)
        painter.resetTransform()
        if (detail, ratio) == (self.detail, self.ratio):
            painter.drawPixmap(at, self.pixmap)
        else:
            size = self.pixmap.size().toSizeF() * (detail / (self.detail * self.ratio))
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, smooth)
            painter.drawPixmap(QRectF(at, size), self.pixmap, QRectF(self.pixmap.rect()))
        painter.restore()


class Stamps(QObject):
    """The stamps of all nodes of a program."""

    def __init__(self) -> None:
        super().__init__()
        self._known: WeakKeyDictionary[NodeItem, Stamp] = WeakKeyDictionary()
        self._size = 0
        self._behind: dict[NodeItem, tuple[float, float]] = {}
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._catch_up)

    def draw(self, item: NodeItem, painter: QPainter, detail: float, ratio: float) -> None:
        """Draw a node by its stamp, which is made if there is none."""
        stamp = self._known.get(item)
        if stamp is None or stamp.bounds != item.boundingRect():
            stamp = self._make(item, detail, ratio)
        wanted = (detail, ratio)
        if (stamp.detail, stamp.ratio) != wanted and self._behind.get(item) != wanted:
            self._behind[item] = wanted
            self._timer.start(REST)
        stamp.draw(painter, detail, ratio, smooth=len(self._behind) <= FEW)

    def forget(self, item: NodeItem) -> None:
        """A node looks different now."""
        stamp = self._known.pop(item, None)
        if stamp is not None:
            self._size -= stamp.size
        self._behind.pop(item, None)

    def _make(self, item: NodeItem, detail: float, ratio: float) -> Stamp:
        self.forget(item)
        stamp = self._known[item] = Stamp(item, detail, ratio)
        self._size += stamp.size
        if self._size > BYTES:  # of which some may be of nodes that are gone
            self._size = sum(one.size for one in self._known.values())
        while self._size > BYTES and len(self._known) > 1:
            self.forget(next(iter(self._known)))
        return stamp

    def _catch_up(self) -> None:
        """Make stamps anew whose zoom is not the one that is shown."""
        end = time.perf_counter() + SLICE
        while self._behind and time.perf_counter() < end:
            item, (detail, ratio) = self._behind.popitem()
            if isValid(item) and item.scene() is not None and item in self._known:
                self._make(item, detail, ratio)
                QGraphicsItem.update(item)
        if self._behind:
            self._timer.start(0)


stamps = Stamps()
"""Those of this program."""
