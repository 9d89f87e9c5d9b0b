"""What a hand does between a press and a release: pan, mark an area, move nodes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRect, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

if TYPE_CHECKING:
    from app.gui.canvas.view import View

CONTROL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


class Gesture:
    """One movement of the mouse with a button held."""

    def move(self, event: QMouseEvent) -> None:
        """The mouse moved."""

    def end(self, event: QMouseEvent) -> None:
        """The button was let go."""

    def cancel(self) -> None:
        """Escape was pressed, or the window lost the mouse: leave all as it was."""


class Pan(Gesture):
    """Takes the canvas along."""

    def __init__(self, view: View, start: QPoint) -> None:
        self._view = view
        self._last = start
        view.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)

    def move(self, event: QMouseEvent) -> None:
        at = event.position().toPoint()
        self._view.pan(at - self._last)
        self._last = at

    def end(self, event: QMouseEvent) -> None:
        self._view.viewport().unsetCursor()

    def cancel(self) -> None:
        self._view.viewport().unsetCursor()


class Band(Gesture):
    """Marks an area; what is in it is selected, in addition with Shift or Control."""

    def __init__(
        self,
        view: View,
        event: QMouseEvent,
        kept: Iterable[str],
        select: Callable[[set[str]], None],
    ) -> None:
        self._view = view
        self._start = event.position().toPoint()
        self._kept = set(kept) if event.modifiers() & (CONTROL | SHIFT) else set[str]()
        self._before = set(kept)
        self._select = select

    def move(self, event: QMouseEvent) -> None:
        area = QRect(self._start, event.position().toPoint()).normalized()
        self._view.show_band(area)
        self._select(self._kept | self._view.names_in(area))

    def end(self, event: QMouseEvent) -> None:
        self._view.show_band(QRect())
        if (event.position().toPoint() - self._start).manhattanLength() < 3:
            self._select(self._kept)

    def cancel(self) -> None:
        self._view.show_band(QRect())
        self._select(self._before)


class Move(Gesture):
    """Moves items; where to is told once, at the end. Without a move it was a click."""

    def __init__(
        self,
        view: View,
        event: QMouseEvent,
        places: Mapping[str, QPointF],
        show: Callable[[Mapping[str, QPointF]], None],
        done: Callable[[Mapping[str, QPointF], QPointF], None],
        clicked: Callable[[], None] | None = None,
    ) -> None:
        self._view = view
        self._press = event.position()
        self._start = view.mapToScene(event.position().toPoint())
        self._places = dict(places)
        self._show = show
        self._done = done
        self._clicked = clicked
        self._far = False

    def move(self, event: QMouseEvent) -> None:
        off = event.position() - self._press
        self._far = self._far or off.manhattanLength() >= QApplication.startDragDistance() / 2
        if self._far:
            self._show(self._moved(event))

    def end(self, event: QMouseEvent) -> None:
        if self._far:
            self._done(self._moved(event), self._view.mapToScene(event.position().toPoint()))
        elif self._clicked is not None:
            self._clicked()

    def cancel(self) -> None:
        self._show(self._places)

    def _moved(self, event: QMouseEvent) -> dict[str, QPointF]:
        """Where the items are now: on the grid, unless Alt is held."""
        off = self._view.mapToScene(event.position().toPoint()) - self._start
        step = 1.0 if event.modifiers() & ALT else 4.0
        return {
            name: QPointF(
                round((at.x() + off.x()) / step) * step, round((at.y() + off.y()) / step) * step
            )
            for name, at in self._places.items()
        }
