"""What a node that is shown is called in the whole workflow, and what is known of its ports."""

from __future__ import annotations

from collections.abc import Mapping

from app.gui.document import Document
from app.gui.language import tr
from engine.graph.graph import SUBGRAPH, Node
from engine.graph.subgraph import ENDS, INPUTS, used
from engine.graph.types import PortType


def whole_name(document: Document, node_id: str) -> str:
    """`denoise`, or `fix/denoise` inside a subgraph: of its instances, the first one."""
    if not document.scope:
        return node_id
    path = _instance(document, document.scope, ())
    return f"{path}/{node_id}" if path else node_id


def output_type(document: Document, node_id: str, port: str) -> PortType | None:
    """The type of an output as the last check knows it."""
    report = document.report
    name = f"{whole_name(document, node_id)}.{port}"
    return _get(report.types, name) if report else None


def input_type(document: Document, node_id: str, port: str) -> PortType | None:
    """The type of an input as the last check knows it."""
    report = document.report
    name = f"{whole_name(document, node_id)}.{port}"
    return _get(report.inputs, name) if report else None


def conversions_at(document: Document, node_id: str, port: str) -> list[str]:
    """What becomes of values on their way into a port, or a parameter, in words."""
    report = document.report
    name = whole_name(document, node_id)
    return [
        way.note
        for link, way in (report.conversions.items() if report else ())
        if (link.node, link.port) == (name, port)
    ]


def label_of(document: Document, node: Node) -> str:
    """What people call a node's type; the type itself where nothing is known of it."""
    if document.scope and node.id in ENDS:
        return tr("Inputs of the subgraph") if node.id == INPUTS else tr("Outputs of the subgraph")
    spec = document.registry.find(node.type)
    return spec.label if spec else node.type.removeprefix(SUBGRAPH)


def _get(types: Mapping[str, PortType], name: str) -> PortType | None:
    try:
        return types[name]
    except KeyError:
        return None


def _instance(document: Document, scope: str, around: tuple[str, ...]) -> str:
    """Where a subgraph is used first: `fix`, `outer/fix`; "" for nowhere."""
    root = document.root
    for node in root.nodes.values():
        if used(node) == scope:
            return node.id
    for name, definition in root.definitions.items():
        if name in around or name == scope:
            continue
        for node in definition.nodes.values():
            if used(node) == scope and (outer := _instance(document, name, (*around, scope))):
                return f"{outer}/{node.id}"
    return ""
