"""The view of a canvas: what part of it is seen, how large, and what lies behind the nodes."""

from __future__ import annotations

from collections.abc import Callable
from math import floor

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QGraphicsView, QToolTip, QWidget

from app.gui.canvas.gestures import Gesture, Pan
from app.gui.canvas.library import BoxItem, Viewer
from app.gui.canvas.paint import FAR
from app.gui.theme import theme

GRID = 24.0
LEAST, MOST = 0.04, 4.0
PARTS = 8  # that are painted one by one; the whole around them takes no longer than more
LEAST_STEP = 20.0  # pixels between points of the grid
STEP = 1.15  # the zoom of one notch of a wheel
USUAL_FONT = 17.0  # the height of the interface's font at 100 %

Press = Callable[[QMouseEvent], Gesture | None]


class View(Viewer):
    """A window onto the scene. `pressed` says what a press begins; the rest follows from it."""

    looked = Signal()
    """Another part is seen, or another size of it."""
    hovered = Signal(QPointF)
    double_clicked = Signal(QPointF)
    given_up = Signal()
    """Escape was pressed while the hand did nothing."""
    dropped = Signal(QMimeData, QPointF)
    """Something was dropped at a point of the scene."""

    def __init__(self, pressed: Press, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pressed = pressed
        self._gesture: Gesture | None = None
        self._button = Qt.MouseButton.NoButton  # that the gesture goes on with
        self._space = False
        self._overlays: list[tuple[QWidget, Callable[[QSize], QPoint]]] = []
        self.tip: Callable[[QPointF], str] | None = None
        self.accepts: Callable[[QMimeData], bool] | None = None
        self.paint_far: Callable[[QPainter, list[QRectF]], None] | None = None
        self.setMouseTracking(True)
        # The background is painted everywhere, so that scrolling may move what is there already.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self._set_scale(1.0)
        self.horizontalScrollBar().setValue(0)
        self.verticalScrollBar().setValue(0)

    # What is seen

    @property
    def zoom(self) -> float:
        """The size of things: 1 when text is as large as in the rest of the interface."""
        return self.transform().m11() / self._unit()

    @property
    def far(self) -> bool:
        """Whether so much is seen that nodes are plain boxes."""
        return self.transform().m11() < FAR

    def seen(self) -> QRectF:
        """The part of the scene that is seen."""
        return self.mapToScene(self.viewport().rect()).boundingRect()

    def pan(self, by: QPoint) -> None:
        """Take the canvas along by pixels."""
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setValue(across.value() - by.x())
        down.setValue(down.value() - by.y())
        self.looked.emit()

    def zoom_at(self, factor: float, at: QPointF) -> None:
        """Zoom, and keep what is at a point of the view where it is."""
        before = self.mapToScene(at.toPoint())
        self._set_scale(self.zoom * factor)
        self._bring(before, at)
        self.looked.emit()

    def centre_on(self, at: QPointF) -> None:
        """Show a point of the scene in the middle."""
        self._bring(at, QPointF(self.viewport().rect().center()))
        self.looked.emit()

    def show_area(self, area: QRectF, most: float = 1.0) -> None:
        """Show an area as large as it fits, `most` at most."""
        if area.isEmpty() or not self.viewport().width():
            return
        area = area.adjusted(-32, -32, 32, 32)
        size = self.viewport().size()
        scale = min(size.width() / area.width(), size.height() / area.height()) / self._unit()
        self._set_scale(min(most, scale))
        self.centre_on(area.center())

    def _unit(self) -> float:
        """How many pixels a scene unit has at 100 %: more where fonts are larger."""
        return max(0.5, QFontMetricsF(self.font()).height() / USUAL_FONT)

    def _set_scale(self, zoom: float) -> None:
        scale = min(MOST, max(LEAST, zoom)) * self._unit()
        self.setTransform(QTransform.fromScale(scale, scale))
        # From afar one area around all that changed is painted sooner than a thousand small ones.
        modes = QGraphicsView.ViewportUpdateMode
        self.setViewportUpdateMode(
            modes.BoundingRectViewportUpdate if self.far else modes.SmartViewportUpdate
        )

    def _bring(self, scene: QPointF, at: QPointF) -> None:
        """Scroll so that a point of the scene is at a point of the view."""
        off = self.mapFromScene(scene) - at.toPoint()
        across, down = self.horizontalScrollBar(), self.verticalScrollBar()
        across.setValue(across.value() + off.x())
        down.setValue(down.value() + off.y())

    def overlay(self, widget: QWidget, place: Callable[[QSize], QPoint]) -> None:
        """Let a widget lie over the scene, where `place` says for the size of the view.

        It is a child of the viewport, because what lies over that from outside makes Qt paint all
        anew at every step of scrolling.
        """
        widget.setParent(self.viewport())
        self._overlays.append((widget, place))
        self._settle_overlays()

    def _settle_overlays(self) -> None:
        for widget, place in self._overlays:
            widget.move(place(self.viewport().size()))

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        super().scrollContentsBy(dx, dy)
        self._settle_overlays()  # scrolling takes children along

    # What is where

    def names_in(self, area: QRect) -> set[str]:
        """The items that lie in an area of the view, or cross its border."""
        scene = self.mapToScene(area).boundingRect()
        found = self.scene().items(scene, Qt.ItemSelectionMode.IntersectsItemBoundingRect)
        return {
            item.id
            for item in found
            if isinstance(item, BoxItem) and item.banded(scene)
        }  # fmt: skip

    def show_band(self, area: QRect) -> None:
        """Show the rubber band over an area of the view; an empty one hides it."""
        band = self._rubber_band
        band.setGeometry(area.translated(self.viewport().pos()))
        band.setVisible(area.isValid() and area.width() + area.height() > 4)

    # The mouse and the keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if self._gesture is not None:
            if event.button() == Qt.MouseButton.RightButton:  # gives up what the left one does
                self.cancel()
            return
        self._button = event.button()
        left = event.button() == Qt.MouseButton.LeftButton
        if event.button() == Qt.MouseButton.MiddleButton or (left and self._space):
            self._gesture = Pan(self, event.position().toPoint())
        else:
            self._gesture = self._pressed(event)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._gesture is not None:
            self._gesture.move(event)
        else:
            self.hovered.emit(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._gesture is None or event.button() != self._button:
            return
        gesture, self._gesture = self._gesture, None
        gesture.end(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.double_clicked.emit(event.position())

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = (event.angleDelta().y() or event.angleDelta().x()) / 120
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.pan(QPoint(int(notches * 60), 0))
        else:
            self.zoom_at(STEP**notches, event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        """No command comes between a press and a release: what is held could be gone."""
        if event.type() == QEvent.Type.ShortcutOverride and self._gesture is not None:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            if not self.cancel():
                self.given_up.emit()
            return
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = True
            self.viewport().setCursor(Qt.CursorShape.OpenHandCursor)
            return
        event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self.viewport().unsetCursor()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space = False
        super().focusOutEvent(event)

    def cancel(self) -> bool:
        """Give up what the hand is doing; whether it was doing anything."""
        gesture, self._gesture = self._gesture, None
        if gesture is not None:
            gesture.cancel()
        return gesture is not None

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._settle_overlays()
        self.looked.emit()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.FontChange:
            self._set_scale(1.0)
        super().changeEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            words = self.tip(self.mapToScene(event.pos())) if self.tip else ""
            QToolTip.showText(event.globalPos(), words, self.viewport())
            return True
        return super().viewportEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        self.dragMoveEvent(event)

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        if self.accepts and self.accepts(event.mimeData()):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dropEvent(self, event: QDropEvent) -> None:
        event.acceptProposedAction()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.dropped.emit(event.mimeData(), self.mapToScene(event.position().toPoint()))

    # What is painted

    def drawBackground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        area = self.mapFromScene(rect).boundingRect()
        step = GRID * self.transform().m11()
        while step < LEAST_STEP:
            step *= 2
        origin = self.mapFromScene(QPointF(0, 0))
        across, down = floor((area.x() - origin.x()) / step), floor((area.y() - origin.y()) / step)
        columns, rows = int(area.width() / step) + 2, int(area.height() / step) + 2
        pen = QPen(theme().colour("grid"), 1.6)
        pen.setCosmetic(True)
        painter.save()
        painter.resetTransform()
        painter.fillRect(area, theme().colour("canvas"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(pen)
        painter.translate(origin)
        painter.scale(step, step)
        for row in range(down, down + rows):
            painter.drawPoints([QPointF(across + column, row) for column in range(columns)])
        painter.restore()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self.far or self.paint_far is None:
            QGraphicsView.paintEvent(self, event)
            return
        painter = QPainter(self.viewport())
        painter.setClipRegion(event.region())
        painter.setTransform(self.viewportTransform())
        parts = [*event.region()]
        if len(parts) > PARTS:
            parts = [event.rect()]
        areas = [self.mapToScene(part).boundingRect() for part in parts]
        for area in areas:
            self.drawBackground(painter, area.adjusted(-4, -4, 4, 4))
        self.paint_far(painter, areas)
        painter.end()

    def sizeHint(self) -> QSize:
        return QSize(900, 600)
