"""Subgraphs: a definition is a part of a graph with ports; nodes of type `subgraph:name` use it.

Inside, nodes read its inputs as `inputs.name`, be they ports or parameters. What an instance does
not give keeps the value that it has inside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.graph.errors import GraphError
from engine.graph.graph import SUBGRAPH, Graph, Node, Source

INPUTS = "inputs"
OUTPUTS = "outputs"
ENDS = (INPUTS, OUTPUTS)


@dataclass(frozen=True)
class Definition:
    """The inside of a subgraph: its nodes, the names of its inputs, the source of each output."""

    nodes: Mapping[str, Node] = field(default_factory=dict[str, Node])
    inputs: tuple[str, ...] = ()
    outputs: Mapping[str, Source] = field(default_factory=dict[str, Source])
    view: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def body(self) -> Graph:
        """The inside as a graph of its own, with a node at either end that stands for the ports.

        Add and order inputs in the parameter `ports` of `inputs`; outputs are links into `outputs`.
        """
        ends = (
            Node(INPUTS, "subgraph.inputs", params={"ports": list(self.inputs)}),
            Node(
                OUTPUTS,
                "subgraph.outputs",
                inputs={name: (source,) for name, source in self.outputs.items()},
            ),
        )
        return Graph([*self.nodes.values(), *ends], view=self.view)

    def with_body(self, body: Graph) -> Definition:
        """What the definition is after its body was edited."""
        ends = {name: body.nodes.get(name, Node(name, "")) for name in ENDS}
        return Definition(
            {node.id: node for node in body.nodes.values() if node.id not in ENDS},
            tuple(ends[INPUTS].params.get("ports", ())),
            {name: sources[-1] for name, sources in ends[OUTPUTS].inputs.items()},
            dict(body.view),
        )

    def readers(self, name: str) -> list[Source]:
        """The inner `node.port`s that read an input."""
        wanted = Source(INPUTS, name)
        return [
            Source(node.id, port)
            for node in self.nodes.values()
            for port, sources in node.inputs.items()
            if wanted in sources
        ]


def used(node: Node) -> str:
    """The definition that a node is an instance of, "" for any other node."""
    return node.type.removeprefix(SUBGRAPH) if node.type.startswith(SUBGRAPH) else ""


def collapse(graph: Graph, node_ids: Iterable[str], name: str, id: str = "") -> Node:
    """Make nodes a subgraph `name` and put an instance of it in their place, as one edit.

    Wires that cross the border become ports, called after the port inside (inputs) or the port they
    leave by (outputs). Raises GraphError when a Repeat zone would be cut in two, or an axis lost.
    """
    inside = {node_id: graph.node(node_id) for node_id in graph.nodes if node_id in {*node_ids}}
    zones = {node.zone for node in inside.values()} - inside.keys()
    cut = [node for node in graph.nodes.values() if node.zone in inside and node.id not in inside]
    if len(zones) > 1 or cut or any(node_id in ENDS for node_id in inside) or not inside:
        raise GraphError(
            "These nodes can't be one subgraph.",
            remedy="Take nodes of one zone, and a zone only with all that is in it.",
        )
    if swept := [target for target in graph.sweep if Source.parse(target).node in inside]:
        raise GraphError(f"A sweep goes over {swept[0]}.", remedy="Take the axis off first.")
    if name in graph.definitions:
        raise GraphError(f"There is a subgraph {name!r} already.", remedy="Choose another name.")
    ports: dict[Source, str] = {}
    given: dict[str, tuple[Source, ...]] = {}
    nodes: dict[str, Node] = {}
    for node in inside.values():
        wired: dict[str, tuple[Source, ...]] = {}
        for port, sources in node.inputs.items():
            found: list[Source] = []
            for source in sources:
                if source.node in inside:
                    found.append(source)
                    continue
                if source not in ports:
                    ports[source] = _free(port.replace(".", "_"), given)
                    given[ports[source]] = (source,)
                found.append(Source(INPUTS, ports[source]))
            wired[port] = tuple(found)
        zone = node.zone if node.zone in inside else ""
        nodes[node.id] = replace(node, inputs=wired, zone=zone)
    outputs: dict[str, Source] = {}
    left: dict[Source, str] = {}
    for link in graph.links():
        if link.node not in inside and link.source.node in inside and link.source not in left:
            left[link.source] = _free(link.source.port.replace(".", "_"), outputs)
            outputs[left[link.source]] = link.source
    view = {node_id: graph.view[node_id] for node_id in inside if node_id in graph.view}
    wanted = [output for output in graph.outputs if output in inside]
    with graph.grouped(f"Make a subgraph {name}"):
        graph.define(name, Definition(nodes, tuple(given), outputs, view))
        texts = {port: [str(source) for source in sources] for port, sources in given.items()}
        instance = graph.add(
            SUBGRAPH + name,
            id or _free(name, graph.nodes),
            inputs=texts,
            zone="".join(zones),
        )
        for link in list(graph.links()):
            if link.node not in inside and link.source in left:
                target, port = f"{link.node}.{link.port}", left[link.source]
                graph.reconnect(target, str(link.source), f"{instance.id}.{port}")
        requested = [output for output in graph.outputs if output not in inside]
        graph.remove(*inside)
        if wanted:
            graph.set_outputs([*requested, instance.id])
    return instance


def _free(stem: str, taken: Mapping[str, Any]) -> str:
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}_{number}", number + 1
    return name
