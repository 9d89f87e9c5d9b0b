"""Runs of the document: asked for here, put through the queue, and followed to their end."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from app.gui.document import Document
from app.gui.language import tr
from app.gui.runs import words
from app.gui.runs.asking import Asking
from app.gui.runs.edited import Drawn
from app.gui.runs.faces import Faces
from app.gui.runs.following import Following, Planned
from app.gui.runs.jobs import Jobs
from app.gui.runs.live import Live
from app.gui.runs.names import told
from app.gui.runs.running import Running
from app.gui.status import Statuses
from app.gui.worker.answers import Answer
from app.gui.worker.client import Worker
from engine.graph.errors import LoomError
from engine.graph.graph import Graph
from engine.graph.locks import unlock
from engine.graph.queue import Job

JOB = "job "
QUIET = 300  # milliseconds without an edit before a plan is asked for, or a live run
WATCH = 2000  # milliseconds between looks at a queue in which something waits
GIVE_UP = 2  # a job in whose middle the worker died so often is given up


class Runs(Asking):
    """What runs and what waits. Every method returns at once.

    A run goes through the durable queue, except in live mode, where the newest edit is what counts.
    """

    changed = Signal()
    """Something else runs, or it got further."""
    ended = Signal(str, str)
    """A run is over: which, and its state (`done`, `failed`, `cancelled`)."""
    made = Signal(list)
    """A run is over, which wrote these files, if it was of this document: their names."""
    said = Signal(str)
    """A sentence for people."""
    live_changed = Signal(bool)
    """Live mode was switched."""

    def __init__(
        self,
        document: Document,
        statuses: Statuses,
        worker: Worker,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(document, worker, parent)
        self.jobs = Jobs(self)
        self.following = Following(document, statuses)
        self._faces = Faces(document, self._ask_thumbnails, self.following.picture, self)
        self._root = document.root
        self._running: dict[str, Running] = {}
        self._graphs: dict[str, Drawn] = {}
        self._let_go: set[str] = set()
        self._cancelled: dict[str, float] = {}
        self._live = Live(document, self._run_live, lambda run: worker.ask("cancel", run=run))
        self._is_live = False
        self._is_planning = self._is_stale = False
        self._said = ""
        self._has_looked = False
        self._quiet = _timer(self, QUIET, self._settled)
        self._watch = QTimer(self)
        self._watch.timeout.connect(self._look)
        self._watch.start(WATCH)
        self._joined = (
            (document.shown, self._shown),
            (document.changed, self._edited),
            (document.checked, self._checked),
            (worker.event, self._take),
            (worker.preview, self._preview),
            (worker.died, self._died),
            (worker.ready, self._ready),
        )
        for signal, slot in self._joined:
            signal.connect(slot)
        self.jobs.added.connect(self._added)
        self.jobs.changed.connect(self._queue_changed)
        self.jobs.failed.connect(self.said)
        self.jobs.refresh()

    # What there is

    @property
    def current(self) -> Running | None:
        """What runs now, the newest of it."""
        return next(reversed(self._running.values()), None)

    def running(self, run: str) -> Running | None:
        """How far a run is; None when it does not run."""
        return self._running.get(run)

    @property
    def is_busy(self) -> bool:
        """Whether there is something to cancel: it runs, or waits for its turn."""
        return bool(self._running) or bool(self.jobs.now.turns())

    def cancelled_since(self, run: str) -> float | None:
        """When a run that still goes on was cancelled, as `time.monotonic` has it; else None."""
        return self._cancelled.get(run)

    @property
    def planned(self) -> Planned:
        """What a run would do now."""
        return self.following.planned

    @property
    def live(self) -> bool:
        """Whether every change is run at once."""
        return self._is_live

    # What people do

    def run(self, outputs: Iterable[str] = (), *, count: int = 1, fresh: bool = False) -> None:
        """Run the workflow, or what these nodes need; `count` runs have seeds of their own."""
        wanted = self.outputs(outputs)
        graph = self.document.root.copy()
        if wanted:
            graph.set_outputs(wanted)
        self.jobs.add(graph, self.document.registry, self.options(fresh), self.name, count)
        self.following.asked(wanted)
        if self.jobs.now.paused:
            self.said.emit(tr("The queue is paused: the run waits until it goes on."))

    def again(self, job: Job) -> None:
        """Run a job of the queue once more, with the seeds it had."""
        self.jobs.again(job)

    def pause(self, paused: bool) -> None:
        """Begin no further job of the queue, or go on."""
        if paused:
            self.jobs.pause()
        else:
            self.jobs.resume()

    def set_live(self, live: bool) -> None:
        """Run after every change, or no longer."""
        if live == self._is_live:
            return
        self._is_live = live
        self.live_changed.emit(live)
        if not live:
            self._live.stop()
        elif self.document.root.nodes:
            self._live.start()

    def cancel(self, run: str = "") -> None:
        """Cancel a run, by default the newest that runs, else the one that is to run next."""
        if not run and self.current:
            run = self.current.run
        coming = [job.id for job in self.jobs.now.jobs if job.state in ("running", "queued")]
        if not run and coming:
            run = f"{JOB}{coming[0]}"
        if run in self._running and self.worker.state == "ready":
            self._cancelled.setdefault(run, time.monotonic())
            self.worker.ask("cancel", run=run)
            self.changed.emit()
        elif run.startswith(JOB):
            self.jobs.cancel(int(run.removeprefix(JOB)))
            self._ask_plan()

    def restart(self) -> None:
        """End the process that runs workflows and start another, as when a node hangs.

        What runs is cancelled; what waits goes on afterwards.
        """
        for run in self._running:
            if run.startswith(JOB):
                self._let_go.add(run)
                self.jobs.cancel(int(run.removeprefix(JOB)))
        self.worker.restart()

    def lock(self, nodes: Iterable[str]) -> None:
        """Lock nodes to the results they have; those that all are locked already are unlocked."""
        wanted = self.outputs(nodes)
        root = self.document.root
        if not wanted:
            return
        if all(name in root.nodes and root.nodes[name].lock for name in wanted):
            try:
                with self.document.edit_root(tr("Unlock")) as graph:
                    unlock(graph, wanted)
            except LoomError as error:
                self.said.emit(str(error))
            return
        answer = self.ask_kept("lock", nodes=wanted)
        answer.then(self._lock, lambda error: self.said.emit(str(error)))

    def close(self) -> None:
        """Stop looking; what waits and runs stays in the queue."""
        for signal, slot in self._joined:
            signal.disconnect(slot)
        self._joined = ()
        self._watch.stop()
        self._quiet.stop()
        self._live.stop()
        self.leave()
        self.jobs.close()

    # Inside

    def _ask_thumbnails(self, ports: Mapping[str, str]) -> Answer:
        return self.ask_kept("thumbnails", ports=dict(ports))

    def _lock(self, keys: Mapping[str, str]) -> None:
        try:
            with self.document.edit_root(tr("Lock")) as graph:
                for name, key in keys.items():
                    graph.set_lock(name, key)
        except LoomError as error:  # edited meanwhile
            self.said.emit(str(error))

    def _added(self, number: int, graph: Drawn) -> None:
        self._graphs[f"{JOB}{number}"] = graph
        self.worker.ask("work")

    def _run_live(self, run: str, graph: Graph) -> None:
        self._graphs[run] = Drawn(self.document.root.copy(), graph)
        self.ask("run", run=run, workflow=graph)

    # What the document does

    def _shown(self) -> None:
        """Another workflow, or only another part of it."""
        if self.document.root is not self._root:
            self._root = self.document.root
            self.forget()
            self.following.forget()
            self._faces.forget()

    def _edited(self, _: object) -> None:
        self.following.edited()
        self._is_stale = True
        if self._live.run and self._live.is_edited():
            self._live.stop()

    def _checked(self, _: object) -> None:
        self.following.edited()
        self._quiet.start()

    def _settled(self) -> None:
        """Nothing was edited for a moment."""
        if not self._is_live:
            self._ask_plan()
        elif self._live.is_edited():
            self._live.start()

    def _ask_plan(self) -> None:
        """Have a plan made of the newest state; one at a time, for the first may take long."""
        if self._is_planning or self.following.run:
            self._is_stale = True
            return
        self._is_planning, self._is_stale = True, False
        self.ask("plan").then(self._take_plan, lambda _: self._take_plan(None))

    def _take_plan(self, plan: Mapping[str, Any] | None) -> None:
        self._is_planning = False
        if self._is_stale or self.following.run:
            self._ask_plan()
        elif plan is None:
            self.following.unplanned()
        else:
            self.following.plan(plan["steps"])
            self._faces.planned(plan["steps"])
        self.changed.emit()

    # What the worker does

    def _ready(self) -> None:
        self._look()
        self._quiet.start()

    def _look(self) -> None:
        """See to what waits in the queue, which another program may be at work on."""
        if self.jobs.now.is_unfinished:
            self.jobs.refresh()
            self._work()

    def _queue_changed(self) -> None:
        self._say_left()
        self._work()
        self.changed.emit()

    def _say_left(self) -> None:
        """Say once that jobs go on which waited or ran when the program ended."""
        left = sum(job.state in ("queued", "running") for job in self.jobs.now.jobs)
        is_from_before = not self._graphs and self.worker.state != "ready"
        if left and not self._has_looked and is_from_before and not self.jobs.now.paused:
            self.said.emit(
                words.count(
                    left, tr("A job from before goes on."), tr("{} jobs from before go on.")
                )
            )
        self._has_looked = True

    def _work(self) -> None:
        """Let the worker work the queue off, if it does not."""
        now = self.jobs.now
        is_free = self.worker.state == "ready" and not self._running
        if is_free and now.is_unfinished and not now.paused:
            self.worker.ask("work")

    def _take(self, event: Mapping[str, Any]) -> None:
        run = event["run"]
        match event["event"]:
            case "taken":
                self._running[run] = Running(run, event["name"], time.monotonic())
                self._said = ""
                self.jobs.refresh()
            case "begun":
                self._begin(run, event["steps"])
            case "ended":
                files = event["files"] if run in self._graphs else []
                self._end(run, event["state"], event["message"])
                self.made.emit(files)
            case "queue":
                if event["error"] != self._said:
                    self._said = event["error"]
                    self.said.emit(self._said)
                return
            case "told":
                self.said.emit(event["text"])
                return
            case "idle" | "finished":
                return
            case _:
                self._follow(run, event)
        self.changed.emit()

    def _begin(self, run: str, steps: list[Mapping[str, Any]]) -> None:
        running = self._running.get(run) or Running(run, "", time.monotonic())
        self._running[run] = running.planned(steps)
        if run not in self._graphs and running.name != self.name:
            return
        graph = self._graphs.get(run)
        self.following.begin(run, steps, graph.asked if graph else None)
        self._last = graph or self._last
        self._faces.know(steps)
        if run not in self._graphs:
            self.jobs.read(int(run.removeprefix(JOB)), lambda graph: self._know(run, graph))

    def _know(self, run: str, graph: Graph) -> None:
        found = self._graphs[run] = Drawn(graph, graph)
        if self.following.run == run:
            self.following.know(graph)
            self._last = found

    def _follow(self, run: str, event: Mapping[str, Any]) -> None:
        if run in self._running:
            self._running[run] = self._running[run].after(event)
        if run == self.following.run:
            self.following.take(event)
            if event["event"] in ("produced", "cached"):
                self._faces.want(told(event["node"]))

    def _preview(self, run: str, node: str, image: QImage) -> None:
        if run == self.following.run:
            self.following.preview(node, image)

    def _end(self, run: str, state: str, message: str) -> None:
        self._running.pop(run, None)
        self._cancelled.pop(run, None)
        own = self._graphs.pop(run, None) is not None
        self._live.over(run)
        if run == self.following.run:
            self.following.end()
        if own:
            self._ask_plan()
        if message and own:
            self.said.emit(message.partition("\n")[0])
        self.ended.emit(run, state)
        self.jobs.refresh()

    def _died(self, said: str) -> None:
        """What ran is begun again, or given up when that has happened before."""
        for run in list(self._running):
            job = self.jobs.now.job(int(run.removeprefix(JOB))) if run.startswith(JOB) else None
            again = job is not None and job.tries < GIVE_UP and run not in self._let_go
            if job is not None and not again and run not in self._let_go:
                self.jobs.cancel(job.id)
                self.said.emit(tr("{} Job {} is given up.").format(said, job.id))
            if run == self.following.run:
                self.following.broken(said, again=again)
            self._live.over(run)
        self._running.clear()
        self._cancelled.clear()
        self._let_go.clear()
        self.changed.emit()


def _timer(parent: QObject, milliseconds: int, then: Any) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(then)
    return timer
