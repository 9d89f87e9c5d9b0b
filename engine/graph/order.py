"""Orders of a graph by its links: iterative and linear, whatever its depth."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Protocol

from engine.graph.errors import CycleError


class Linked(Protocol):
    """A node, as far as these walks care: it names the nodes it reads."""

    def reads(self) -> Sequence[str]:
        """The nodes it reads, one for each link."""
        ...


def order(nodes: Mapping[str, Linked], targets: Iterable[str] | None = None) -> tuple[str, ...]:
    """Node ids with every node after those it reads; only what `targets` need, if given.

    Ties keep the order of `nodes`. Links to nodes that are not there don't count. Raises CycleError
    that names the cycle.
    """
    found, stuck = in_order(nodes, None if targets is None else upstream(nodes, targets))
    if stuck:
        raise CycleError(_cycle(nodes, stuck))
    return found


def in_order(
    nodes: Mapping[str, Linked], among: Collection[str] | None = None
) -> tuple[tuple[str, ...], set[str]]:
    """The nodes `among` which all they read is, in order; apart those in a cycle or below one."""
    waiting: dict[str, int] = {}
    readers: dict[str, list[str]] = {}
    ready: deque[str] = deque()
    for node_id, node in nodes.items():
        if among is not None and node_id not in among:
            continue
        count = 0
        for source in node.reads():
            if source in nodes:
                readers.setdefault(source, []).append(node_id)
                count += 1
        waiting[node_id] = count
        if not count:
            ready.append(node_id)
    found: list[str] = []
    while ready:
        done = ready.popleft()
        found.append(done)
        for reader in readers.get(done, ()):
            waiting[reader] -= 1
            if not waiting[reader]:
                ready.append(reader)
    stuck = waiting.keys() - set(found) if len(found) < len(waiting) else set[str]()
    return tuple(found), stuck


def upstream(nodes: Mapping[str, Linked], targets: Iterable[str]) -> set[str]:
    """These nodes and everything they depend on."""
    found: set[str] = set()
    stack = [node_id for node_id in targets if node_id in nodes]
    while stack:
        node_id = stack.pop()
        if node_id not in found:
            found.add(node_id)
            stack += [source for source in nodes[node_id].reads() if source in nodes]
    return found


def downstream(nodes: Mapping[str, Linked], starts: Iterable[str]) -> set[str]:
    """These nodes and everything that depends on them."""
    found = set(starts)
    if not found:
        return found
    readers: dict[str, list[str]] = {}
    for node_id, node in nodes.items():
        for source in node.reads():
            readers.setdefault(source, []).append(node_id)
    stack = list(found)
    while stack:
        for reader in readers.get(stack.pop(), ()):
            if reader not in found:
                found.add(reader)
                stack.append(reader)
    return found


def distances(nodes: Mapping[str, Linked], targets: Iterable[str]) -> dict[str, int]:
    """How many links lead from each node to the nearest of `targets`, for those above them."""
    found = {node_id: 0 for node_id in targets if node_id in nodes}
    queue = deque(found)
    while queue:
        node_id = queue.popleft()
        for source in nodes[node_id].reads():
            if source in nodes and source not in found:
                found[source] = found[node_id] + 1
                queue.append(source)
    return found


def _cycle(nodes: Mapping[str, Linked], stuck: set[str]) -> tuple[str, ...]:
    """A cycle among nodes that each wait for another: walk upstream until one comes again."""
    node_id = next(name for name in nodes if name in stuck)
    path: dict[str, None] = {}
    while node_id not in path:
        path[node_id] = None
        node_id = next(source for source in nodes[node_id].reads() if source in stuck)
    names = list(path)
    around = names[names.index(node_id) :][::-1]
    rank = list(nodes).index
    start = around.index(min(around, key=rank))
    return (*around[start:], *around[: start + 1])
