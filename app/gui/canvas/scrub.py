"""Dragging over a number changes it; a click opens it to be typed."""

from __future__ import annotations

import math
from collections.abc import Callable

from PySide6.QtGui import QMouseEvent

from app.gui.canvas.face import Row
from app.gui.canvas.gestures import CONTROL, SHIFT, Gesture

SHAKE = 3  # pixels that a click may shake
WIDE = 1000  # steps; a range with more is not gone through in one drag


class Scrub(Gesture):
    """A number under the mouse: `show` gets each value, `done` says whether there was any."""

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
        self._rate = rate(row) / max(1.0, pixels)
        self._from = float(row.value) if isinstance(row.value, int | float) else row.low or 0.0
        self._show = show
        self._done = done
        self._last: int | float | None = None

    def move(self, event: QMouseEvent) -> None:
        off = event.position().x() - self._start
        if self._last is None and abs(off) < SHAKE:
            return
        fine = 0.1 if event.modifiers() & SHIFT else 10 if event.modifiers() & CONTROL else 1
        value = fitted(self._row, self._from + off * self._rate * fine, fine)
        if value != self._last:
            self._last = value
            self._show(value)

    def end(self, event: QMouseEvent) -> None:
        self._done(self._last is not None)

    def cancel(self) -> None:
        if self._last is not None:
            self._show(fitted(self._row, self._from, 0.01))
            self._done(True)


def rate(row: Row) -> float:
    """How much a drag over the whole width of a row changes its number."""
    now = abs(row.value) if isinstance(row.value, int | float) else 0.0
    if row.low is None or row.high is None:
        return max(100.0 if row.param.base is int else 1.0, now)
    span = row.high - row.low
    if span <= WIDE * _step(row):
        return span
    return min(span, max(100 * _step(row), now))


def fitted(row: Row, value: float, fine: float = 1.0) -> int | float:
    """The nearest value that a parameter takes."""
    step = _step(row)
    if row.low is not None and row.high is not None:
        value = min(row.high, max(row.low, value))
    low = row.low or 0.0
    if row.param.base is int:
        return int(low + round((value - low) / step) * step)
    step = step * min(1.0, fine)
    places = max(0, -math.floor(math.log10(step))) + 1
    return round(low + round((value - low) / step) * step, places)


def _step(row: Row) -> float:
    """The smallest change worth a pixel."""
    told = getattr(row.param.widget, "step", None)
    if row.param.base is int:
        return float(told or 1)
    if told:
        return float(told)
    span = row.high - row.low if row.low is not None and row.high is not None else 1.0
    return 10.0 ** math.floor(math.log10(max(span, 1e-6) / 100))
