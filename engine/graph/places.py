"""Where a workflow names things on disk: in its nodes, inside its subgraphs, along its sweeps, and
in what its Repeat zones hand to the nodes inside them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

from engine.graph.errors import LoomError
from engine.graph.graph import Graph, Node
from engine.graph.interface import local_registry
from engine.graph.params import FilePath, ModelName, Param
from engine.graph.registry import Registry
from engine.graph.repeat import EACH, ITEM, REPEAT
from engine.graph.subgraph import INPUTS, used
from engine.graph.sweep import Axis, Lines

FILE = FilePath()


@dataclass(frozen=True)
class Place:
    """One spot that names a file or a model: the parameter of a node, or a value of its axis.

    `definition` is the subgraph whose inside it is in, "" for none. `axis` counts the values of a
    sweep and `item` those of the list of a Repeat zone, None where there is none; `value` is in the
    canonical form. `idle`: its node is muted or bypassed.
    """

    definition: str
    node: str
    param: str
    widget: FilePath | ModelName
    value: Any
    axis: int | None = None
    idle: bool = False
    item: int | None = None

    @property
    def address(self) -> str:
        """The node as messages call it: `load`, `subgraph:fix/load`."""
        return f"subgraph:{self.definition}/{self.node}" if self.definition else self.node


def places(graph: Graph, registry: Registry) -> Iterator[Place]:
    """All of them, the graph's own nodes first; values that `check` refuses are left out."""
    local = local_registry(graph, registry)
    insides = ((name, definition.nodes) for name, definition in graph.definitions.items())
    for definition, nodes in (("", graph.nodes), *insides):
        for node in nodes.values():
            spec = local.find(node.type)
            for param in spec.params.values() if spec else ():
                axis = None if definition else graph.sweep.get(f"{node.id}.{param.name}")
                yield from _places(definition, node, param, axis)
                for source in node.inputs.get(param.name, ()):
                    zone = nodes.get(source.node)
                    if zone is not None and zone.type == REPEAT:
                        yield from _handed_in(definition, zone, source.port, param)


def put(graph: Graph, place: Place, value: Any) -> None:
    """Name something else in a place; an edit like any."""
    target = f"{place.node}.{place.param}"
    if place.item is not None:
        nodes = graph.definitions[place.definition].nodes if place.definition else graph.nodes
        items = nodes[place.node].params[place.param]
        value = [value if at == place.item else old for at, old in enumerate(items)]
    if place.axis is not None:
        axis = graph.sweep[target]
        values = Lines(value)
        if isinstance(axis.values, tuple):
            values = tuple(value if at == place.axis else old for at, old in enumerate(axis.values))
        graph.set_axis(target, replace(axis, values=values))
    elif place.definition:
        definition = graph.definitions[place.definition]
        node = definition.nodes[place.node]
        edited = replace(node, params={**node.params, place.param: value})
        graph.define(
            place.definition, replace(definition, nodes={**definition.nodes, node.id: edited})
        )
    else:
        graph.set_param(place.node, place.param, value)


def _places(definition: str, node: Node, param: Param, axis: Axis | None) -> Iterator[Place]:
    idle = bool(node.state)
    if axis is not None:
        if isinstance(axis.values, Lines):
            name = axis.values.file
            yield Place(definition, node.id, param.name, FILE, name, 0, idle)
        for at, value in enumerate(axis.values if isinstance(axis.values, tuple) else ()):
            if found := _named(param, value):
                yield Place(definition, node.id, param.name, *found, at, idle)
    for value in _given(node, param):
        if found := _named(param, value):
            swept = axis is not None
            yield Place(definition, node.id, param.name, *found, idle=idle or swept)


def _handed_in(definition: str, zone: Node, port: str, param: Param) -> Iterator[Place]:
    """What a Repeat zone gives to a parameter inside it: its items, or what a state starts as."""
    name = EACH if port == ITEM else port
    given = zone.params.get(name)
    listed = cast(list[Any], given) if name == EACH and isinstance(given, list) else None
    for item, value in enumerate([given] if listed is None else listed):
        if found := _named(param, value):
            at = None if listed is None else item
            yield Place(definition, zone.id, name, *found, idle=bool(zone.state), item=at)


def _named(param: Param, value: Any) -> tuple[FilePath | ModelName, Any] | None:
    """How and what a parameter with this value names, None where that is nothing."""
    if not isinstance(param.widget, FilePath | ModelName):
        return None
    try:
        found = param.validate(value)
    except LoomError:
        return None
    return None if found is None else (param.widget, found)


def _given(node: Node, param: Param) -> tuple[Any, ...]:
    """The value that a node has itself; what an instance leaves out is a place inside."""
    linked = node.inputs.get(param.name, ())
    # What an instance does not give keeps the value that it has inside, beside the link.
    if any(source.node != INPUTS for source in linked):
        return ()
    if param.name in node.params:
        return (node.params[param.name],)
    return () if param.required or linked or used(node) else (param.default,)
