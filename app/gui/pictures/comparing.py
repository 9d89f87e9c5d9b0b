"""Two pictures at once: a line to slide between them, or what they differ by."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from app.gui import theme
from app.gui.pictures.pixels import PixelView

Mode = Literal["single", "slider", "difference"]
REACH = 8  # how near to the line the cursor grasps it, in the widget's pixels
GAINS = (1, 2, 4, 8, 16)


class ComparingView(PixelView):
    """Shows a picture alone, or with another of the same or another size laid over it.

    `slider`: this picture left of a line that can be dragged, the other right of it. `difference`:
    the absolute difference of each channel, times `gain`.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._other = QImage()
        self._mode: Mode = "single"
        self._gain = 4
        self._at = 0.5  # where the line is, as a share of the picture's width
        self._sliding = False
        self._difference: QImage | None = None

    @property
    def mode(self) -> Mode:
        """How the two are shown."""
        return self._mode if not self._other.isNull() else "single"

    @property
    def other(self) -> QImage:
        """What it is compared with; a null image for nothing."""
        return self._other

    @property
    def gain(self) -> int:
        """What the difference is multiplied by."""
        return self._gain

    def set_image(self, image: QImage | None) -> None:
        self._difference = None
        super().set_image(image)

    def set_other(self, image: QImage | None) -> None:
        """Compare with this picture, stretched over the first; None for no comparison."""
        self._other, self._difference = image or QImage(), None
        self.update()

    def set_mode(self, mode: Mode) -> None:
        """Show the two in another way."""
        self._mode = mode
        self.update()

    def set_gain(self, gain: int) -> None:
        """Multiply the difference by a power of two."""
        self._gain, self._difference = gain, None
        self.update()

    def difference(self) -> QImage:
        """The absolute difference of the two, times the gain; opaque."""
        if self._difference is None:
            self._difference = difference(self.image, self._other, self._gain)
        return self._difference

    def paint_picture(self, painter: QPainter, frame: QRectF) -> None:
        match self.mode:
            case "difference":
                painter.drawImage(frame, self.difference())
            case "slider":
                painter.drawImage(frame, self.image)
                right = QRectF(frame)
                right.setLeft(frame.width() * self._at)
                painter.setClipRect(right)
                painter.drawImage(frame, self._other)
            case _:
                super().paint_picture(painter, frame)

    def paint_above(self, painter: QPainter) -> None:
        if self.mode != "slider":
            return
        frame = self.transform().mapRect(QRectF(self.image.rect()))
        x = self._line()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.theme().colour("on_accent", 160), 4))
        painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
        painter.setPen(QPen(theme.theme().colour("accent"), 2))
        painter.drawLine(QPointF(x, frame.top()), QPointF(x, frame.bottom()))
        painter.setBrush(theme.theme().colour("accent"))
        painter.drawEllipse(QPointF(x, self._grip()), REACH * 0.8, REACH * 0.8)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        near = abs(event.position().x() - self._line()) <= REACH
        if self.mode == "slider" and event.button() == Qt.MouseButton.LeftButton and near:
            self._sliding = True
            return
        super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._sliding:
            share = self.to_picture(event.position()).x() / max(1, self.image.width())
            self._at = min(1.0, max(0.0, share))
            self.update()
            return
        near = self.mode == "slider" and abs(event.position().x() - self._line()) <= REACH
        self.setCursor(Qt.CursorShape.SplitHCursor if near else Qt.CursorShape.ArrowCursor)
        super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._sliding = False
        super().mouseReleaseEvent(event)

    def _line(self) -> float:
        return self.to_widget(QPointF(self.image.width() * self._at, 0)).x()

    def _grip(self) -> float:
        """Where on the line its handle is: in the middle of what is seen of it."""
        frame = self.transform().mapRect(QRectF(self.image.rect()))
        return frame.intersected(QRectF(self.rect())).center().y()


def difference(one: QImage, other: QImage, gain: int) -> QImage:
    """|one − other| × gain for each channel, cut off at white; `other` is stretched over `one`."""
    found = one.convertToFormat(QImage.Format.Format_RGB32)
    painter = QPainter(found)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Difference)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(found.rect(), other.convertToFormat(QImage.Format.Format_RGB32))
    painter.end()
    while gain > 1:
        doubled = found.copy()
        painter = QPainter(doubled)
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Plus)
        painter.drawImage(0, 0, found)
        painter.end()
        found, gain = doubled, gain // 2
    return found
