"""What a workflow's outputs need of it, told before anything is written out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from engine.graph.flatten import TOO_LARGE
from engine.graph.graph import SUBGRAPH, Graph, Node
from engine.graph.problems import Problem
from engine.graph.repeat import REPEAT
from engine.graph.subgraph import used

Place = tuple[str, str]  # a definition ("" for the graph itself) and a node in it


def reach(graph: Graph, outputs: Iterable[str], held: Collection[str] = ()) -> set[Place]:
    """The nodes that may be needed for these outputs, which may be ids of written-out nodes.

    It is rather too much than too little: all that is inside an instance or a zone is needed with
    it. Nothing is above a muted node, or one that is locked to a result among `held`.
    """
    found: set[Place] = set()
    stack: list[Place] = [("", top_level(name)) for name in outputs]
    while stack:
        place = stack.pop()
        definition, node_id = place
        nodes = _nodes(graph, definition)
        node = nodes.get(node_id)
        if node is None or place in found:
            continue
        found.add(place)
        if node.state == "muted" or node.lock in held:
            continue
        stack += [(definition, source) for source in node.reads()]
        if node.zone:
            stack.append((definition, node.zone))
        if node.type == REPEAT:
            stack += [(definition, other.id) for other in nodes.values() if other.zone == node_id]
        if inner := used(node):
            stack += [(inner, name) for name in _nodes(graph, inner)]
    return found


def stands_in_the_way(problem: Problem, reached: Collection[Place]) -> bool:
    """Whether a problem, as it is told, is at something that is needed, or at everything."""
    if not problem.node or problem.code in ("sweep", TOO_LARGE):
        return True
    if problem.node.startswith(SUBGRAPH):
        definition, _, node = problem.node.removeprefix(SUBGRAPH).partition("/")
        return any(place[0] == definition and node in ("", place[1]) for place in reached)
    return ("", top_level(problem.node)) in reached


def top_level(flat_id: str) -> str:
    """The node of the workflow that a written-out one belongs to: `fix` for `fix/denoise`."""
    return re.split("[/#@.]", flat_id, maxsplit=1)[0]


def _nodes(graph: Graph, definition: str) -> Mapping[str, Node]:
    if not definition:
        return graph.nodes
    inside = graph.definitions.get(definition)
    return inside.nodes if inside else {}
