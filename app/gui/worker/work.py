"""Runs in the worker: jobs of the queue in turn, and runs that are asked for directly."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.gui.worker.doable import doable
from app.gui.worker.meter import Meter
from app.gui.worker.outbox import Outbox
from app.gui.worker.stops import Stops
from app.gui.worker.wire import Message
from app.running import open_executor
from app.session import queue_file
from engine.diffusion.weights import hub
from engine.graph import events
from engine.graph.cache import Cache
from engine.graph.context import Settings
from engine.graph.errors import Cancelled, LoomError
from engine.graph.executor import Executor
from engine.graph.graph import Graph
from engine.graph.queue import Job, Options, Outcome, Queue, QueueError
from engine.graph.registry import Registry
from engine.graph.result import Result

JOB = "job {}"


@dataclass(frozen=True)
class Engine:
    """What every command works with."""

    registry: Registry
    cache: Cache

    def executor(self, options: Options) -> Executor:
        """An executor with the folders of a run."""
        settings = Settings(
            Path(options.output_folder),
            tuple(map(Path, options.model_folders)),
            tuple(map(Path, options.input_folders)),
            elsewhere=hub.cached,
        )
        return open_executor(self.registry, settings, self.cache)


def options_of(data: Message) -> Options:
    """The folders of a run as they come over the line."""
    return Options(
        data["output_folder"],
        tuple(data["model_folders"]),
        tuple(data["input_folders"]),
        bool(data.get("fresh", False)),
    )


class Runs:
    """All that runs in this process; every event of it goes to the outbox, named by its run."""

    def __init__(self, engine: Engine, outbox: Outbox, stops: Stops) -> None:
        self._engine, self._outbox, self._stops = engine, outbox, stops
        self._wanted = threading.Event()
        self._ending = threading.Event()
        self._over = threading.Event()
        self._over.set()
        threading.Thread(target=self._work, name="queue", daemon=True).start()

    def work(self) -> None:
        """Work the queue off; returns at once."""
        self._wanted.set()

    def cancel(self, run: str) -> None:
        """Stop a run within one step; nothing where it does not run."""
        if run.startswith(JOB.format("")):
            try:
                with Queue(queue_file()) as queue:
                    queue.cancel(int(run.removeprefix(JOB.format(""))))
            except QueueError:  # it is over already
                return
        self._stops.cancel(run)

    def end(self, seconds: float) -> None:
        """Stop everything; what ran of the queue waits again. Waits up to `seconds` for that."""
        self._ending.set()
        self._stops.end()
        self._over.wait(seconds)

    def run(
        self,
        run: str,
        graph: Graph,
        options: Options,
        outputs: tuple[str, ...] = (),
        seed: int | None = None,
        name: str = "",
        stop: threading.Event | None = None,
    ) -> tuple[Result, Mapping[str, str]]:
        """Run a graph, beginning with a plan of it as the event `begun`; raises LoomError.

        What problems keep from being made is left out, as long as there is something else to make.
        What failed is given in words too, by its nodes: these, and what raised in the run.
        """
        stop = self._stops.of(run, stop)
        self._tell(run, "taken", name=name)
        failed: dict[str, str] = {}
        try:
            executor = self._engine.executor(options)
            with suppress(Cancelled):  # the run then says so itself
                found = doable(
                    executor, graph, outputs, seed=seed, name=name, fresh=options.fresh, cancel=stop
                )
                outputs, failed = found.outputs, found.failed
                self._tell(run, "begun", steps=[asdict(step) for step in found.plan.steps])
                for node, said in failed.items():
                    self._outbox.emit(events.Failed(node, said), run)
                for node, by in found.stuck.items():
                    self._outbox.emit(events.Blocked(node, by), run)
            result = executor.run(
                graph,
                outputs,
                seed=seed,
                name=name,
                fresh=options.fresh,
                emit=self._emitter(run),
                cancel=stop,
            )
        finally:
            self._stops.forget(run)
        return result, failed | {node: str(error) for node, error in result.failed.items()}

    def _emitter(self, run: str) -> events.Emit:
        meter = Meter()

        def emit(event: events.Event) -> None:
            more: dict[str, Any] = {}
            match event:
                case events.Started(node):
                    meter.start(node)
                case events.Produced(node):
                    more = {"memory": meter.stop(node)}
                case events.Failed(node) | events.Interrupted(node):
                    meter.stop(node)
                case _:
                    pass
            self._outbox.emit(event, run, **more)

        return emit

    def _work(self) -> None:
        while not self._ending.is_set():
            self._wanted.wait()
            self._wanted.clear()
            self._over.clear()
            try:
                with Queue(queue_file()) as queue:
                    queue.run(self._execute, ended=self._ended)
            except KeyboardInterrupt:
                pass  # the worker ends, and the job has gone back to its place
            except LoomError as error:
                self._tell("", "queue", error=str(error))
            self._over.set()
            self._tell("", "idle")

    def _execute(self, job: Job, stop: threading.Event) -> Outcome:
        run = JOB.format(job.id)
        result, failed = self.run(run, job.graph(), job.options, name=job.name, stop=stop)
        failures = "\n".join(failed.values())
        return Outcome(failures, tuple(map(str, result.files)), result.cancelled)

    def _ended(self, job: Job) -> None:
        self.ended(JOB.format(job.id), job.state, job.message, job.files)

    def ended(self, run: str, state: str, message: str = "", files: Iterable[str] = ()) -> None:
        """Tell that a run is over, as the last of its events."""
        self._tell(run, "ended", state=state, message=message, files=list(files))

    def _tell(self, run: str, event: str, **more: Any) -> None:
        self._outbox.say({"event": event, "node": "", "run": run, **more})
