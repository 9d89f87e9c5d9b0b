"""Subgraphs: a definition is a part of a graph with ports; nodes of type `subgraph:name` use it.

Inside, nodes read its inputs as `inputs.name`, be they ports or parameters. What an instance does
not give keeps the value that it has inside.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.graph.errors import GraphError
from engine.graph.graph import SUBGRAPH, Graph, Node, Source

INPUTS = "inputs"
OUTPUTS = "outputs"
ENDS = (INPUTS, OUTPUTS)


@dataclass(frozen=True)
class Definition:
    """The inside of a subgraph: its nodes, the names of its inputs, the source of each output.

    Inputs and outputs have an order, in which instances show them.
    """

    nodes: Mapping[str, Node] = field(default_factory=dict[str, Node])
    inputs: tuple[str, ...] = ()
    outputs: Mapping[str, Source] = field(default_factory=dict[str, Source])
    view: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __eq__(self, other: object) -> bool:
        """Whether all is the same, the order of the outputs too."""
        return (
            isinstance(other, Definition)
            and self.nodes == other.nodes
            and self.inputs == other.inputs
            and list(self.outputs.items()) == list(other.outputs.items())
            and self.view == other.view
        )

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
    zone = _zone_around(graph, inside)
    if name in graph.definitions:
        raise GraphError(f"There is a subgraph {name!r} already.", remedy="Choose another name.")
    nodes, given = _moved_in(inside)
    left = _wires_out(graph, inside)
    outputs = {port: source for source, port in left.items()}
    view = {node_id: graph.view[node_id] for node_id in inside if node_id in graph.view}
    requested = [output for output in graph.outputs if output not in inside]
    is_wanted = len(requested) < len(graph.outputs)
    with graph.grouped(f"Make a subgraph {name}"):
        graph.define(name, Definition(nodes, tuple(given), outputs, view))
        instance = graph.add(
            SUBGRAPH + name,
            id or _free(name, graph.nodes),
            inputs={port: str(source) for port, source in given.items()},
            zone=zone,
        )
        graph.put(replace(instance, locks=_locks_of(inside.values())))
        for link in list(graph.links()):
            if link.node not in inside and link.source in left:
                target, port = f"{link.node}.{link.port}", left[link.source]
                graph.reconnect(target, str(link.source), f"{instance.id}.{port}")
        graph.remove(*inside)
        if is_wanted:
            graph.set_outputs([*requested, instance.id])
    return instance


def _zone_around(graph: Graph, inside: Mapping[str, Node]) -> str:
    """The one Repeat zone that nodes are in; GraphError when they can't become a subgraph."""
    zones = {node.zone for node in inside.values()} - inside.keys()
    cut = [node for node in graph.nodes.values() if node.zone in inside and node.id not in inside]
    if len(zones) > 1 or cut or any(node_id in ENDS for node_id in inside) or not inside:
        raise GraphError(
            "These nodes can't be one subgraph.",
            remedy="Take nodes of one zone, and a zone only with all that is in it.",
        )
    if swept := [target for target in graph.sweep if Source.parse(target).node in inside]:
        raise GraphError(f"A sweep goes over {swept[0]}.", remedy="Take the axis off first.")
    return "".join(zones)


def _moved_in(inside: Mapping[str, Node]) -> tuple[dict[str, Node], dict[str, Source]]:
    """The nodes as they are in a subgraph, and where each of its inputs comes from outside."""
    ports: dict[Source, str] = {}
    given: dict[str, Source] = {}
    nodes: dict[str, Node] = {}
    for node in inside.values():
        wired: dict[str, tuple[Source, ...]] = {}
        for port, sources in node.inputs.items():
            for source in sources:
                if source.node not in inside and source not in ports:
                    ports[source] = _free(port.replace(".", "_"), given)
                    given[ports[source]] = source
            wired[port] = tuple(
                Source(INPUTS, ports[source]) if source in ports else source for source in sources
            )
        zone = node.zone if node.zone in inside else ""
        nodes[node.id] = replace(node, inputs=wired, zone=zone, lock="", locks={})
    return nodes, given


def _locks_of(nodes: Iterable[Node]) -> dict[str, str]:
    """The locks of nodes as the instance that they are in has them."""
    found: dict[str, str] = {}
    for node in nodes:
        own = {"": node.lock} if node.lock else {}
        found |= {f"/{node.id}{within}": key for within, key in (own | {**node.locks}).items()}
    return found


def _wires_out(graph: Graph, inside: Container[str]) -> dict[Source, str]:
    """The ports that wires leave by, and what each is called from outside."""
    left: dict[Source, str] = {}
    for link in graph.links():
        if link.node not in inside and link.source.node in inside and link.source not in left:
            left[link.source] = _free(link.source.port.replace(".", "_"), left.values())
    return left


def rename_input(graph: Graph, name: str, old: str, new: str) -> None:
    """Give an input of a subgraph another name, which all its instances follow, as one edit.

    Raises GraphError for a name that is not there, is taken, or can't be one.
    """
    definition = _definition(graph, name)
    _check_port(old, new, definition.inputs)
    ends = {Source(INPUTS, old): Source(INPUTS, new)}
    with graph.grouped(f"Rename {name}.{old} to {new}"):
        graph.define(
            name,
            replace(
                definition,
                nodes={node.id: _rewired(node, ends) for node in definition.nodes.values()},
                inputs=tuple(new if port == old else port for port in definition.inputs),
                outputs={port: ends.get(end, end) for port, end in definition.outputs.items()},
            ),
        )

        def renamed(node: Node) -> Node:
            if used(node) != name:
                return node
            names = {old: new}
            params = {names.get(port, port): value for port, value in node.params.items()}
            inputs = {names.get(port, port): wires for port, wires in node.inputs.items()}
            return replace(node, params=params, inputs=inputs)

        instances = [node.id for node in graph.nodes.values() if used(node) == name]
        graph.put(*map(renamed, graph.nodes.values()))
        for other, inside in list(graph.definitions.items()):
            nodes = {node.id: renamed(node) for node in inside.nodes.values()}
            graph.define(other, replace(inside, nodes=nodes))
        graph.rename_axes({f"{instance}.{old}": f"{instance}.{new}" for instance in instances})


def rename_output(graph: Graph, name: str, old: str, new: str) -> None:
    """Give an output of a subgraph another name, which all that reads it follows, as one edit.

    Raises GraphError for a name that is not there, is taken, or can't be one.
    """
    definition = _definition(graph, name)
    _check_port(old, new, definition.outputs)
    with graph.grouped(f"Rename {name}.{old} to {new}"):
        outputs = {new if port == old else port: end for port, end in definition.outputs.items()}
        graph.define(name, replace(definition, outputs=outputs))
        ends = _ends_of(graph.nodes, name, old, new)
        graph.put(*(_rewired(node, ends) for node in graph.nodes.values()))
        for other, inside in list(graph.definitions.items()):
            ends = _ends_of(inside.nodes, name, old, new)
            graph.define(
                other,
                replace(
                    inside,
                    nodes={node.id: _rewired(node, ends) for node in inside.nodes.values()},
                    outputs={port: ends.get(end, end) for port, end in inside.outputs.items()},
                ),
            )


def _definition(graph: Graph, name: str) -> Definition:
    if name not in graph.definitions:
        raise GraphError(f"There is no subgraph {name!r}.")
    return graph.definitions[name]


def _check_port(old: str, new: str, ports: Container[str]) -> None:
    if old not in ports:
        raise GraphError(f"The subgraph has no port {old!r}.")
    if new in ports:
        raise GraphError(f"The subgraph has a port {new!r} already.", remedy="Choose another name.")
    if not re.fullmatch(r"[^.\s]+", new):
        raise GraphError(f"{new!r} can't be a name.", remedy="Use no dots and no spaces.")


def _ends_of(nodes: Mapping[str, Node], name: str, old: str, new: str) -> dict[Source, Source]:
    """The ends of wires that come out of a port of any instance among nodes, by old and new."""
    instances = [node.id for node in nodes.values() if used(node) == name]
    return {Source(instance, old): Source(instance, new) for instance in instances}


def _rewired(node: Node, ends: Mapping[Source, Source]) -> Node:
    inputs = {
        port: tuple(ends.get(end, end) for end in wires) for port, wires in node.inputs.items()
    }
    return replace(node, inputs=inputs)


def _free(stem: str, taken: Container[str]) -> str:
    name, number = stem, 2
    while name in taken:
        name, number = f"{stem}_{number}", number + 1
    return name
