"""Which nodes are no longer what they were when a run began."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from engine.graph.graph import SUBGRAPH, Graph, Node
from engine.graph.params import Seed
from engine.graph.registry import Registry
from engine.graph.subgraph import Definition, used


@dataclass(frozen=True)
class Drawn:
    """A graph as it was asked for, and as it runs, its seeds drawn."""

    asked: Graph
    ran: Graph


def edited(now: Graph, ran: Graph, registry: Registry) -> set[str]:
    """Nodes of `now` that differ from those of the graph that ran, and all below them.

    A seed that is open is what was drawn for it.
    """
    definitions = {
        name
        for name, definition in now.definitions.items()
        if not _same_inside(definition, ran.definitions.get(name), registry)
    }
    axes = {
        target.partition(".")[0].partition("/")[0]
        for target in now.sweep.keys() | ran.sweep.keys()
        if now.sweep.get(target) != ran.sweep.get(target)
    }
    found = {
        node.id
        for node in now.nodes.values()
        if node.id in axes
        or uses(now, node, definitions)
        or not _same(node, ran.nodes.get(node.id), registry)
    }
    return with_all_below(now, found)


def settled(now: Graph, last: Drawn | None, registry: Registry) -> Graph:
    """A copy of `now` with the seeds that were drawn for the last run.

    Those are the open ones, and in one of several runs the others that have not changed since.
    """
    found = now.copy()
    if last is None:
        return found
    for name, definition in now.definitions.items():
        ran, asked = last.ran.definitions.get(name), last.asked.definitions.get(name)
        if ran and asked:
            nodes = _with_seeds(definition.nodes, ran.nodes, asked.nodes, registry)
            if nodes:
                found.define(name, replace(definition, nodes={**definition.nodes, **nodes}))
    found.put(*_with_seeds(now.nodes, last.ran.nodes, last.asked.nodes, registry).values())
    return found


def _with_seeds(
    now: Mapping[str, Node],
    ran: Mapping[str, Node],
    asked: Mapping[str, Node],
    registry: Registry,
) -> dict[str, Node]:
    """The nodes whose seeds were drawn, with these."""
    found: dict[str, Node] = {}
    for name, node in now.items():
        other, before = ran.get(name), asked.get(name)
        if other is None or before is None or other.type != node.type:
            continue
        drawn = {
            seed: other.params[seed]
            for seed in _seeds(node, registry) & other.params.keys()
            if node.params.get(seed) in (None, before.params.get(seed))
        }
        if drawn:
            found[name] = replace(node, params={**node.params, **drawn})
    return found


def _seeds(node: Node, registry: Registry) -> set[str]:
    spec = registry.find(node.type)
    return {
        name
        for name, param in (spec.params.items() if spec else ())
        if isinstance(param.widget, Seed)
    }


def _open_seeds(node: Node, registry: Registry) -> set[str]:
    return {name for name in _seeds(node, registry) if node.params.get(name) is None}


def uses(graph: Graph, node: Node, definitions: set[str]) -> bool:
    """Whether a node is an instance of one of these subgraphs, or has one inside."""
    if not definitions or not node.type.startswith(SUBGRAPH):
        return False
    stack, seen = [used(node)], set[str]()
    while stack:
        name = stack.pop()
        if name in definitions:
            return True
        if name in graph.definitions and name not in seen:
            seen.add(name)
            stack += [used(inner) for inner in graph.definitions[name].nodes.values()]
    return False


def _same_inside(one: Definition, other: Definition | None, registry: Registry) -> bool:
    if other is None or one.nodes.keys() != other.nodes.keys():
        return False
    ports = (one.inputs, dict(one.outputs)) == (other.inputs, dict(other.outputs))
    return ports and all(
        _same(node, other.nodes[name], registry) for name, node in one.nodes.items()
    )


def _same(one: Node, other: Node | None, registry: Registry) -> bool:
    if other is None:
        return False
    if one == other:
        return True
    wires = (one.type, one.version, dict(one.inputs), one.state, one.lock, one.zone)
    if wires != (
        other.type,
        other.version,
        dict(other.inputs),
        other.state,
        other.lock,
        other.zone,
    ):
        return False
    open_seeds = _open_seeds(one, registry)
    return _without(one.params, open_seeds) == _without(other.params, open_seeds)


def _without(params: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if name not in names}


def with_all_below(graph: Graph, found: set[str]) -> set[str]:
    """These nodes, and all that reads them, directly or not."""
    readers: dict[str, set[str]] = {}
    for node in graph.nodes.values():
        for source in node.reads():
            readers.setdefault(source, set()).add(node.id)
        if node.zone:
            readers.setdefault(node.id, set()).add(node.zone)
    stack, below = list(found), set(found)
    while stack:
        for reader in readers.get(stack.pop(), ()):
            if reader not in below:
                below.add(reader)
                stack.append(reader)
    return below
