"""Edits of a subgraph's inputs and outputs, each one step to undo."""

from __future__ import annotations

from dataclasses import replace

from app.gui.document import Document
from app.gui.language import tr
from engine.graph.graph import Graph, Source
from engine.graph.subgraph import INPUTS, OUTPUTS, used


def free_inputs(document: Document, name: str) -> list[str]:
    """The `node.port`s inside that could be an input: ports and parameters without a link."""
    found: list[str] = []
    registry = document.registry
    for node in document.root.definitions[name].nodes.values():
        spec = registry.find(node.type)
        for port in (*spec.inputs, *spec.params) if spec else ():
            if spec and spec.socket(port) is not None and not node.inputs.get(port):
                found.append(f"{node.id}.{port}")
    return found


def free_outputs(document: Document, name: str) -> list[str]:
    """The `node.port`s inside that are no output yet."""
    definition = document.root.definitions[name]
    registry = document.registry
    given = set(definition.outputs.values())
    found = [
        Source(node.id, port)
        for node in definition.nodes.values()
        if (spec := registry.find(node.type))
        for port in spec.outputs
    ]
    return [str(source) for source in found if source not in given]


def add_input(document: Document, name: str, target: str) -> None:
    """Let `node.port` inside be an input of the subgraph."""
    ports = document.root.definitions[name].inputs
    port = _free(target.partition(".")[2], ports)
    with document.edit_root(tr("Add {}").format(port)) as root, root.editing(name) as body:
        body.set_param(INPUTS, "ports", [*ports, port])
        body.connect(f"{INPUTS}.{port}", target)


def add_output(document: Document, name: str, source: str) -> None:
    """Let `node.port` inside be an output of the subgraph."""
    port = _free(source.partition(".")[2], tuple(document.root.definitions[name].outputs))
    with document.edit_root(tr("Add {}").format(port)) as root, root.editing(name) as body:
        body.connect(source, f"{OUTPUTS}.{port}")


def move_input(document: Document, name: str, port: str, by: int) -> None:
    """Put an input before or after its neighbour."""
    definition = document.root.definitions[name]
    ports = _moved(definition.inputs, port, by)
    with document.edit_root(tr("Move {}").format(port)) as root:
        root.define(name, replace(definition, inputs=ports))


def move_output(document: Document, name: str, port: str, by: int) -> None:
    """Put an output before or after its neighbour."""
    definition = document.root.definitions[name]
    ports = _moved(tuple(definition.outputs), port, by)
    outputs = {one: definition.outputs[one] for one in ports}
    with document.edit_root(tr("Move {}").format(port)) as root:
        root.define(name, replace(definition, outputs=outputs))


def remove_input(document: Document, name: str, port: str) -> None:
    """Take an input away: inside, the value stays; what instances gave for it goes."""
    with document.edit_root(tr("Remove {}").format(port)) as root:
        with root.editing(name) as body:
            ports = body.nodes[INPUTS].params.get("ports", ())
            body.set_param(INPUTS, "ports", [one for one in ports if one != port])
            for link in list(body.links()):
                if link.source == Source(INPUTS, port):
                    body.disconnect(f"{link.node}.{link.port}", str(link.source))
        _forget(root, name, port)
        for other in list(root.definitions):
            with root.editing(other) as body:
                _forget(body, name, port)
        for target in list(root.sweep):
            node_id, _, param = target.partition(".")
            if param == port and used(root.nodes[node_id]) == name:
                root.set_axis(target, None)


def remove_output(document: Document, name: str, port: str) -> None:
    """Take an output away, with the links that read it."""
    with document.edit_root(tr("Remove {}").format(port)) as root:
        with root.editing(name) as body:
            body.disconnect(f"{OUTPUTS}.{port}")
        _cut_readers(root, name, port)
        for other in list(root.definitions):
            with root.editing(other) as body:
                _cut_readers(body, name, port)


def _moved(ports: tuple[str, ...], port: str, by: int) -> tuple[str, ...]:
    """The ports with one in its neighbour's place; as they are where there is no neighbour."""
    moved = list(ports)
    place = moved.index(port)
    if 0 <= place + by < len(moved):
        moved.insert(place + by, moved.pop(place))
    return tuple(moved)


def _forget(graph: Graph, name: str, port: str) -> None:
    """Take what instances in a graph give for an input."""
    for node in list(graph.nodes.values()):
        if used(node) == name:
            params = {key: value for key, value in node.params.items() if key != port}
            inputs = {key: sources for key, sources in node.inputs.items() if key != port}
            graph.put(replace(node, params=params, inputs=inputs))


def _cut_readers(graph: Graph, name: str, port: str) -> None:
    for link in list(graph.links()):
        source = link.source
        node = graph.nodes.get(source.node)
        if source.port == port and node is not None and used(node) == name:
            graph.disconnect(f"{link.node}.{link.port}", str(source))


def _free(stem: str, taken: tuple[str, ...]) -> str:
    stem = stem.replace(".", "_")
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}_{number}", number + 1
    return name
