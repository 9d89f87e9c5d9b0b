"""Checks a graph beside the interface: only the newest state of it, never two at once."""

from __future__ import annotations

import threading

from PySide6.QtCore import QObject, QTimer, Signal

from engine.graph.check import Report, check
from engine.graph.context import Settings
from engine.graph.graph import Graph
from engine.graph.registry import Registry

Task = tuple[Graph, Registry, Settings]

PAUSE = 40
"""Milliseconds without an edit before a check begins: what an edit looks like is painted first, and
a slider that is dragged waits for no check, which would take Python's lock from it."""


class Checking(QObject):
    """A thread that checks the last graph it was given.

    `checked` carries the Report; it is emitted in the thread of this object, and never for a graph
    that was replaced meanwhile.
    """

    checked = Signal(object)
    _done = Signal(object, int)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._asked: Task | None = None
        self._task: tuple[Task, int] | None = None
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self._begin)
        self._given = 0
        self._running = False
        self._state = threading.Condition()
        self._latest: Report | None = None
        self._done.connect(self._deliver)

    @property
    def busy(self) -> bool:
        """Whether what was given last is still to be checked."""
        return self._asked is not None or self._running

    def start(self, graph: Graph, registry: Registry, settings: Settings) -> None:
        """Check `graph` as it is once it is no longer edited; returns at once."""
        self._asked = (graph, registry, settings)
        self._given += 1
        self._pause.start()

    def wait(self, seconds: float) -> None:
        """Wait until what was given is checked, and deliver it."""
        self._begin()
        with self._state:
            self._state.wait_for(lambda: not self._running, seconds)
            report, given = self._latest, self._given
        if report is not None:
            self._deliver(report, given)

    def _begin(self) -> None:
        """Hand what was given over to the thread."""
        self._pause.stop()
        if self._asked is None:
            return
        (graph, registry, settings), self._asked = self._asked, None
        with self._state:
            self._task = (graph.copy(), registry, settings), self._given
            if not self._running:
                self._running = True
                threading.Thread(target=self._work, name="check", daemon=True).start()

    def _work(self) -> None:
        while True:
            with self._state:
                if self._task is None:
                    self._running = False
                    self._state.notify_all()
                    return
                (task, number), self._task = self._task, None
            report = check(*task)
            with self._state:
                self._latest = report
            try:
                self._done.emit(report, number)
            except RuntimeError:  # the window was closed meanwhile
                return

    def _deliver(self, report: Report, number: int) -> None:
        if number == self._given and report is not None:
            self._latest = None
            self.checked.emit(report)
