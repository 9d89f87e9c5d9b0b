"""What gestures do to a graph: each is one step of undo."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from PySide6.QtCore import QPointF

from app.gui.canvas.link_item import LinkKey
from app.gui.canvas.ports import ENDS, NEW
from app.gui.document import Document
from app.gui.language import tr
from engine.graph.graph import Graph, Source
from engine.graph.repeat import GATHER, NEXT
from engine.graph.subgraph import INPUTS, OUTPUTS


def move(document: Document, places: Mapping[str, QPointF]) -> None:
    """Put nodes and frames where they are now."""
    with document.edit(tr("Move")) as graph:
        for name, at in places.items():
            place(graph, name, at=[round(at.x(), 1), round(at.y(), 1)])


def add(document: Document, type_id: str, at: QPointF) -> str:
    """Add a node at a point of the scene; its id."""
    spec = document.registry.get(type_id)
    with document.edit(tr("Add {}").format(spec.label)) as graph:
        node = graph.add(type_id, version=spec.version)
        place(graph, node.id, at=[round(at.x() / 4) * 4, round(at.y() / 4) * 4])
    return node.id


def place(graph: Graph, name: str, **fields: Any) -> None:
    """Change fields of what is kept about a node; None takes one away."""
    view = {**_view(graph, name), **fields}
    graph.place(name, {key: value for key, value in view.items() if value is not None} or None)


def connect(
    document: Document,
    source: Source,
    target: Source,
    *,
    append: bool = False,
    instead: LinkKey | None = None,
) -> None:
    """Join an output to an input, in place of a link that was dragged off another."""
    with document.edit(tr("Connect")) as graph:
        if instead is not None:
            cut(graph, instead)
        if source.port == NEW:
            source = _new_input(graph, target)
        if target.port.endswith(NEW):
            target = _new_port(graph, source, target)
        if append and source in graph.nodes[target.node].inputs.get(target.port, ()):
            return
        graph.connect(str(source), str(target), append=append)
        if not append:
            _forget_dots(graph, target)


def disconnect(document: Document, keys: Iterable[LinkKey]) -> None:
    """Cut links."""
    with document.edit(tr("Disconnect")) as graph:
        for key in keys:
            cut(graph, key)


def cut(graph: Graph, key: LinkKey) -> None:
    """Cut one link, and forget the dots that it was led through."""
    if key.node not in graph.nodes:
        return
    if key.source in graph.nodes[key.node].inputs.get(key.port, ()):
        graph.disconnect(key.target, str(key.source))
        _forget_dots(graph, Source(key.node, key.port))


def remove(document: Document, names: Iterable[str], keys: Iterable[LinkKey] = ()) -> None:
    """Remove nodes, frames and links; the ends of a subgraph stay."""
    graph = document.graph
    names = [name for name in names if name in graph.nodes or name in graph.view]
    nodes = [name for name in names if name in graph.nodes and not is_end(graph, name)]
    frames = [name for name in names if name not in graph.nodes]
    with document.edit(tr("Delete")) as graph:
        for key in keys:
            cut(graph, key)
        if nodes:
            graph.remove(*nodes)
        for name in frames:
            graph.place(name, None)


def is_end(graph: Graph, name: str) -> bool:
    """Whether a node stands for the ports of the subgraph that is shown."""
    return graph.nodes[name].type in ENDS


def free_name(stem: str, taken: Iterable[str]) -> str:
    """`stem`, or with the first number that makes it another name."""
    names = {*taken}
    name, number = stem, 2
    while name in names:
        name, number = f"{stem}_{number}", number + 1
    return name


def _view(graph: Graph, name: str) -> Mapping[str, Any]:
    found = graph.view.get(name)
    return found if isinstance(found, dict) else {}


def _new_input(graph: Graph, target: Source) -> Source:
    """Another input of the subgraph that is shown, called after what reads it."""
    ports = list(graph.nodes[INPUTS].params.get("ports", ()))
    name = free_name(target.port.replace(".", "_"), ports)
    graph.set_param(INPUTS, "ports", [*ports, name])
    return Source(INPUTS, name)


def _new_port(graph: Graph, source: Source, target: Source) -> Source:
    """Another output of a subgraph, another state or list of a zone."""
    node = graph.nodes[target.node]
    taken = [port.removeprefix(NEXT).removeprefix(GATHER) for port in (*node.inputs, *node.params)]
    name = free_name(source.port.replace(".", "_"), taken)
    if node.type in ENDS and ENDS[node.type] == OUTPUTS:
        return Source(OUTPUTS, name)
    return Source(target.node, target.port.removesuffix(NEW) + name)


def _forget_dots(graph: Graph, target: Source) -> None:
    view = dict(_view(graph, target.node))
    routes = {port: dots for port, dots in view.get("routes", {}).items() if port != target.port}
    if routes != view.get("routes", {}):
        view["routes"] = routes
        graph.place(target.node, {key: value for key, value in view.items() if value} or None)
