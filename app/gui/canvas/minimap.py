"""The whole graph in a corner, with the part that is seen; a press goes there."""

from __future__ import annotations

from collections import defaultdict

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QWidget

from app.gui.canvas import far
from app.gui.canvas.mirror import Mirror
from app.gui.canvas.view import View
from app.gui.language import tr
from app.gui.theme import theme

WIDE, HIGH = 13, 9  # in heights of the font


class Minimap(QWidget):
    """A small picture of all nodes. It is drawn anew a moment after something changed."""

    def __init__(self, view: View, mirror: Mirror, parent: QWidget) -> None:
        super().__init__(parent)
        self._view = view
        self._mirror = mirror
        self._all = QRectF()
        self._drawn = QPixmap()
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(120)
        self._later.timeout.connect(self._draw)
        em = self.fontMetrics().height()
        self.setFixedSize(WIDE * em, HIGH * em)
        self.setAccessibleName(tr("Minimap"))
        self.setToolTip(tr("Press to go there"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # so that scrolling stays cheap
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        view.looked.connect(self.update)

    @property
    def busy(self) -> bool:
        """Whether it is soon to be drawn anew."""
        return self._later.isActive()

    def refresh(self) -> None:
        """Draw the graph anew, soon."""
        if not self._later.isActive():
            self._later.start()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, self._drawn)
        if not self._all.isEmpty():
            seen = self._to_map(self._view.seen()).intersected(QRectF(self.rect()))
            painter.setPen(QPen(theme().colour("accent"), 1.2))
            painter.setBrush(theme().colour("accent", 24))
            painter.drawRoundedRect(seen.adjusted(1, 1, -1, -1), 3, 3)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.mouseMoveEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and not self._all.isEmpty():
            scale, off = self._fit()
            at = event.position() - off
            self._view.centre_on(QPointF(at.x() / scale, at.y() / scale))

    def showEvent(self, event: object) -> None:
        self._draw()

    def _draw(self) -> None:
        ratio = self.devicePixelRatioF()
        drawn = QPixmap(self.size() * ratio)
        drawn.setDevicePixelRatio(ratio)
        drawn.fill(theme().colour("canvas"))
        painter = QPainter(drawn)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(theme().colour("border"))
        painter.setBrush(theme().colour("panel"))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6)
        boxes: dict[str, list[QRectF]] = defaultdict(list)
        self._all = QRectF()
        for item in self._mirror.boxes():
            self._all = self._all.united(item.box())
        if not self._all.isEmpty():
            scale, off = self._fit()
            for item in self._mirror.nodes.values():
                box = item.box()
                at = QPointF(box.x() * scale + off.x(), box.y() * scale + off.y())
                boxes[far.fill(item)].append(QRectF(at, box.size() * scale))
        painter.setPen(Qt.PenStyle.NoPen)
        for colour, found in boxes.items():
            painter.setBrush(QColor(colour))
            painter.drawRects(found)
        painter.end()
        self._drawn = drawn
        self.update()

    def _fit(self) -> tuple[float, QPointF]:
        room = QRectF(self.rect()).adjusted(8, 8, -8, -8)
        scale = min(room.width() / self._all.width(), room.height() / self._all.height(), 0.2)
        return scale, room.center() - self._all.center() * scale

    def _to_map(self, area: QRectF) -> QRectF:
        scale, off = self._fit()
        size = area.size() * scale
        return QRectF(area.topLeft() * scale + off, size)
