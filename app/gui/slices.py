"""Long work in the interface's thread, done a few milliseconds at a time."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer

SLICE = 0.012  # seconds of the processor; what is painted in between takes its time as well


class Slices(QObject):
    """Calls `step` until it says that nothing is left, and lets the event loop turn in between."""

    def __init__(self, step: Callable[[], bool], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._step = step
        self._timer = QTimer(self, interval=1)  # 0 would wait until nothing else is to be done
        self._timer.timeout.connect(self._turn)

    @property
    def busy(self) -> bool:
        """Whether something is left to do."""
        return self._timer.isActive()

    def start(self) -> None:
        """Begin, or go on, as soon as the event loop turns."""
        if not self._timer.isActive():
            self._timer.start()

    def finish(self) -> None:
        """Do all that is left now."""
        if self._timer.isActive():
            while self._step():
                pass
            self._timer.stop()

    def stop(self) -> None:
        """Leave what is left."""
        self._timer.stop()

    def _turn(self) -> None:
        until = time.thread_time() + SLICE
        while self._step():
            if time.thread_time() > until:
                return
        self._timer.stop()
