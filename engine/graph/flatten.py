"""A graph with instances of subgraphs and Repeat zones, written out as plain nodes.

Ids tell where a node comes from: `fix/denoise` is `denoise` in the instance `fix`, `loop#3/step` is
`step` in the fourth iteration of the zone `loop`. Ports of what is no node in the end (instances,
zones, iterations) are aliases of ports that are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from engine.graph.aliases import MAX_SIZE, TooLargeError
from engine.graph.flat import End, Ends, Flat, Given
from engine.graph.graph import Graph
from engine.graph.problems import Problem
from engine.graph.registry import Registry
from engine.graph.repeat import EACH, REPEAT
from engine.graph.subgraph import used
from engine.graph.write_out import WritingOut

TOO_LARGE = "too-large"


def too_large(limit: int, fewer: str) -> Problem:
    """That writing out was given up."""
    reason = f"Written out, this makes more than {limit} nodes and wires."
    return Problem(TOO_LARGE, "", "nodes", reason, f"Use fewer {fewer}.")


def is_plain(graph: Graph) -> bool:
    """Whether a graph is flat as it is."""
    return not any(used(node) or node.type == REPEAT or node.zone for node in graph.nodes.values())


def flatten(graph: Graph, registry: Registry, counts: Mapping[str, Any]) -> Flat:
    """Write a graph out; never raises for what it holds.

    `counts` says how often zones run that only a run can tell, by flat id; others of that sort are
    in `open`, written out as if they ran once.
    """
    if is_plain(graph):
        return Flat(graph)
    known: dict[str, Any] = dict(counts)
    items: dict[str, Ends] = {}
    while True:
        try:
            flat = WritingOut(graph, known, items).flat()
        except TooLargeError:
            found = too_large(MAX_SIZE, "instances or iterations")
            return Flat(graph.with_nodes(()), problems=[found])
        before = len(known)
        for zone in flat.open:
            if zone.port == EACH:
                found = _items(zone.ends, flat.graph, registry)
                if found is not None:
                    known[zone.zone], items[zone.zone] = len(found), found
            elif not zone.ends:
                known[zone.zone] = zone.otherwise
            elif isinstance(end := zone.ends[0], Given):
                known[zone.zone] = end.value
        if len(known) == before:
            return flat


def _items(ends: Ends, graph: Graph, registry: Registry) -> Ends | None:
    """Each item of a list that wires make, None when one of them carries a list of its own."""
    found: list[End] = []
    for end in ends:
        if isinstance(end, Given):
            value: Any = end.value
            plain = cast(list[Any], value) if isinstance(value, list) else [value]
            found += map(Given, plain)
            continue
        maker = graph.nodes.get(end.node)
        spec = registry.find(maker.type) if maker else None
        port = spec.outputs.get(end.port) if spec else None
        if port and port.type.many:
            return None
        found.append(end)
    return tuple(found)
