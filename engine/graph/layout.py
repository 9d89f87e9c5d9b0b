"""Which Repeat zones a graph has, and which nodes are directly in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.graph.errors import GraphError
from engine.graph.graph import Node
from engine.graph.problems import Problem, problem
from engine.graph.registry import suggestion
from engine.graph.repeat import REPEAT, Zone, read_zone


@dataclass(frozen=True)
class Layout:
    """The zones by id, the nodes in each ("": in none), and what is wrong with zones."""

    zones: Mapping[str, Zone]
    members: Mapping[str, Sequence[Node]]
    problems: tuple[Problem, ...]


def layout(nodes: Mapping[str, Node]) -> Layout:
    """The layout of a graph, or of the inside of a subgraph."""
    zones: dict[str, Zone] = {}
    members: dict[str, list[Node]] = {}
    problems: list[Problem] = []
    for node in nodes.values():
        members.setdefault(node.zone, []).append(node)
        if node.type == REPEAT:
            try:
                zones[node.id] = read_zone(node)
            except GraphError as error:
                problems.append(problem("repeat", error))
    within = _within_reach(nodes, members)
    for node in nodes.values():
        if node.id not in within:
            reason = f"There is no Repeat zone {node.zone!r} around it."
            remedy = "Take it out of the zone." + suggestion(node.zone, zones)
            problems.append(Problem("zone", node.id, "zone", reason, remedy))
    return Layout(zones, members, tuple(problems))


def _within_reach(nodes: Mapping[str, Node], members: Mapping[str, Sequence[Node]]) -> set[str]:
    """The nodes that are in no zone, or in a zone that is among these."""
    found: set[str] = set()
    pending = [""]
    while pending:
        inside = [node.id for node in members.get(pending.pop(), ())]
        found.update(inside)
        pending += [node_id for node_id in inside if nodes[node_id].type == REPEAT]
    return found
