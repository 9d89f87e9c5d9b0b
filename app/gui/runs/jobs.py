"""The durable queue as the interface sees it: what is there by now, and edits that never wait."""

from __future__ import annotations

import queue
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.gui.runs.edited import Drawn
from app.session import queue_file
from engine.graph.errors import LoomError
from engine.graph.graph import Graph
from engine.graph.queue import Job, Options, Queue
from engine.graph.registry import Registry
from engine.graph.resolve import DRAWN, draw_seeds


@dataclass(frozen=True)
class Snapshot:
    """The queue at one moment: its jobs in order, and whether it is paused."""

    jobs: tuple[Job, ...] = ()
    paused: bool = False

    def job(self, number: int) -> Job | None:
        """A job by its number, None when it is not there."""
        return next((job for job in self.jobs if job.id == number), None)

    @property
    def is_unfinished(self) -> bool:
        """Whether a job waits, or runs as far as the queue knows."""
        return any(job.state in ("queued", "running") for job in self.jobs)

    def turns(self) -> list[int]:
        """The numbers of the jobs that wait, the next one first."""
        return [job.id for job in self.jobs if job.state == "queued"]


class Jobs(QObject):
    """Reads and edits the queue in a thread of its own, where disks may take their time."""

    changed = Signal()
    """The snapshot is another."""
    added = Signal(int, object)
    """A job was put in: its number and its graph, a `Drawn`."""
    failed = Signal(str)
    """The queue can't be used: a sentence."""
    _done = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.now = Snapshot()
        self._path = queue_file()
        self._tasks: queue.SimpleQueue[Callable[[Queue], object] | None] = queue.SimpleQueue()
        self._done.connect(self._deliver)
        self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)
        self._thread.start()

    def refresh(self) -> None:
        """Look again what is there."""
        self._tasks.put(lambda queue: None)

    def add(
        self, graph: Graph, registry: Registry, options: Options, name: str, count: int = 1
    ) -> None:
        """Put runs at the end; several have seeds of their own each."""
        graph = graph.copy()

        def add(queue: Queue) -> None:
            for _ in range(count):
                own = secrets.randbelow(DRAWN) if count > 1 else None
                drawn = draw_seeds(graph, registry, own)
                number = queue.add(drawn, options, name=name)
                self._tell(("added", number, Drawn(graph, drawn)))

        self._tasks.put(add)

    def again(self, job: Job) -> None:
        """Put a job in once more, as it was."""

        def add(queue: Queue) -> None:
            graph = job.graph()
            number = queue.add(graph, job.options, name=job.name)
            self._tell(("added", number, Drawn(graph, graph)))

        self._tasks.put(add)

    def pause(self) -> None:
        """Begin no further job."""
        self._tasks.put(Queue.pause)

    def resume(self) -> None:
        """Begin jobs again."""
        self._tasks.put(Queue.resume)

    def move(self, number: int, place: int) -> None:
        """Let a waiting job be the `place`-th of them, counted from 1."""
        self._tasks.put(lambda queue: queue.move(number, place))

    def cancel(self, number: int) -> None:
        """Cancel a job, waiting or running."""
        self._tasks.put(lambda queue: queue.cancel(number))

    def clear(self) -> None:
        """Forget the jobs that are over."""
        self._tasks.put(lambda queue: queue.clear())

    def read(self, number: int, then: Callable[[Graph], object]) -> None:
        """The graph of a job, handed to `then` in the interface's thread."""

        def read(queue: Queue) -> None:
            self._tell(("read", then, queue.job(number).graph()))

        self._tasks.put(read)

    def close(self) -> None:
        """Finish what was asked, and let the file go."""
        self._tasks.put(None)
        self._thread.join()

    def _work(self) -> None:
        queue: Queue | None = None
        while (task := self._tasks.get()) is not None:
            try:
                queue = queue or Queue(self._path)
                try:
                    task(queue)
                finally:
                    if self._tasks.empty():
                        self._tell(("now", Snapshot(queue.jobs(), queue.paused)))
            except LoomError as error:
                self._tell(("failed", str(error)))
        if queue:
            queue.close()

    def _tell(self, what: tuple[Any, ...]) -> None:
        try:
            self._done.emit(what)
        except RuntimeError:  # the window was closed meanwhile
            return

    def _deliver(self, what: tuple[Any, ...]) -> None:
        match what:
            case ("now", found):
                if found != self.now:
                    self.now = found
                    self.changed.emit()
            case ("added", number, graph):
                self.added.emit(number, graph)
            case ("read", then, graph):
                then(graph)
            case ("failed", said):
                self.failed.emit(said)
            case _:
                pass
