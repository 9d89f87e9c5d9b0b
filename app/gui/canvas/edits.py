"""What gestures do to a graph: each is one step of undo."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QPointF, QRectF

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
        put(graph, places)


def put(graph: Graph, places: Mapping[str, QPointF]) -> None:
    """Keep where nodes and frames are."""
    graph.arrange(
        {
            name: {**_view(graph, name), "at": [round(at.x(), 1), round(at.y(), 1)]}
            for name, at in places.items()
        }
    )


def frame(graph: Graph, name: str, area: QRectF, text: str, colour: str = "") -> None:
    """Keep a frame around an area."""
    at, size = [round(area.x()), round(area.y())], [round(area.width()), round(area.height())]
    place(graph, name, at=at, size=size, text=text, colour=colour or None)


def add(
    document: Document,
    type_id: str,
    at: QPointF,
    *,
    join: Source | None = None,
    port: str = "",
    through: tuple[LinkKey, str, str] | None = None,
    append: bool = False,
    zone: str = "",
) -> str:
    """Add a node at a point of the scene; its id.

    `join` is a port that its `port` is joined to at once; `through` a link that then goes through
    it, by an input and an output of it.
    """
    spec = document.registry.get(type_id)
    with document.edit(tr("Add {}").format(spec.label)) as graph:
        name = graph.add(type_id, version=spec.version, zone=zone).id
        place(graph, name, at=[round(at.x() / 4) * 4, round(at.y() / 4) * 4])
        if join is not None and port in spec.outputs:
            graph.connect(f"{name}.{port}", str(join), append=append)
        elif join is not None and port:
            graph.connect(str(join), f"{name}.{port}")
        if through is not None:
            insert(graph, name, *through)
    return name


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


def insert(graph: Graph, name: str, key: LinkKey, way_in: str, way_out: str) -> None:
    """Let a link go through a node."""
    graph.connect(str(key.source), f"{name}.{way_in}")
    graph.reconnect(key.target, str(key.source), f"{name}.{way_out}")
    zone = graph.nodes[key.node].zone
    if zone == graph.nodes[key.source.node].zone and zone != graph.nodes[name].zone:
        graph.set_zone(zone, name)
    _forget_dots(graph, Source(key.node, key.port))


def lead(document: Document, key: LinkKey, dots: Sequence[QPointF]) -> None:
    """Lead a link through dots."""
    with document.edit(tr("Lead a link")) as graph:
        routes = dict(_view(graph, key.node).get("routes", {}))
        links = [list(link) for link in routes.get(key.port, [])]
        links += [[] for _ in range(key.place + 1 - len(links))]
        links[key.place] = [[round(dot.x(), 1), round(dot.y(), 1)] for dot in dots]
        while links and not links[-1]:
            links.pop()
        routes = {**routes, key.port: links} if links else _without(routes, key.port)
        place(graph, key.node, routes=routes or None)


def resize(document: Document, name: str, width: float, height: float) -> None:
    """Give a frame another size."""
    with document.edit(tr("Resize")) as graph:
        place(graph, name, size=[round(width), round(height)])


def remove(
    document: Document, names: Iterable[str], keys: Iterable[LinkKey] = (), label: str = ""
) -> None:
    """Remove nodes, frames and links; the ends of a subgraph stay."""
    graph = document.graph
    names = [name for name in names if name in graph.nodes or name in graph.view]
    nodes = [name for name in names if name in graph.nodes and not is_end(graph, name)]
    frames = [name for name in names if name not in graph.nodes]
    with document.edit(label or tr("Delete")) as graph:
        for key in keys:
            cut(graph, key)
        if nodes:
            graph.remove(*nodes)
        for name in frames:
            graph.place(name, None)


def with_members(graph: Graph, names: Iterable[str]) -> set[str]:
    """The names, and all that is in those of them that are zones."""
    found, grown = set(names), True
    while grown:
        inside = {node.id for node in graph.nodes.values() if node.zone in found} - found
        found |= inside
        grown = bool(inside)
    return found


def is_end(graph: Graph, name: str) -> bool:
    """Whether a node stands for the ports of the subgraph that is shown."""
    return graph.nodes[name].type in ENDS


def free_name(stem: str, taken: Container[str]) -> str:
    """`stem`, or with the first number that makes it another name."""
    name, number = stem, 2
    while name in taken:
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
    routes = _view(graph, target.node).get("routes", {})
    if target.port in routes:
        place(graph, target.node, routes=_without(routes, target.port) or None)


def _without(routes: Mapping[str, Any], port: str) -> dict[str, Any]:
    return {name: dots for name, dots in routes.items() if name != port}
