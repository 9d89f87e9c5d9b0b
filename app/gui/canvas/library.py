"""The one place that imports NodeGraphQt: its view and items, without what we do otherwise.

Its viewer is a scene, a selection and a rubber band for us. The mouse, the keys, zooming and what
is painted are ours, because its graph model, ports and pipes know neither types nor our undo.
"""

from __future__ import annotations

import contextlib
import sys

if sys.version_info < (3, 12):
    # NodeGraphQt takes one class of distutils, in whose place setuptools puts a copy of its own,
    # which takes a tenth of a second to load. From 3.12 on there is only that copy.
    with contextlib.suppress(ImportError, AttributeError):
        import _distutils_hack

        _distutils_hack.remove_shim()

if "NodeGraphQt" not in sys.modules:
    from app.gui.canvas.binding import prepare

    prepare()

from NodeGraphQt.qgraphics.node_abstract import AbstractNodeItem
from NodeGraphQt.widgets.viewer import NodeViewer
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFocusEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QGraphicsItem, QGraphicsPathItem, QGraphicsView, QWidget

REACH = 200_000.0  # the canvas goes this far in every direction, in scene units
NO_CACHE = QGraphicsItem.CacheMode.NoCache


class Viewer(NodeViewer):
    """NodeGraphQt's view of a scene; it scrolls, where the library would zoom to another part.

    Scrolling repaints only what comes into sight, which is what keeps large graphs smooth.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._LIVE_PIPE.scene().removeItem(self._LIVE_PIPE)
        self._SLICER_PIPE.scene().removeItem(self._SLICER_PIPE)
        self._cursor_text.scene().removeItem(self._cursor_text)
        self._search_widget.setParent(self)
        self._search_widget.hide()
        self._ctx_menu_bar.hide()
        self.setFrameShape(QGraphicsView.Shape.NoFrame)
        self.setCacheMode(QGraphicsView.CacheModeFlag.CacheNone)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.SmartViewportUpdate)
        self.setTransformationAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setResizeAnchor(QGraphicsView.ViewportAnchor.NoAnchor)
        self.setOptimizationFlag(
            QGraphicsView.OptimizationFlag.DontAdjustForAntialiasing,  # our items keep a margin
        )
        self.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self.setSceneRect(QRectF(-REACH, -REACH, 2 * REACH, 2 * REACH))

    def _update_scene(self) -> None:
        """The library fits the scene into the view here, at every step of a pan."""

    def resizeEvent(self, event: QResizeEvent) -> None:
        QGraphicsView.resizeEvent(self, event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        QGraphicsView.focusInEvent(self, event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        QGraphicsView.focusOutEvent(self, event)


class BoxItem(AbstractNodeItem):
    """An item with a place and a size, known by an id; its paint is its own."""

    def __init__(self, item_id: str) -> None:
        super().__init__(item_id)
        self.id = item_id
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsMovable, False)
        self.setCacheMode(NO_CACHE)
        self._bounds = QRectF()

    def boundingRect(self) -> QRectF:
        return self._bounds

    def resize(self, width: float, height: float, margin: float) -> None:
        """Take a size; what is painted may reach out of it by `margin`."""
        self.prepareGeometryChange()
        self.width, self.height = width, height
        self._bounds = QRectF(0, 0, width, height).adjusted(-margin, -margin, margin, margin)

    def covers(self, at: QPointF) -> bool:
        """Whether a press at a point of the scene is on it."""
        return self.box().contains(at)

    def banded(self, area: QRectF) -> bool:
        """Whether a rubber band over an area of the scene takes it."""
        return area.intersects(self.box())

    def box(self) -> QRectF:
        """Where it is in the scene, without its margin."""
        at: QPointF = self.pos()
        return QRectF(at.x(), at.y(), self.width, self.height)


class CurveItem(QGraphicsPathItem):
    """A curve that follows a path which it is given, in the place of the library's pipes.

    Those have an arrow, ports and a memory of their state, and take ten times as long to make.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIsSelectable)

    def paint(self, painter: QPainter, option: object, widget: QWidget | None = None) -> None:
        painter.setPen(self.pen())
        painter.drawPath(self.path())
