"""The contact sheet that comes with a sweep of pictures, where the workflow has none of its own."""

from __future__ import annotations

import re

from engine.graph.check import requested
from engine.graph.graph import Graph, Node
from engine.graph.interface import local_registry
from engine.graph.registry import Registry
from engine.graph.spec import NodeSpec
from engine.graph.subgraph import used
from engine.graph.types import PortType

SHEET = "image.contact_sheet"
SAVE = "image.save"
PICTURES = "Image"


def add_sheets(graph: Graph, registry: Registry) -> tuple[str, ...]:
    """Have the pictures of a sweep put together: one labelled sheet for each requested output.

    Gives the ids of the nodes that save the sheets; none where nothing is swept, where the workflow
    gathers cells itself, or where no pictures are asked for. Raises CheckError for an output that
    is not there.
    """
    local = local_registry(graph, registry)
    specs = {node.id: local.find(node.type) for node in graph.nodes.values()}
    if not graph.sweep or any(spec and spec.gathers for spec in specs.values()):
        return ()
    wanted = requested(graph, local)
    savers: list[str] = []
    with graph.grouped("Add contact sheets"):
        for name in wanted:
            node, spec = graph.nodes[name], specs[name]
            sources = _pictures(node, spec) if spec and not node.zone and not node.state else []
            if sources:
                sheet = graph.add(SHEET, inputs={"images": sources})
                params = {key: node.params[key] for key in ("folder",) if key in node.params}
                params["name"] = f"{_stem(node)}_sheet"
                saver = graph.add(
                    SAVE, _saver(graph, sheet), params=params, inputs={"image": f"{sheet.id}.image"}
                )
                savers.append(saver.id)
        graph.set_outputs([*wanted, *savers])
    return tuple(savers)


def _pictures(node: Node, spec: NodeSpec) -> list[str]:
    """The output port whose pictures a node stands for: its own, or what it saves."""
    for port in spec.outputs.values():
        if _is_picture(port.type):
            return [f"{node.id}.{port.name}"]
    if used(node):
        return []
    saved = (port for port in spec.inputs.values() if _is_picture(port.type))
    return next((list(map(str, node.inputs.get(port.name, ()))) for port in saved), [])


def _is_picture(port: PortType) -> bool:
    return port.kind is not None and port.kind.name == PICTURES


def _stem(node: Node) -> str:
    """What a node calls its files, without what differs between them."""
    name = node.params.get("name", "")
    plain = re.sub(r"\{[^}]*\}", "", name) if isinstance(name, str) else ""
    return plain.strip(" _-.") or "picture"


def _saver(graph: Graph, sheet: Node) -> str:
    name, number = f"save_{sheet.id}", 2
    while name in graph.nodes:
        name, number = f"save_{sheet.id}_{number}", number + 1
    return name
