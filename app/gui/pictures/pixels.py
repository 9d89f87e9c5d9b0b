"""A picture to look at closely: zoom, pan, the pixel under the cursor."""

from __future__ import annotations

import math

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from app.gui import theme
from app.gui.language import tr

LOWEST, HIGHEST = 1 / 32, 64.0  # screen pixels for a pixel of the picture
CRISP = 2.0  # from this zoom on pixels are squares
NOTCH = 1.25  # one notch of the wheel
CENTRE = int(Qt.AlignmentFlag.AlignCenter) | int(Qt.TextFlag.TextWordWrap)
CELL = 8  # of the board under transparent pixels


class PixelView(QWidget):
    """Shows one picture; a base for views that compare and paint.

    The wheel zooms about the cursor, dragging moves, a double click fits. Keys: + and − zoom, 0
    fits, 1 shows one pixel as one of the screen, arrows move.
    """

    hovered = Signal(object)
    """The pixel (x, y) under the cursor, None outside."""
    zoomed = Signal(float)
    """Screen pixels for one pixel of the picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumSize(96, 96)
        self.setAccessibleName(tr("Picture"))
        self.empty = tr("No picture yet")
        self._image = QImage()
        self._scale = 1.0
        self._offset = QPointF()  # where the picture's corner is, in the widget
        self._fitted = True
        self._drag: QPointF | None = None
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(384, 384)

    @property
    def image(self) -> QImage:
        """What is shown; a null image when there is nothing."""
        return self._image

    @property
    def scale(self) -> float:
        """Screen pixels for one pixel of the picture."""
        return self._scale * self.devicePixelRatioF()

    def set_image(self, image: QImage | None) -> None:
        """Show another picture; one of the same size stays where it is."""
        size, self._image = self._image.size(), image or QImage()
        if self._image.size() != size and (self._fitted or size.isEmpty()):
            self.fit()
        self.update()

    def fit(self) -> None:
        """All of the picture, as large as there is room."""
        self._fitted = True
        if self._image.isNull() or self.width() < 2 or self.height() < 2:
            return
        wide, high = self._image.width(), self._image.height()
        self._scale = min(self.width() / wide, self.height() / high)
        if self.scale > 1:  # whole pixels where it is enlarged
            self._scale = max(1, math.floor(self.scale)) / self.devicePixelRatioF()
        self._offset = QPointF(
            (self.width() - wide * self._scale) / 2, (self.height() - high * self._scale) / 2
        )
        self.zoomed.emit(self.scale)
        self.update()

    def actual_size(self) -> None:
        """One pixel of the picture for one of the screen."""
        self.zoom_to(1.0, QPointF(self.rect().center()))

    def zoom_to(self, scale: float, about: QPointF) -> None:
        """Zoom to `scale` screen pixels for a pixel; what is at `about` in the widget stays."""
        scale = min(HIGHEST, max(LOWEST, scale)) / self.devicePixelRatioF()
        fixed = self.to_picture(about)
        self._scale, self._fitted = scale, False
        self._offset = about - fixed * scale
        self.zoomed.emit(self.scale)
        self.update()

    def to_picture(self, point: QPointF) -> QPointF:
        """A point of the widget in pixels of the picture."""
        return (point - self._offset) / self._scale

    def to_widget(self, point: QPointF) -> QPointF:
        """A point of the picture in the widget."""
        return point * self._scale + self._offset

    def transform(self) -> QTransform:
        """From pixels of the picture to the widget."""
        moved = QTransform.fromTranslate(self._offset.x(), self._offset.y())
        return moved.scale(self._scale, self._scale)

    # What subclasses change

    def paint_picture(self, painter: QPainter, frame: QRectF) -> None:
        """Paint what is looked at; `painter` works in pixels of the picture, `frame` is all."""
        painter.drawImage(frame, self._image)

    def paint_above(self, painter: QPainter) -> None:
        """Paint what lies over it, in coordinates of the widget."""

    # Events

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.theme().colour("canvas"))
        if self._image.isNull():
            painter.setPen(theme.theme().colour("dim"))
            painter.drawText(self.rect(), CENTRE, self.empty)
            return
        frame = QRectF(self._image.rect())
        if self._image.hasAlphaChannel():
            painter.fillRect(self.transform().mapRect(frame), _board())
        painter.save()
        painter.setTransform(self.transform(), True)
        smooth = self.scale < CRISP
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
        self.paint_picture(painter, frame)
        painter.restore()
        self.paint_above(painter)

    def resizeEvent(self, event: QResizeEvent) -> None:
        if self._fitted:
            self.fit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120
        self.zoom_to(self.scale * NOTCH**notches, event.position())
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            self._drag = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None:
            self._offset += event.position() - self._drag
            self._drag, self._fitted = event.position(), False
            self.update()
        self.hovered.emit(self.pixel_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.fit()

    def leaveEvent(self, event: object) -> None:
        self.hovered.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        about = QPointF(self.rect().center())
        step = self.fontMetrics().height() * 2
        moves = {
            Qt.Key.Key_Left: QPointF(step, 0),
            Qt.Key.Key_Right: QPointF(-step, 0),
            Qt.Key.Key_Up: QPointF(0, step),
            Qt.Key.Key_Down: QPointF(0, -step),
        }
        match event.key():
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.zoom_to(self.scale * NOTCH, about)
            case Qt.Key.Key_Minus:
                self.zoom_to(self.scale / NOTCH, about)
            case Qt.Key.Key_0:
                self.fit()
            case Qt.Key.Key_1:
                self.actual_size()
            case key if key in moves:
                self._offset += moves[Qt.Key(key)]
                self._fitted = False
                self.update()
            case _:
                super().keyPressEvent(event)

    def pixel_at(self, point: QPointF) -> tuple[int, int] | None:
        """The pixel at a point of the widget, None outside the picture."""
        place = self.to_picture(point)
        x, y = math.floor(place.x()), math.floor(place.y())
        return (x, y) if self._image.valid(x, y) else None


def _board() -> QBrush:
    """The chequered ground that shows where a picture is transparent."""
    tile = QPixmap(2 * CELL, 2 * CELL)
    tile.fill(QColor("#9a9a9a"))
    painter = QPainter(tile)
    painter.fillRect(0, 0, CELL, CELL, QColor("#bdbdbd"))
    painter.fillRect(CELL, CELL, CELL, CELL, QColor("#bdbdbd"))
    painter.end()
    return QBrush(tile)
