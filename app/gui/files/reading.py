"""Reads a large workflow beside the interface."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.gui.document import Opened

Read = Callable[[], Opened]
Then = Callable[[Callable[[], Opened]], object]


class Reading(QObject):
    """One thread for each file; only the one that was asked for last counts."""

    _done = Signal(object, object, int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._number = 0
        self._waiting = False
        self._done.connect(self._deliver)

    @property
    def busy(self) -> bool:
        """Whether a file is being read."""
        return self._waiting

    def start(self, read: Read, then: Then) -> None:
        """Read, and hand `then` in this object's thread what gives the workflow, or raises."""
        self._number += 1
        self._waiting = True
        arguments = (read, then, self._number)
        threading.Thread(target=self._work, args=arguments, name="read", daemon=True).start()

    def stop(self) -> None:
        """Forget what is being read."""
        self._number += 1
        self._waiting = False

    def _work(self, read: Read, then: Then, number: int) -> None:
        result = _result(read)
        try:
            self._done.emit(result, then, number)
        except RuntimeError:  # the window was closed meanwhile
            return

    def _deliver(self, result: Read, then: Then, number: int) -> None:
        if number == self._number:
            self._waiting = False
            then(result)


def _result(read: Read) -> Read:
    """What gives again what came of reading: the workflow, or the error."""
    try:
        opened = read()
    except Exception as error:
        failure = error

        def fail() -> Opened:
            raise failure

        return fail
    return lambda: opened
