"""Parts of a graph as text: a small workflow, to be pasted anywhere, and edited in between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QPointF

from app.gui.canvas import edits
from app.gui.document import Document
from app.gui.language import tr
from engine.graph import workflow
from engine.graph.graph import SUBGRAPH, Graph, Node, Source
from engine.graph.subgraph import Definition, used


def copied(document: Document, names: Iterable[str], *, outer: bool = False) -> Graph:
    """The nodes and frames as a graph of their own, with the subgraphs that they use.

    Zones come with all that is in them. Links that come from elsewhere are cut, unless `outer`
    says to keep them.
    """
    graph = document.graph
    chosen = edits.with_members(graph, names)
    nodes: list[Node] = []
    for node in graph.nodes.values():
        if node.id not in chosen or edits.is_end(graph, node.id):
            continue
        kept = {
            port: tuple(source for source in sources if outer or source.node in chosen)
            for port, sources in node.inputs.items()
        }
        wired = {port: sources for port, sources in kept.items() if sources}
        zone = node.zone if outer or node.zone in chosen else ""
        nodes.append(replace(node, inputs=wired, zone=zone, lock="", locks={}))
    view = {name: graph.view[name] for name in graph.view if name in chosen}
    return Graph(nodes, view=view, definitions=_definitions(document.root, nodes))


def as_text(graph: Graph) -> str:
    """The text of a part of a graph."""
    return workflow.dumps(graph)


def from_text(document: Document, text: str) -> Graph:
    """The graph in a text; LoomError when it is none."""
    return workflow.loads(text, document.registry, name=tr("what was copied"))


def paste(document: Document, part: Graph, by: QPointF, label: str) -> list[str]:
    """Add the nodes of a graph under free names, moved by a distance; what was added."""
    subgraphs = {SUBGRAPH + old: SUBGRAPH + new for old, new in _renamed(document, part).items()}
    missing = _missing(document, part)
    if missing:
        with document.edit_root(label):
            return _add(document, part, by, label, subgraphs, missing)
    return _add(document, part, by, label, subgraphs, missing)


def _add(
    document: Document,
    part: Graph,
    by: QPointF,
    label: str,
    subgraphs: Mapping[str, str],
    missing: Mapping[str, Definition],
) -> list[str]:
    for name, definition in missing.items():
        document.root.define(name, definition)
    with document.edit(label) as graph:
        names: dict[str, str] = {}
        taken = {*graph.nodes, *graph.view}
        for name in (*part.nodes, *(name for name in part.view if name not in part.nodes)):
            names[name] = edits.free_name(name, taken)
            taken.add(names[name])
        nodes = [_renamed_node(node, names, subgraphs) for node in part.nodes.values()]
        graph.insert(nodes, {names[name]: _moved(view, by) for name, view in part.view.items()})
    return [*names.values()]


def _renamed_node(node: Node, names: Mapping[str, str], subgraphs: Mapping[str, str]) -> Node:
    inputs = {
        port: tuple(Source(names.get(source.node, source.node), source.port) for source in sources)
        for port, sources in node.inputs.items()
    }
    return replace(
        node,
        id=names[node.id],
        type=subgraphs.get(node.type, node.type),
        inputs=inputs,
        zone=names.get(node.zone, node.zone),
        lock="",
        locks={},
    )


def _moved(view: Any, by: QPointF) -> Any:
    if not isinstance(view, dict):
        return view
    found: dict[str, Any] = dict(view)
    if "at" in found:
        x, y = found["at"]
        found["at"] = [x + by.x(), y + by.y()]
    if "routes" in found:
        found["routes"] = {
            port: [[[x + by.x(), y + by.y()] for x, y in dots] for dots in links]
            for port, links in found["routes"].items()
        }
    return found


def _definitions(root: Graph, nodes: Iterable[Node]) -> dict[str, Definition]:
    """The subgraphs that nodes use, and those that these use."""
    found: dict[str, Definition] = {}
    stack = [used(node) for node in nodes]
    while stack:
        name = stack.pop()
        if name in root.definitions and name not in found:
            found[name] = root.definitions[name]
            stack += [used(node) for node in root.definitions[name].nodes.values()]
    return found


def _renamed(document: Document, part: Graph) -> dict[str, str]:
    """New names for subgraphs that come under a name which another one has here."""
    found: dict[str, str] = {}
    for name, definition in part.definitions.items():
        there = document.root.definitions.get(name)
        if there is not None and there != definition:
            found[name] = edits.free_name(name, {*document.root.definitions, *part.definitions})
    return found


def _missing(document: Document, part: Graph) -> dict[str, Definition]:
    """The subgraphs to be added, by the names that they get here."""
    renamed = _renamed(document, part)
    types = {SUBGRAPH + old: SUBGRAPH + new for old, new in renamed.items()}
    found: dict[str, Definition] = {}
    for name, definition in part.definitions.items():
        if name in document.root.definitions and name not in renamed:
            continue
        nodes = {
            id: replace(node, type=types.get(node.type, node.type))
            for id, node in definition.nodes.items()
        }
        found[renamed.get(name, name)] = replace(definition, nodes=nodes)
    return found
