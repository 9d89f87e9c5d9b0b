"""Which node types fit the end of a link, and which ports of theirs it would go to."""

from __future__ import annotations

from dataclasses import replace

from app.gui.canvas.fit import End, facets_refused, kinds_refused, known_type
from app.gui.canvas.ports import PortFace, ports_of
from app.gui.canvas.search import Offer
from app.gui.document import Document
from engine.graph.graph import SUBGRAPH, Graph, Node, Source
from engine.graph.repeat import REPEAT
from engine.graph.spec import NodeSpec
from engine.graph.subgraph import used
from engine.graph.types import PortType


def offers(document: Document, prefix: str = "", start: End | None = None) -> list[Offer]:
    """All that can be added here; with the end of a link, only what can be joined to it."""
    barred = around(document.root, document.scope)
    zones = any(node.type == REPEAT for node in document.graph.nodes.values())
    found: list[Offer] = []
    for spec in sorted(document.registry, key=lambda spec: spec.label.lower()):
        if spec.id.startswith(SUBGRAPH) and spec.id.removeprefix(SUBGRAPH) in barred:
            continue
        if spec.id == "repeat.item" and not zones:
            continue
        if start is None:
            found.append(Offer(spec))
        elif port := fitting_port(spec, known_type(document, prefix, start), start):
            found.append(Offer(spec, port))
    return found


def fitting_port(spec: NodeSpec, kind: PortType, start: End) -> str:
    """The port of a node type that a link would go to, the surest first; "" for none.

    Ports of exactly the kind come before generic ones and those that convert.
    """
    if spec.id == REPEAT:
        return ""
    marks: list[tuple[int, str]] = []
    ports = spec.inputs if start.port.is_output else spec.outputs
    for name, port in ports.items():
        pair = (kind, port.type) if start.port.is_output else (port.type, kind)
        if kinds_refused(*pair) or facets_refused(*pair):
            continue
        exact = port.type.kind is kind.kind and kind.kind is not None
        marks.append((0 if exact else 1 if port.type.kind else 2, name))
    if not marks and start.port.is_output:
        for name in spec.params:
            socket = spec.socket(name)
            if socket and kind.kind and socket.kind is kind.kind:
                marks.append((3, name))
    return min(marks, key=lambda mark: mark[0])[1] if marks else ""


def insertion(
    document: Document, prefix: str, node_type: str, source: End, target: End
) -> tuple[str, str]:
    """The input and the output by which a node fits into a link; ("", "") when it does not."""
    spec = document.registry.find(node_type)
    if spec is None or not spec.outputs:
        return "", ""
    given, wanted = known_type(document, prefix, source), known_type(document, prefix, target)
    way_in = fitting_port(spec, given, source)
    if not way_in:
        return "", ""
    socket = spec.socket(way_in)
    for name, port in spec.outputs.items():
        made = port.type
        same = socket and made.kind is None and made.generic == socket.generic
        if same:  # what goes in comes out
            made = replace(made, kind=given.kind, facets=given.facets)
        refused = kinds_refused(made, wanted) or facets_refused(made, wanted)
        if made.kind is not None and not refused:
            return way_in, name
    return "", ""


def around(root: Graph, scope: str) -> set[str]:
    """The subgraphs that can't be used inside `scope`, because it is in them, or is it."""
    if not scope:
        return set()
    found = {scope}
    grown = True
    while grown:
        grown = False
        for name, definition in root.definitions.items():
            inner = {used(node) for node in definition.nodes.values()}
            if name not in found and inner & found:
                found.add(name)
                grown = True
    return found


def end_of(document: Document, source: Source) -> End | None:
    """An output that is shown as the end of a link."""
    node: Node | None = document.graph.nodes.get(source.node)
    if node is None:
        return None
    port: PortFace | None = ports_of(document, node, [source.port]).find(source.port, True)
    return End(source.node, port) if port else None


def input_of(document: Document, node_id: str, name: str) -> End | None:
    """An input that is shown as the end of a link."""
    port = ports_of(document, document.graph.nodes[node_id]).find(name, False)
    return End(node_id, port) if port else None
