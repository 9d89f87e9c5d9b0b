"""Where a workflow names things on disk: in its nodes, inside its subgraphs, along its sweeps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.graph.errors import LoomError
from engine.graph.graph import Graph, Node
from engine.graph.interface import local_registry
from engine.graph.params import FilePath, ModelName, Param
from engine.graph.registry import Registry
from engine.graph.subgraph import INPUTS, used
from engine.graph.sweep import Axis, Lines

FILE = FilePath()


@dataclass(frozen=True)
class Place:
    """One spot that names a file or a model: the parameter of a node, or a value of its axis.

    `definition` is the subgraph whose inside it is in, "" for none. `axis` counts the values of a
    sweep, None where nothing is swept; `value` is in the canonical form. `idle`: its node is muted
    or bypassed.
    """

    definition: str
    node: str
    param: str
    widget: FilePath | ModelName
    value: Any
    axis: int | None = None
    idle: bool = False

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


def put(graph: Graph, place: Place, value: Any) -> None:
    """Name something else in a place; an edit like any."""
    target = f"{place.node}.{place.param}"
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
    if axis is not None and isinstance(axis.values, Lines):
        name = axis.values.file
        yield Place(definition, node.id, param.name, FILE, name, 0, bool(node.state))
    widget = param.widget
    if not isinstance(widget, FilePath | ModelName):
        return
    if axis is not None:
        swept = axis.values if isinstance(axis.values, tuple) else ()
        values: Mapping[int | None, Any] = dict(enumerate(swept))
    else:
        values = _given(node, param)
    for at, value in values.items():
        try:
            found = param.validate(value)
        except LoomError:
            continue
        if found is not None:
            yield Place(definition, node.id, param.name, widget, found, at, bool(node.state))


def _given(node: Node, param: Param) -> Mapping[int | None, Any]:
    """The value that a node has itself; what an instance leaves out is a place inside."""
    linked = node.inputs.get(param.name, ())
    # What an instance does not give keeps the value that it has inside, beside the link.
    if any(source.node != INPUTS for source in linked):
        return {}
    if param.name in node.params:
        return {None: node.params[param.name]}
    return {} if param.required or linked or used(node) else {None: param.default}
