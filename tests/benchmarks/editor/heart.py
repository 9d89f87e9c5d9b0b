"""How long the interface's thread was held: what counts as a stall, and how it is measured.

A timer beats in the event loop every millisecond. Between two beats the loop turned once; the
longest time between two is the longest that a key or a click would have waited.

Three clocks are read. `own` is the processor time of the interface's thread. `all` is that of the
whole process: what other threads took meanwhile may have held Python's lock, so that it is the most
that the loop can have stood still on an idle machine. `wall` is the time on the clock, which counts
whatever else ran on the machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QEventLoop, QObject, Qt, QTimer

QUIET = 250  # milliseconds in which nothing is to be done before an action counts as over
PATIENCE = 20.0  # seconds that one action may take


@dataclass(frozen=True)
class Beat:
    """What three clocks say, in milliseconds."""

    own: float
    all: float
    wall: float

    @classmethod
    def now(cls) -> Beat:
        """The clocks as they are."""
        return cls(
            time.thread_time() * 1000, time.process_time() * 1000, time.perf_counter() * 1000
        )

    def since(self, other: Beat) -> Beat:
        """The time that has gone by."""
        return Beat(self.own - other.own, self.all - other.all, self.wall - other.wall)

    def most(self, other: Beat) -> Beat:
        """The larger of each."""
        return Beat(max(self.own, other.own), max(self.all, other.all), max(self.wall, other.wall))


NOTHING = Beat(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Stall:
    """What one action cost: the worst turn of the loop, and the whole of it."""

    name: str
    worst: Beat
    own: float
    turns: int


class Heart(QObject):
    """Beats while actions are done, one after another."""

    def __init__(self, busy: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._busy = busy
        self._timer = QTimer(self, interval=1)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._worst, self._turns = NOTHING, 0
        self._last = Beat.now()

    def watch(self, name: str, steps: Iterable[Callable[[], object]], every: int = 16) -> Stall:
        """Do one step after another, `every` so many milliseconds, and wait until all is done."""
        waiting = list(steps)
        loop = QEventLoop()
        begin = self._last = Beat.now()
        self._worst, self._turns = NOTHING, 0
        quiet_since = time.perf_counter()

        def go_on() -> None:
            nonlocal quiet_since
            if waiting:
                waiting.pop(0)()
            if waiting or self._busy():
                quiet_since = time.perf_counter()
            now = time.perf_counter()
            if (now - quiet_since) * 1000 > QUIET or now - begin.wall / 1000 > PATIENCE:
                loop.quit()

        pace = QTimer(interval=every)
        pace.timeout.connect(go_on)
        self._timer.start()
        pace.start()
        loop.exec()
        pace.stop()
        self._timer.stop()
        self._beat()
        return Stall(name, self._worst, Beat.now().since(begin).own, self._turns)

    def _beat(self) -> None:
        now = Beat.now()
        self._worst = self._worst.most(now.since(self._last))
        self._last = now
        self._turns += 1


def table(stalls: Iterable[Stall], limit: float) -> str:
    """The actions, the worst first."""
    rows = sorted(stalls, key=lambda stall: -stall.worst.own)
    wide = max(len(stall.name) for stall in rows)
    lines = [f"{'':{wide}}  {'own':>7} {'all':>7} {'wall':>7}  {'in all':>8}  {'turns':>6}"]
    for stall in rows:
        sign = " *" if stall.worst.own > limit else ""
        worst = stall.worst
        lines.append(
            f"{stall.name:{wide}}  {worst.own:7.1f} {worst.all:7.1f} {worst.wall:7.1f}"
            f"  {stall.own:8.1f}  {stall.turns:6}{sign}"
        )
    return "\n".join(lines)
