"""Dragging over a number changes it, as a slider does; a click opens it to be typed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QMouseEvent

from app.gui.canvas.face import Row
from app.gui.canvas.gestures import CONTROL, SHIFT, Gesture
from app.gui.scale import Scale
from engine.graph.params import Range

SHAKE = 3  # pixels that a click may shake
FREE = 100  # pixels in which a number without a range becomes half as much again


class Scrub(Gesture):
    """A number under the mouse: `show` gets each value, `done` says whether there was any.

    The width of the row, in `pixels`, goes through the whole range; a tenth of it with Shift.
    """

    def __init__(
        self,
        event: QMouseEvent,
        row: Row,
        pixels: float,
        show: Callable[[int | float], None],
        done: Callable[[bool], None],
    ) -> None:
        self._start = event.position().x()
        self._row = row
        self._pixels = max(1.0, pixels)
        self._from = row.value if isinstance(row.value, int | float) else row.low or 0
        self._show = show
        self._done = done
        self._last: int | float | None = None

    def move(self, event: QMouseEvent) -> None:
        off = event.position().x() - self._start
        if self._last is None and abs(off) < SHAKE:
            return
        pace = 0.1 if event.modifiers() & SHIFT else 10.0 if event.modifiers() & CONTROL else 1.0
        value = dragged(self._row, self._from, off * pace, self._pixels)
        if value != self._last:
            self._last = value
            self._show(value)

    def end(self, event: QMouseEvent) -> None:
        self._done(self._last is not None)

    def cancel(self) -> None:
        if self._last is not None:
            self._show(self._from)
            self._done(True)


def scale_of(row: Row) -> Scale | None:
    """How a number's range is gone through, None for one without."""
    extent = row.param.widget
    return Scale.of(extent, row.param.base is int) if isinstance(extent, Range) else None


def dragged(row: Row, start: float, off: float, pixels: float) -> int | float:
    """The value that a drag by so many pixels comes to."""
    scale = scale_of(row)
    if scale is not None:
        return scale.value(scale.fraction(start) + off / pixels)
    found = start + off * max(1.0 if row.param.base is int else 0.01, abs(start) / 2 / FREE)
    return round(found) if row.param.base is int else round(found, 6)


def share_of(row: Row) -> float | None:
    """How far a number is on its way from the lowest to the highest, 0…1; None for no range."""
    scale = scale_of(row)
    if scale is None or row.sort != "number" or not isinstance(row.value, int | float):
        return None
    return scale.fraction(row.value)
