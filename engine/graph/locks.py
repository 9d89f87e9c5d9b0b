"""Locking and unlocking nodes, those inside instances and zones as well.

A plain node has its own lock. Those of nodes inside are kept at the instance or zone that people
see, so that another instance of the same subgraph is free.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from engine.graph.errors import GraphError
from engine.graph.expand import Expansion
from engine.graph.graph import Graph
from engine.graph.reach import top_level

_ITERATION = re.compile(r"[^/]+#\d+/")


def lock(
    graph: Graph,
    node_ids: Iterable[str],
    expansion: Expansion,
    keys: Mapping[str, str],
    held: Collection[str],
) -> None:
    """Lock nodes to their results, as one edit.

    `keys` are those of the last run by ids of written-out nodes, `held` those that are kept. Of an
    instance or zone, what its ports come from is locked, of a node in a zone every iteration.
    Raises GraphError for a node that is not there, or has no kept result of its own.
    """
    wanted = tuple(node_ids)
    with graph.grouped(f"Lock {', '.join(wanted)}"):
        for node_id in wanted:
            for flat_id in _written_out(graph, node_id, expansion, keys):
                if keys.get(flat_id) not in held:
                    raise GraphError(
                        "It has no result to keep.", node=flat_id, remedy="Run it first."
                    )
                graph.set_lock(flat_id, keys[flat_id])


def unlock(graph: Graph, node_ids: Iterable[str]) -> None:
    """Let nodes go, as one edit: those that `lock` takes by the same names.

    Raises GraphError for a node that is not there, or is not locked.
    """
    wanted = tuple(node_ids)
    with graph.grouped(f"Unlock {', '.join(wanted)}"):
        for node_id in wanted:
            found = [name for name in locked(graph) if _is_meant(node_id, name)]
            if not found:
                graph.node(top_level(node_id))
                raise GraphError("It is not locked.", node=node_id)
            for name in found:
                graph.set_lock(name, "")


def _written_out(
    graph: Graph, node_id: str, expansion: Expansion, keys: Mapping[str, str]
) -> list[str]:
    """The written-out nodes that are locked for a node that people name."""
    found = list(expansion.pulled(node_id))
    if not found:
        graph.node(top_level(node_id))
        raise GraphError(
            f"There is no node {node_id!r} inside.",
            node=node_id,
            remedy="A plan lists the nodes inside as they are written out.",
        )
    if swept := [name for name in found if "@" in name]:
        raise GraphError(
            f"The sweep gives it {len(swept)} results, one for each cell.",
            node=node_id,
            remedy="Take the axis off, run it, and lock it then.",
        )
    counted_by_runs = [f"{zone.zone}#" for _, zone in expansion.open]
    if any(name.startswith(tuple(counted_by_runs)) for name in found):
        # How often these run is known from what they made.
        found = [name for name in keys if _is_meant(node_id, name)] or found
    return found


def locked(graph: Graph) -> list[str]:
    """The ids of all that is locked, those inside instances and zones as they are written out."""
    found: list[str] = []
    for node in graph.nodes.values():
        found += [node.id] if node.lock else []
        found += [node.id + inside for inside in node.locks]
    return found


def _is_meant(node_id: str, flat_id: str) -> bool:
    """Whether a written-out node is `node_id`, one of its iterations, or inside of it."""
    return (
        node_id in (flat_id, _ITERATION.sub("", flat_id))
        or flat_id.startswith((f"{node_id}/", f"{node_id}#"))
    )  # fmt: skip
