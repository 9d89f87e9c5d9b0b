"""What the editor can ask of the worker: each command a function from arguments to an answer."""

from __future__ import annotations

import gc
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from app import again
from app.gui.worker import tokens
from app.gui.worker.doable import doable
from app.gui.worker.line import Line
from app.gui.worker.looking import Looking, graph_of
from app.gui.worker.wire import Message
from app.gui.worker.work import Engine, Runs, options_of
from engine.diffusion.weights.catalogue import describe
from engine.diffusion.weights.search import list_models
from engine.graph.graph import Graph
from engine.graph.locks import locked

Command = Callable[..., Any]
THUMBNAIL = 320  # pixels of a small picture's longer side


class Commands:
    """The commands by name. Each raises LoomError for what people should read.

    `workflow` is the JSON of a workflow, `options` the folders of a run (`engine.graph.queue`), and
    `name` the name that its runs are remembered by.
    """

    def __init__(self, engine: Engine, runs: Runs, line: Line) -> None:
        self._engine, self._runs = engine, runs
        self._looking = Looking(engine, line)

    def __call__(self, message: Message) -> Any:
        """The answer to a message."""
        arguments = {name: value for name, value in message.items() if name not in ("id", "do")}
        return self.known[message["do"]](self, **arguments)

    # Running

    def run(
        self,
        run: str,
        workflow: Message,
        options: Message,
        outputs: Iterable[str] = (),
        seed: int | None = None,
        name: str = "",
    ) -> Message:
        """Run a workflow beside the queue; the answer comes when it is over."""
        folders = options_of(options)
        try:
            result, failed = self._runs.run(
                run, graph_of(workflow), folders, tuple(outputs), seed, name
            )
        except Exception as error:
            self._runs.ended(run, "failed", str(error))
            raise
        files = [str(file) for file in result.files]
        failures = "\n".join(failed.values())
        state = "cancelled" if result.cancelled else "failed" if failures else "done"
        self._runs.ended(run, state, failures, files)
        return {
            "ran": list(result.ran),
            "cached": list(result.cached),
            "failed": dict(failed),
            "cancelled": result.cancelled,
            "seconds": result.seconds,
            "files": files,
        }

    def work(self) -> None:
        """Work the queue off; the answer comes at once."""
        self._runs.work()

    def plan(
        self, workflow: Message, options: Message, outputs: Iterable[str] = (), name: str = ""
    ) -> Message:
        """What a run would do, without what problems keep from being made."""
        executor = self._engine.executor(options_of(options))
        return doable(executor, graph_of(workflow), outputs, name=name, memory=True).plan.as_data()

    def lock(
        self, workflow: Message, options: Message, nodes: Iterable[str], name: str = ""
    ) -> Message:
        """The keys of the results that nodes are to be locked to, by the ids they are set at."""
        graph = graph_of(workflow)
        before = set(locked(graph))
        self._engine.executor(options_of(options)).lock(graph, *nodes, name=name)
        found = [node_id for node_id in locked(graph) if node_id not in before]
        return {node_id: _lock_of(graph, node_id) for node_id in found}

    # Looking

    def pictures(
        self, workflow: Message, options: Message, port: str, name: str = "", side: int = 0
    ) -> Message:
        """The pictures at a port."""
        return self._looking.pictures(graph_of(workflow), options, name, port, side)

    def thumbnails(
        self,
        workflow: Message,
        options: Message,
        ports: Mapping[str, str],
        name: str = "",
        side: int = THUMBNAIL,
    ) -> Message:
        """A small picture for each of these nodes that has one at its port."""
        return self._looking.thumbnails(graph_of(workflow), options, name, ports, side)

    def trajectory(
        self,
        workflow: Message,
        options: Message,
        port: str,
        name: str = "",
        item: int = 0,
        side: int = 0,
    ) -> Message:
        """The pictures of a recorded run's steps."""
        return self._looking.trajectory(graph_of(workflow), options, name, port, item, side)

    def summary(self, workflow: Message, options: Message, port: str, name: str = "") -> Message:
        """What a port holds, in numbers."""
        return self._looking.summary(graph_of(workflow), options, name, port)

    # Models

    def models(self, options: Message) -> list[Message]:
        """The models that workflows can name: what each is, its size and what it needs."""
        folders = list(map(Path, options["model_folders"]))
        return [
            {"name": name, **describe(path).as_data(), "path": str(path)}
            for name, path in list_models(folders).items()
        ]

    def tokens(self, text: str, model: str, options: Message, part: str = "tokenizer") -> Message:
        """How many tokens a prompt has, and how much of it the model reads."""
        return tokens.count(text, model, part, self._engine.executor(options_of(options)).settings)

    def forget(self) -> Message:
        """Put away the models that nothing uses now; the bytes that frees."""
        from engine.runtime import denoising
        from engine.runtime.allocator import give_back
        from engine.runtime.pool import shared_pool

        denoising.forget()
        freed = shared_pool().clear()
        gc.collect()
        give_back()
        torch = sys.modules["torch"]
        if torch.cuda.is_initialized():
            torch.cuda.empty_cache()
        return {"freed": freed}

    def verify(self, picture: str, options: Message, tolerance: float = again.TOLERANCE) -> Message:
        """Make a picture again from what it carries, and compare."""
        folders = list(map(Path, options["model_folders"]))
        verdict = again.verify(Path(picture), self._engine.registry, folders, tolerance=tolerance)
        return {**verdict.as_data(), "text": verdict.text()}

    known: Mapping[str, Command] = {
        command.__name__: command
        for command in (
            *(run, work, plan, lock),
            *(pictures, thumbnails, trajectory, summary),
            *(models, tokens, forget, verify),
        )
    }


def _lock_of(graph: Graph, node_id: str) -> str:
    """The key that a node is locked to, be it inside an instance or a zone."""
    own = re.split("[/#]", node_id, maxsplit=1)[0]
    node, inside = graph.nodes[own], node_id[len(own) :]
    return node.locks[inside] if inside else node.lock
