"""What a workflow reads from disk, and what of it is not here: models and input files."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from engine.graph.context import Settings
from engine.graph.errors import LoomError
from engine.graph.graph import Graph
from engine.graph.params import FilePath, ModelName
from engine.graph.places import places
from engine.graph.registry import Registry

State = Literal["here", "renamed", "other", "missing"]


@dataclass(frozen=True)
class Need:
    """One model or file that `node.param` reads.

    `hash` is the content that the workflow asks for, "" for any. `renamed`: that content is here
    under the name `here`. `other`: `name` is here with other content. `path` is where it lies.
    """

    node: str
    param: str
    what: Literal["model", "file"]
    name: str
    hash: str
    state: State
    here: str = ""
    path: str = ""

    @property
    def met(self) -> bool:
        """Whether the workflow can have it."""
        return self.state in ("here", "renamed")

    def as_data(self) -> dict[str, Any]:
        """The need as JSON data."""
        return asdict(self)


def needs(graph: Graph, registry: Registry, settings: Settings) -> tuple[Need, ...]:
    """Everything that a graph reads, the graph's own nodes first, then the insides of subgraphs.

    Models of a given hash are read to compare; the others are only looked for. What is muted or
    bypassed needs nothing. Never raises for what the graph holds.
    """
    found: list[Need] = []
    for place in places(graph, registry):
        if place.idle:
            continue
        match place.widget:
            case ModelName(part):
                found.append(_model(place.address, place.param, place.value, part, settings))
            case FilePath(folder=folder):
                found.append(_file(place.address, place.param, place.value, folder, settings))
    return tuple(dict.fromkeys(found))


def _file(node: str, param: str, name: str, folder: bool, settings: Settings) -> Need:
    try:
        path = settings.find_input(name, folder)
    except LoomError:
        return Need(node, param, "file", name, "", "missing")
    return Need(node, param, "file", name, "", "here", name, str(path))


def _model(node: str, param: str, value: dict[str, str], part: str, settings: Settings) -> Need:
    name, digest = value["name"], value.get("hash", "")
    need = Need(node, param, "model", name, digest, "missing")
    try:
        here = settings.model_name(name, digest, part) if digest else name
        path = settings.find_model(here, digest, part)
        state = _state(path / part, name, here, digest, settings)
    except LoomError:
        return need
    return Need(node, param, "model", name, digest, state, here, str(path))


def _state(path: Path, name: str, here: str, digest: str, settings: Settings) -> State:
    if here != name:
        return "renamed"
    try:
        return "here" if not digest or settings.hashes.of(path) == digest else "other"
    except OSError:
        return "missing"
