"""Runs of the document: asked for here, put through the queue, and followed to their end."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from app.gui.document import Document
from app.gui.language import tr
from app.gui.runs.edited import edited, settled
from app.gui.runs.faces import Faces
from app.gui.runs.following import Following
from app.gui.runs.jobs import Jobs
from app.gui.runs.names import told
from app.gui.status import Statuses
from app.gui.worker.answers import Answer
from app.gui.worker.client import Worker
from engine.graph.errors import LoomError
from engine.graph.graph import Graph
from engine.graph.locks import unlock
from engine.graph.queue import Job, Options
from engine.graph.resolve import draw_seeds

JOB = "job "
QUIET = 300  # milliseconds without an edit before a plan is asked for, or a live run
WATCH = 2000  # milliseconds between looks at a queue in which something waits
GIVE_UP = 2  # a job in whose middle the worker died so often is given up


@dataclass(frozen=True)
class Running:
    """A run that is under way: the nodes that are over, and all that run.

    `node` is the one that runs, and `step` of its `steps` is done, where it tells. `began` is in
    seconds of `time.monotonic`; `expected` the seconds it should take, None for unknown.
    """

    run: str
    name: str
    began: float
    over: int = 0
    total: int = 0
    node: str = ""
    step: int = 0
    steps: int = 0
    expected: float | None = None


class Runs(QObject):
    """What runs and what waits. Every method returns at once.

    A run goes through the durable queue, except in live mode, where the newest edit is what counts.
    """

    changed = Signal()
    """Something else runs, or it got further."""
    ended = Signal(str, str)
    """A run is over: which, and its state (`done`, `failed`, `cancelled`)."""
    made = Signal(list)
    """A run that is over wrote these files: their names."""
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
        super().__init__(parent)
        self.document, self.worker = document, worker
        self.jobs = Jobs(self)
        self.following = Following(document, statuses)
        self._faces = Faces(document, self._ask_thumbnails, self.following.picture, self)
        self._last: Graph | None = None
        self._root = document.root
        self._name = _new_name()
        self._running: dict[str, Running] = {}
        self._graphs: dict[str, Graph] = {}
        self._numbers = itertools.count(1)
        self._live = ""
        self._live_graph: Graph | None = None
        self._is_live = False
        self._plans = 0
        self._said = ""
        self._quiet = _timer(self, QUIET, self._settled)
        self._watch = QTimer(self)
        self._watch.timeout.connect(self._look)
        self._watch.start(WATCH)
        document.shown.connect(self._shown)
        document.changed.connect(self._edited)
        document.checked.connect(self._checked)
        worker.event.connect(self._take)
        worker.preview.connect(self._preview)
        worker.died.connect(self._died)
        worker.ready.connect(self._ready)
        self.jobs.added.connect(self._added)
        self.jobs.changed.connect(self._queue_changed)
        self.jobs.failed.connect(self.said)
        self.jobs.refresh()

    # What there is

    @property
    def name(self) -> str:
        """By what name runs of this document are remembered."""
        path = self.document.path
        return str(path.absolute()) if path else self._name

    @property
    def current(self) -> Running | None:
        """What runs now, the newest of it."""
        return next(reversed(self._running.values()), None)

    def running(self, run: str) -> Running | None:
        """How far a run is; None when it does not run."""
        return self._running.get(run)

    @property
    def live(self) -> bool:
        """Whether every change is run at once."""
        return self._is_live

    def options(self, fresh: bool = False) -> Options:
        """The folders of a run, by their full names: the queue outlives this process."""
        settings = self.document.settings
        return Options(
            str(settings.output_folder.absolute()),
            tuple(str(folder.absolute()) for folder in settings.model_folders),
            tuple(str(folder.absolute()) for folder in settings.input_folders),
            fresh,
        )

    # What people do

    def run(self, outputs: Iterable[str] = (), *, count: int = 1, fresh: bool = False) -> None:
        """Run the workflow, or what these nodes need; `count` runs have seeds of their own."""
        wanted = self._outputs(outputs)
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
        if live:
            self._run_live()
        else:
            self._stop_live()

    def cancel(self, run: str = "") -> None:
        """Cancel a run, by default the newest that runs, else the one that waits next."""
        if not run and self.current:
            run = self.current.run
        turns = self.jobs.now.turns()
        if not run and turns:
            run = f"{JOB}{turns[0]}"
        if run in self._running and self.worker.state == "ready":
            self.worker.ask("cancel", run=run)
        elif run.startswith(JOB):
            self.jobs.cancel(int(run.removeprefix(JOB)))
            self._ask_plan()

    def lock(self, nodes: Iterable[str]) -> None:
        """Lock nodes to the results they have; those that all are locked already are unlocked."""
        wanted = self._outputs(nodes)
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
        answer = self._ask_kept("lock", nodes=wanted)
        answer.then(self._lock, lambda error: self.said.emit(str(error)))

    # What people look at

    def pictures(self, port: str, side: int = 0) -> Answer:
        """The pictures at a port (`node.port`, as it is shown): a dictionary, `pictures` in it.

        They are QImages of at most `side` pixels, 0 for their own size. LoomError to the answer
        where nothing is kept, or it is no picture.
        """
        return self._ask_kept("pictures", port=self._outputs([port])[0], side=side)

    def trajectory(self, port: str, item: int = 0, side: int = 0) -> Answer:
        """The pictures of a recorded run's steps: `pictures`, and `timesteps` between them."""
        return self._ask_kept("trajectory", port=self._outputs([port])[0], item=item, side=side)

    def summary(self, port: str) -> Answer:
        """What a port holds: `kind`, `facets`, `tensors` with shape and range, `fields`."""
        return self._ask_kept("summary", port=self._outputs([port])[0])

    def tokens(self, node: str, text: str) -> Answer | None:
        """How many tokens a text has for the model that a node which is shown reads.

        The answer has `tokens`, the `limit` of what is read at once, and how many letters are
        `kept`. None where no tokenizer from a model is joined to the node.
        """
        nodes = self.document.graph.nodes
        for source in nodes[node].inputs.get("tokenizer", ()) if node in nodes else ():
            given = nodes[source.node].params.get("model") if source.node in nodes else None
            if given:
                options = asdict(self.options())
                name = given["name"] if isinstance(given, Mapping) else given
                return self.worker.ask(
                    "tokens", text=text, model=name, part=source.port, options=options
                )
        return None

    def close(self) -> None:
        """Stop looking; what waits and runs stays in the queue."""
        self._watch.stop()
        self._quiet.stop()
        self._stop_live()
        self.jobs.close()

    # Inside

    def _ask(self, command: str, **arguments: Any) -> Answer:
        """Ask the worker about the document as it is."""
        options = asdict(self.options())
        given = {"workflow": self.document.root, "name": self.name, **arguments}
        return self.worker.ask(command, options=options, **given)

    def _ask_kept(self, command: str, **arguments: Any) -> Answer:
        """Ask about what is kept: with the seeds that were drawn for the last run."""
        graph = settled(self.document.root, self._last, self.document.registry)
        return self._ask(command, workflow=graph, **arguments)

    def _ask_thumbnails(self, ports: Mapping[str, str]) -> Answer:
        return self._ask_kept("thumbnails", ports=dict(ports))

    def _outputs(self, nodes: Iterable[str]) -> tuple[str, ...]:
        """Nodes that are shown, as they are called in the whole workflow."""
        scope = self.document.scope
        if not scope:
            return tuple(nodes)
        kind = f"subgraph:{scope}"
        instances = [node.id for node in self.document.root.nodes.values() if node.type == kind]
        return tuple(f"{instance}/{node}" for instance in instances[:1] for node in nodes)

    def _lock(self, keys: Mapping[str, str]) -> None:
        try:
            with self.document.edit_root(tr("Lock")) as graph:
                for name, key in keys.items():
                    graph.set_lock(name, key)
        except LoomError as error:  # edited meanwhile
            self.said.emit(str(error))

    def _added(self, number: int, graph: Graph) -> None:
        self._graphs[f"{JOB}{number}"] = graph
        self.worker.ask("work")

    # Live mode

    def _run_live(self) -> None:
        self._stop_live()
        self._live = f"live {next(self._numbers)}"
        graph = draw_seeds(self.document.root, self.document.registry)
        self._graphs[self._live] = self._live_graph = graph
        self._ask("run", run=self._live, workflow=graph)

    def _stop_live(self) -> None:
        if self._live:
            self.worker.ask("cancel", run=self._live)
            self._live = ""

    # What the document does

    def _shown(self) -> None:
        """Another workflow, or only another part of it."""
        if self.document.root is not self._root:
            self._root = self.document.root
            self._name = _new_name()
            self.following.forget()
            self._faces.forget()
            self._last = None

    def _edited(self, _: object) -> None:
        self.following.edited()
        if self._live and self._is_edited():
            self._stop_live()

    def _checked(self, _: object) -> None:
        self.following.edited()
        self._quiet.start()

    def _settled(self) -> None:
        """Nothing was edited for a moment."""
        if not self._is_live:
            self._ask_plan()
        elif self._is_edited():
            self._run_live()

    def _is_edited(self) -> bool:
        """Whether the document is no longer what the last live run was of."""
        ran = self._live_graph
        return ran is None or bool(edited(self._root, ran, self.document.registry))

    def _ask_plan(self) -> None:
        if self.following.run:
            return
        self._plans += 1
        number = self._plans

        def is_newest() -> bool:
            return number == self._plans and not self.following.run

        def take(plan: Mapping[str, Any]) -> None:
            if is_newest():
                self.following.plan(plan["steps"])
                self._faces.planned(plan["steps"])

        self._ask("plan").then(take, lambda error: is_newest() and self.following.unplanned())

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
        self._work()
        self.changed.emit()

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
                self.jobs.refresh()
            case "begun":
                self._begin(run, event["steps"])
            case "ended":
                self._end(run, event["state"], event["message"])
                self.made.emit(event["files"])
            case "queue":
                if event["error"] != self._said:
                    self._said = event["error"]
                    self.said.emit(self._said)
                return
            case "idle" | "finished":
                return
            case _:
                self._follow(run, event)
        self.changed.emit()

    def _begin(self, run: str, steps: list[Mapping[str, Any]]) -> None:
        running = self._running[run]
        known = [step["seconds"] for step in steps if step["state"] == "run"]
        expected = sum(known) if known and None not in known else None
        total = len(known)
        self._running[run] = replace(running, expected=expected, total=total)
        if run not in self._graphs and running.name != self.name:
            return
        self._plans += 1
        self.following.begin(run, steps, self._graphs.get(run))
        self._last = self._graphs.get(run, self._last)
        self._faces.know(steps)
        if run not in self._graphs:
            self.jobs.read(int(run.removeprefix(JOB)), lambda graph: self._know(run, graph))

    def _know(self, run: str, graph: Graph) -> None:
        self._graphs[run] = graph
        if self.following.run == run:
            self.following.know(graph)
            self._last = graph

    def _follow(self, run: str, event: Mapping[str, Any]) -> None:
        running = self._running.get(run)
        if running is None:
            return
        match event["event"]:
            case "started":
                running = replace(running, node=event["node"], step=0, steps=0)
            case "progress" if event["node"] == running.node and not event["text"]:
                running = replace(running, step=event["step"], steps=event["total"])
            case "produced" | "failed" | "blocked":
                running = replace(running, over=min(running.over + 1, running.total))
            case _:
                pass
        self._running[run] = running
        if run == self.following.run:
            self.following.take(event)
            if event["event"] in ("produced", "cached"):
                self._faces.want(told(event["node"]))

    def _preview(self, run: str, node: str, image: QImage) -> None:
        if run == self.following.run:
            self.following.preview(node, image)

    def _end(self, run: str, state: str, message: str) -> None:
        self._running.pop(run, None)
        self._graphs.pop(run, None)
        if run == self._live:
            self._live = ""
        if run == self.following.run:
            self.following.end()
            self._ask_plan()
        if message:
            self.said.emit(message.partition("\n")[0])
        self.ended.emit(run, state)
        self.jobs.refresh()

    def _died(self, said: str) -> None:
        """What ran is begun again, or given up when that has happened before."""
        for run in list(self._running):
            job = self.jobs.now.job(int(run.removeprefix(JOB))) if run.startswith(JOB) else None
            again = job is not None and job.tries < GIVE_UP
            if job is not None and not again:
                self.jobs.cancel(job.id)
                self.said.emit(tr("{} Job {} is given up.").format(said, job.id))
            if run == self.following.run:
                self.following.broken(said, again=again)
        self._running.clear()
        self._live = ""
        self.changed.emit()


def _new_name() -> str:
    """A name for the runs of a workflow that has no file."""
    return f"untitled-{secrets.token_hex(4)}"


def _timer(parent: QObject, milliseconds: int, then: Any) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(then)
    return timer
