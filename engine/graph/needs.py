"""What a workflow reads from disk, and what of it is not here: models and input files."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, cast

from engine.graph.context import Settings
from engine.graph.errors import LoomError
from engine.graph.graph import Graph
from engine.graph.keys import given_params
from engine.graph.params import FilePath, ModelName
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
    """Everything that known nodes of a graph read, in the order of the nodes.

    Models of a given hash are read to compare; the others are only looked for. What `check` would
    refuse as a parameter is left out. Never raises for what the graph holds.
    """
    found: list[Need] = []
    for node in graph.nodes.values():
        spec = registry.find(node.type)
        if spec is None or spec.nature == "pure":
            continue
        try:
            params = given_params(node, spec)
        except LoomError:
            continue
        for name, value in params.items():
            match spec.params[name].widget:
                case ModelName(part) if isinstance(value, dict):
                    model = cast(dict[str, str], value)
                    found.append(_model(node.id, name, model, part, settings))
                case FilePath() if isinstance(value, str):
                    found.append(_file(node.id, name, value, settings))
                case _:
                    pass
    return tuple(found)


def _file(node: str, param: str, name: str, settings: Settings) -> Need:
    try:
        path = settings.find_input(name)
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
