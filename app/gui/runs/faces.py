"""Small pictures of what nodes have made, asked of the worker a few at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QImage

from app.gui.document import Document
from app.gui.runs.names import told
from app.gui.worker.answers import Answer
from engine.graph.graph import Graph, Node, Source
from engine.graph.subgraph import used

GATHER = 60  # milliseconds in which what is wanted is gathered
MANY = 48  # pictures that are asked for at once
KINDS = ("Image", "Mask", "Latents")
"""What has a picture, the best first."""

Ask = Callable[[Mapping[str, str]], Answer]
Show = Callable[[str, QImage], object]


class Faces(QObject):
    """Keeps the pictures of nodes up to date; `ask` asks for those at ports, `show` shows them."""

    def __init__(self, document: Document, ask: Ask, show: Show, parent: QObject) -> None:
        super().__init__(parent)
        self._document, self._ask, self._show = document, ask, show
        self._keys: dict[str, str] = {}
        self._shown: dict[str, str] = {}
        self._wanted: dict[str, None] = {}
        self._timer = QTimer(self, interval=GATHER)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._send)

    def forget(self) -> None:
        """Another workflow is open."""
        self._keys.clear()
        self._shown.clear()
        self._wanted.clear()

    def know(self, steps: Iterable[Mapping[str, Any]]) -> None:
        """By which keys results go, as a plan says: of an instance or a zone all that is inside."""
        found: dict[str, list[str]] = {}
        for step in steps:
            if step["key"]:
                for name in told(step["node"]):
                    found.setdefault(name, []).append(step["key"])
        self._keys.update({name: " ".join(keys) for name, keys in found.items()})

    def planned(self, steps: Iterable[Mapping[str, Any]]) -> None:
        """Have the pictures of all that is kept."""
        steps = list(steps)
        self.know(steps)
        there = [step["node"] for step in steps if step["state"] in ("cached", "locked")]
        self.want(name for node in there for name in told(node))

    def want(self, names: Iterable[str]) -> None:
        """Have the pictures of nodes, unless what they made is shown already."""
        for name in names:
            if not self._keys.get(name) or self._shown.get(name) != self._keys[name]:
                self._wanted[name] = None
        if self._wanted and not self._timer.isActive():
            self._timer.start()

    def _send(self) -> None:
        wanted = [*self._wanted][:MANY]
        for name in wanted:
            del self._wanted[name]
        if self._wanted:
            self._timer.start()
        ports = {name: port for name in wanted if (port := self.port(name))}
        keys = {name: self._keys.get(name, "") for name in ports}
        if ports:
            self._ask(ports).then(lambda answer: self._take(answer, keys))

    def _take(self, answer: Mapping[str, Any], keys: Mapping[str, str]) -> None:
        for name, image in zip(answer["nodes"], answer["pictures"], strict=True):
            self._shown[name] = keys[name]
            self._show(name, image)

    def port(self, name: str) -> str:
        """The port whose picture stands for a node: of its results, or of what it saves; ""."""
        found = _find(self._document.root, name)
        if found is None:
            return ""
        node, prefix = found
        spec = self._document.registry.find(node.type)
        if spec is None:
            return ""
        ends = {port: f"{name}.{port}" for port in spec.outputs}
        types = {port: end.type for port, end in spec.outputs.items()}
        if not ends:
            sources = {port: node.inputs.get(port, ()) for port in spec.inputs}
            ends = {port: f"{prefix}{ends[0]}" for port, ends in sources.items() if _is_plain(ends)}
            types = {port: end.type for port, end in spec.inputs.items()}
        for kind in KINDS:
            for port, end in ends.items():
                if self._kind(end, types[port].kind) == kind:
                    return end
        return ""

    def _kind(self, end: str, kind: Any) -> str:
        """The name of a port's kind; of a generic port it is what the check found."""
        report = self._document.report
        if kind is None and report is not None and end in report.types:
            kind = report.types[end].kind
        return kind.name if kind else ""


def _is_plain(sources: tuple[Source, ...]) -> bool:
    return bool(sources) and sources[0].node != "inputs"


def _find(graph: Graph, name: str) -> tuple[Node, str] | None:
    """A node by its id in the whole workflow, and what the ids beside it begin with."""
    nodes = graph.nodes
    *outer, last = name.split("/")
    for part in outer:
        instance = nodes.get(part)
        if instance is None or used(instance) not in graph.definitions:
            return None
        nodes = graph.definitions[used(instance)].nodes
    prefix = "".join(f"{part}/" for part in outer)
    return (nodes[last], prefix) if last in nodes else None
