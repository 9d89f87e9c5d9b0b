"""What can be asked about a document: of what its runs have made, and what it would run."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

from PySide6.QtCore import QObject

from app.gui.document import Document
from app.gui.runs.edited import Drawn, settled
from app.gui.worker.answers import Answer
from app.gui.worker.client import Worker
from engine.graph.queue import Options


class Asking(QObject):
    """Asks the worker about a document. Every method returns at once; answers come later."""

    def __init__(self, document: Document, worker: Worker, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.document, self.worker = document, worker
        self._name = ""
        self._last: Drawn | None = None
        self._answers: list[Answer] = []
        self.forget()

    def forget(self) -> None:
        """Another workflow is open."""
        self._name = f"untitled-{secrets.token_hex(4)}"
        self._last = None

    @property
    def name(self) -> str:
        """By what name runs of this document are remembered."""
        path = self.document.path
        return str(path.absolute()) if path else self._name

    def options(self, fresh: bool = False) -> Options:
        """The folders of a run, by their full names: the queue outlives this process."""
        settings = self.document.settings
        return Options(
            str(settings.output_folder.absolute()),
            tuple(str(folder.absolute()) for folder in settings.model_folders),
            tuple(str(folder.absolute()) for folder in settings.input_folders),
            fresh,
        )

    def pictures(self, port: str, side: int = 0) -> Answer:
        """The pictures at a port (`node.port`, as it is shown): a dictionary, `pictures` in it.

        They are QImages of at most `side` pixels, 0 for their own size. LoomError to the answer
        where nothing is kept, or it is no picture.
        """
        return self.ask_kept("pictures", port=self.outputs([port])[0], side=side)

    def trajectory(self, port: str, item: int = 0, side: int = 0) -> Answer:
        """The pictures of a recorded run's steps: `pictures`, and `timesteps` between them."""
        return self.ask_kept("trajectory", port=self.outputs([port])[0], item=item, side=side)

    def summary(self, port: str) -> Answer:
        """What a port holds: `kind`, `facets`, `tensors` with shape and range, `fields`."""
        return self.ask_kept("summary", port=self.outputs([port])[0])

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

    def ask(self, command: str, **arguments: Any) -> Answer:
        """Ask the worker about the document as it is."""
        options = asdict(self.options())
        given = {"workflow": self.document.root, "name": self.name, **arguments}
        answer = self.worker.ask(command, options=options, **given)
        self._answers = [*(item for item in self._answers if not item.over), answer]
        return answer

    def leave(self) -> None:
        """Wait for no answer any more."""
        for answer in self._answers:
            answer.then()

    def ask_kept(self, command: str, **arguments: Any) -> Answer:
        """Ask about what is kept: with the seeds that were drawn for the last run."""
        graph = settled(self.document.root, self._last, self.document.registry)
        return self.ask(command, workflow=graph, **arguments)

    def outputs(self, nodes: Iterable[str]) -> tuple[str, ...]:
        """Nodes that are shown, as they are called in the whole workflow."""
        scope = self.document.scope
        if not scope:
            return tuple(nodes)
        kind = f"subgraph:{scope}"
        instances = [node.id for node in self.document.root.nodes.values() if node.type == kind]
        return tuple(f"{instance}/{node}" for instance in instances[:1] for node in nodes)
