"""Collects Python's garbage in the interface's thread alone.

Python's own collector runs in whichever thread happens to make objects. Where it finds Qt objects
in a cycle it deletes them there, while the interface may be sending them events: a crash.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

INTERVAL = 1000  # milliseconds


class Garbage(QObject):
    """Takes the place of the automatic collector for as long as it is there.

    What there is when it begins, the libraries above all, is never looked at again: to go through
    all of it would hold the window for longer than to show a thousand nodes.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        gc.freeze()
        self._timer = QTimer(self, interval=INTERVAL)
        self._timer.timeout.connect(self.collect)
        self._timer.start()

    def collect(self) -> None:
        """Collect the generations whose time has come."""
        counts, limits = gc.get_count(), gc.get_threshold()
        due = [generation for generation in range(3) if counts[generation] > limits[generation] > 0]
        if due:
            gc.collect(max(due))

    def close(self) -> None:
        """Let Python collect as it does."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()
