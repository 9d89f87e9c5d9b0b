"""What the editor can ask of the worker: each command a function from arguments to an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from app.gui.worker.line import Line
from app.gui.worker.wire import Message
from app.gui.worker.work import Engine, Runs, options_of
from engine.graph import workflow

Command = Callable[..., Any]


class Commands:
    """The commands by name. Each raises LoomError for what people should read."""

    def __init__(self, engine: Engine, runs: Runs, line: Line) -> None:
        self._engine, self._runs, self._line = engine, runs, line

    def __call__(self, message: Message) -> Any:
        """The answer to a message."""
        arguments = {name: value for name, value in message.items() if name not in ("id", "do")}
        return self.known[message["do"]](self, **arguments)

    def run(
        self,
        run: str,
        workflow: Message,
        options: Message,
        outputs: tuple[str, ...] = (),
        seed: int | None = None,
        name: str = "",
    ) -> Message:
        """Run a workflow beside the queue; the answer comes when it is over."""
        folders = options_of(options)
        try:
            result = self._runs.run(run, _graph(workflow), folders, tuple(outputs), seed, name)
        except Exception as error:
            self._runs.ended(run, "failed", str(error))
            raise
        files = [str(file) for file in result.files]
        failures = "\n".join(str(error) for error in result.failed.values())
        state = "cancelled" if result.cancelled else "failed" if failures else "done"
        self._runs.ended(run, state, failures, files)
        return {
            "ran": list(result.ran),
            "cached": list(result.cached),
            "failed": {node: str(error) for node, error in result.failed.items()},
            "cancelled": result.cancelled,
            "seconds": result.seconds,
            "files": files,
        }

    def work(self) -> None:
        """Work the queue off."""
        self._runs.work()

    def plan(
        self, workflow: Message, options: Message, outputs: tuple[str, ...] = (), name: str = ""
    ) -> Message:
        """What a run would do."""
        executor = self._engine.executor(options_of(options))
        return executor.plan(_graph(workflow), tuple(outputs), name=name).as_data()

    known: Mapping[str, Command] = {"run": run, "work": work, "plan": plan}


def _graph(data: Message) -> Any:
    return workflow.from_json(data)
