"""What instances of subgraphs and Repeat zones look like from outside: specifications like any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.graph.errors import WorkflowError
from engine.graph.graph import SUBGRAPH, Graph, Source
from engine.graph.naming import title
from engine.graph.params import Param, Range
from engine.graph.registry import Registry, suggestion
from engine.graph.repeat import LIMIT, REPEAT, TIMES, item
from engine.graph.spec import Nature, NodeSpec, Port, spec_of
from engine.graph.subgraph import Definition, used

_NATURES: tuple[Nature, ...] = ("pure", "seeded", "external", "effect")


def local_registry(graph: Graph, registry: Registry) -> Registry:
    """The registry with what only this graph knows: its subgraphs, and the Repeat zone.

    Ports of a subgraph have the types of the ports inside that they lead to; its parameters have
    the values inside as defaults. A subgraph that is inside itself is left out.
    """
    made: dict[str, NodeSpec] = {}
    for name in graph.definitions:
        _add(name, graph.definitions, registry, made, ())
    unknown = [spec for spec in zone_specs() if registry.find(spec.id) is None]
    return registry.with_specs([*unknown, *made.values()])


def zone_specs() -> tuple[NodeSpec, NodeSpec]:
    """What belongs to no pack: the Repeat zone, and the item of a list that it is at."""
    return _ZONE, spec_of(item)


def param_at(graph: Graph, registry: Registry, target: str) -> Param:
    """The parameter that `node.param` names; `registry` knows the graph's own subgraphs as well.

    Raises WorkflowError that says what there is instead.
    """
    node_id, _, name = target.partition(".")
    node = graph.nodes.get(node_id)
    if node is None:
        remedy = f"The nodes are {', '.join(graph.nodes)}.{suggestion(node_id, graph.nodes)}"
        if "/" in node_id:
            remedy = "What is inside a subgraph is set by an input of it: give it one for this."
        raise WorkflowError("There is no such node.", node=node_id, remedy=remedy)
    known = registry.get(node.type).params
    if name not in known:
        remedy = f"It has {', '.join(known) or 'none'}.{suggestion(name, known)}"
        reason = "There is no such parameter."
        raise WorkflowError(reason, node=node_id, field=name, remedy=remedy)
    return known[name]


def _add(
    name: str,
    definitions: Mapping[str, Definition],
    registry: Registry,
    made: dict[str, NodeSpec],
    around: tuple[str, ...],
) -> None:
    definition = definitions.get(name)
    if definition is None or name in around or SUBGRAPH + name in made or len(around) > 32:
        return
    for node in definition.nodes.values():
        if inner := used(node):
            _add(inner, definitions, registry, made, (*around, name))
    specs = {
        node.id: made.get(node.type) or registry.find(node.type)
        for node in definition.nodes.values()
    }
    inputs: dict[str, Port] = {}
    params: dict[str, Param] = {}
    for port in definition.inputs:
        _add_input(port, definition, specs, inputs, params)
    outputs: dict[str, Port] = {}
    for port, source in definition.outputs.items():
        if (end := _output(source, definition, specs, 0)) is not None:
            outputs[port] = replace(end, name=port, label=title(port))
    natures = {spec.nature for spec in specs.values() if spec}
    strongest: list[Nature] = [nature for nature in _NATURES if nature in natures]
    made[SUBGRAPH + name] = NodeSpec(
        id=SUBGRAPH + name,
        label=title(name),
        help="",
        version=1,
        nature=strongest[-1] if strongest else "pure",
        inputs=inputs,
        params=params,
        outputs=outputs,
        function=_never,
    )


def _add_input(
    name: str,
    definition: Definition,
    specs: Mapping[str, NodeSpec | None],
    inputs: dict[str, Port],
    params: dict[str, Param],
) -> None:
    """A port, or a parameter when that is what reads it first."""
    found: list[Port] = []
    for end in definition.readers(name):
        spec = specs[end.node]
        if spec and (param := spec.params.get(end.port)):
            given = definition.nodes[end.node].params
            default = given.get(end.port, param.default)
            params[name] = replace(param, name=name, default=default, label=title(name))
            return
        if spec and (port := spec.inputs.get(end.port)):
            found.append(port)
    if found:
        required = any(port.required for port in found)
        inputs[name] = replace(found[0], name=name, label=title(name), required=required)


def _output(
    source: Source, definition: Definition, specs: Mapping[str, NodeSpec | None], depth: int
) -> Port | None:
    """The real port behind an output, through the states and lists of Repeat zones."""
    node = definition.nodes.get(source.node)
    if node is None or depth > len(definition.nodes):
        return None
    if node.type == REPEAT:
        ends = node.inputs.get(f"next.{source.port}") or node.inputs.get(f"gather.{source.port}")
        inner = _output(ends[0], definition, specs, depth + 1) if ends else None
        if inner and f"gather.{source.port}" in node.inputs:
            return replace(inner, type=replace(inner.type, many=True))
        return inner
    spec = specs[source.node]
    return spec.outputs.get(source.port) if spec else None


def _never(*_: Any) -> None:
    raise AssertionError("It is written out before anything runs.")


_ZONE = NodeSpec(
    id=REPEAT,
    label="Repeat",
    help="Runs what is inside several times, and hands on its state from one time to the next.",
    version=1,
    nature="pure",
    inputs={},
    params={TIMES: Param(TIMES, int, None, Range(0, LIMIT), "Times", True)},
    outputs={},
    function=_never,
)
