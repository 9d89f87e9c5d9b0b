"""Workflow files: a graph as JSON that people can read, compare and merge.

Reading executes nothing: it parses, brings old files up to date, validates against
`workflow.schema.json`, and builds a Graph. Every fault is one WorkflowError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from engine.graph import sweep
from engine.graph.errors import LoomError, WorkflowError
from engine.graph.files import write_atomically
from engine.graph.graph import Graph, Node, Source
from engine.graph.interface import local_registry, param_at
from engine.graph.json_text import Json, parse, pretty
from engine.graph.migrate import upgrade
from engine.graph.registry import Registry
from engine.graph.schema import validate
from engine.graph.subgraph import ENDS, Definition

VERSION = 1

# FILE_MIGRATIONS[v] takes the JSON of a version v file to version v + 1.
FILE_MIGRATIONS: dict[int, Callable[[Json], Json]] = {}


def read(path: Path, registry: Registry | None = None) -> Graph:
    """The graph in a file; with a registry, nodes of older versions are brought up to date.

    Raises WorkflowError: no such file, not JSON, from a newer version, wrong types, …
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise WorkflowError(
            f"{path} can't be read: {error.strerror or error}.", remedy="Check the name."
        ) from error
    return loads(data, registry, name=str(path))


def is_json(path: Path) -> bool:
    """Whether a file begins as a workflow in JSON does; a bundle or a picture does not."""
    try:
        with path.open("rb") as file:
            return file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    except OSError:
        return False


def loads(text: str | bytes, registry: Registry | None = None, *, name: str = "workflow") -> Graph:
    """The graph in a text; `name` is what errors call it."""
    return from_json(parse(text, name), registry, name=name)


def from_json(data: Any, registry: Registry | None = None, *, name: str = "workflow") -> Graph:
    """The graph in parsed JSON; it is not changed."""
    data = _up_to_date(data, name)
    validate(data, name)
    definitions = {
        subgraph: _definition(subgraph, body, registry, name)
        for subgraph, body in data.get("definitions", {}).items()
    }
    graph = Graph(
        _nodes(data["nodes"]),
        data.get("outputs", ()),
        data.get("view"),
        definitions=definitions,
        sweep={target: sweep.from_json(axis) for target, axis in data.get("sweep", {}).items()},
    )
    return graph if registry is None else upgrade(graph, registry)


def to_json(graph: Graph) -> Json:
    """The graph as plain JSON data."""
    data: Json = {"loom": VERSION}
    if graph.definitions:
        definitions = sorted(graph.definitions.items())
        data["definitions"] = {name: _definition_json(found) for name, found in definitions}
    data["nodes"] = _nodes_json(graph.nodes)
    if graph.outputs:
        data["outputs"] = list(graph.outputs)
    if graph.sweep:
        data["sweep"] = {target: sweep.to_json(axis) for target, axis in graph.sweep.items()}
    if graph.view:
        data["view"] = _view_json(graph.nodes, graph.view)
    return data


def dumps(graph: Graph) -> str:
    """The canonical text: the same graph always gives the same text, a small edit a small diff."""
    return pretty(to_json(graph)) + "\n"


def write(graph: Graph, path: Path) -> None:
    """Write the canonical text, wholly or not at all; WorkflowError when it can't be written."""
    try:
        write_atomically(path, dumps(graph).encode())
    except OSError as error:
        raise WorkflowError(
            f"{path} can't be written: {error.strerror or error}.",
            remedy="Choose a folder that exists and that you may write to.",
        ) from error


def set_param(graph: Graph, registry: Registry, assignment: str) -> None:
    """Apply `node.param=text`, as `--set` takes it; ParamError or GraphError says what is wrong.

    A link into the parameter is cut, so that the value counts.
    """
    name, equals, text = assignment.partition("=")
    node_id, dot, param_name = name.partition(".")
    if not (equals and dot):
        raise WorkflowError(f"{assignment!r} sets nothing.", remedy="Write node.param=value.")
    param = param_at(graph, local_registry(graph, registry), name)
    try:
        value = param.parse(text)
    except LoomError as error:
        raise error.at(node_id, param_name) from None
    with graph.grouped(f"Set {name}"):
        if param_name in graph.nodes[node_id].inputs:
            graph.disconnect(name)
        graph.set_param(node_id, param_name, value)


def _up_to_date(data: Any, name: str) -> Any:
    if not isinstance(data, dict) or "loom" not in data:
        raise WorkflowError(
            f'{name} is not a workflow: there is no "loom" in it.',
            field="loom",
            remedy="Give a file that Latent Loom saved.",
        )
    found = cast(Json, data)
    version = found["loom"]
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise WorkflowError(
            f"{name} has no proper version: {version!r}.",
            field="loom",
            remedy=f"Write {VERSION}.",
        )
    if version > VERSION:
        raise WorkflowError(
            f"{name} was saved by a newer Latent Loom (format {version}, this one reads up to "
            f"{VERSION}).",
            field="loom",
            remedy="Update Latent Loom.",
        )
    while version < VERSION:
        found = FILE_MIGRATIONS[version](found)
        version += 1
    return found


def _definition(subgraph: str, data: Json, registry: Registry | None, name: str) -> Definition:
    """A subgraph, its nodes brought up to date with the registry."""
    if taken := [end for end in ENDS if end in data["nodes"]]:
        raise WorkflowError(
            f"A node can't be called {taken[0]!r} in a subgraph, as its own ports are (in {name}).",
            node=f"subgraph:{subgraph}/{taken[0]}",
            remedy="Give it another name.",
        )
    found = Definition(
        {node.id: node for node in _nodes(data["nodes"])},
        tuple(data.get("inputs", ())),
        {port: Source.parse(text) for port, text in data.get("outputs", {}).items()},
        data.get("view", {}),
    )
    return found if registry is None else found.with_body(upgrade(found.body(), registry))


def _definition_json(definition: Definition) -> Json:
    data: Json = {}
    if definition.inputs:
        data["inputs"] = list(definition.inputs)
    data["nodes"] = _nodes_json(definition.nodes)
    if definition.outputs:
        data["outputs"] = {port: str(source) for port, source in definition.outputs.items()}
    if definition.view:
        data["view"] = _view_json(definition.nodes, definition.view)
    return data


def _view_json(nodes: Mapping[str, Node], view: Mapping[str, Any]) -> Json:
    """What an editor keeps, in the order of the nodes."""
    order = {node_id: place for place, node_id in enumerate(nodes)}
    names = sorted(view, key=lambda name: (order.get(name, len(order)), name))
    return {name: view[name] for name in names}


def _nodes(data: Json) -> list[Node]:
    return [_node(node_id, node) for node_id, node in data.items()]


def _nodes_json(nodes: Mapping[str, Node]) -> Json:
    return {node.id: _node_json(node) for node in nodes.values()}


def _node(node_id: str, data: Json) -> Node:
    inputs: Mapping[str, str | list[str]] = data.get("inputs", {})
    wired = {
        port: tuple(Source.parse(text) for text in ([given] if isinstance(given, str) else given))
        for port, given in inputs.items()
    }
    return Node(
        node_id,
        data["type"],
        data.get("version", 1),
        data.get("params", {}),
        wired,
        state=data.get("state", ""),
        lock=data.get("lock", ""),
        locks=data.get("locks", {}),
        zone=data.get("zone", ""),
    )


def _node_json(node: Node) -> Json:
    data: Json = {"type": node.type, "version": node.version}
    if node.params:
        data["params"] = dict(node.params)
    if node.inputs:
        data["inputs"] = {
            port: str(sources[0]) if len(sources) == 1 else [str(source) for source in sources]
            for port, sources in node.inputs.items()
        }
    if node.zone:
        data["zone"] = node.zone
    if node.state:
        data["state"] = node.state
    if node.lock:
        data["lock"] = node.lock
    if node.locks:
        data["locks"] = dict(sorted(node.locks.items()))
    return data
