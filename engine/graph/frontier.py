"""How far a run has come: which nodes wait for what, which are ready, and which of these is next.

Plain bookkeeping without threads; `Run` calls it under its lock. Of the ready nodes that can run at
one place, first come those whose models are resident, then those nearest to a requested output,
then those that free most bytes, then those that come first in the order of links.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import NamedTuple

from engine.graph.graph import Graph
from engine.graph.order import distances
from engine.graph.spec import Place

WINDOW = 16  # ready nodes that are compared with one another


class _Ready(NamedTuple):
    distance: int  # links to the nearest requested output
    rank: int  # in the order of links
    node: str


class Frontier:
    """The nodes between what is there and what is wanted.

    `order` lists the nodes, each after those it reads; `places` says where each runs. `fit` gives 0
    for a node whose models are resident, more for others; `size` the bytes of a node's result.
    """

    def __init__(
        self,
        graph: Graph,
        outputs: Collection[str],
        order: Iterable[str],
        places: Mapping[str, Place],
        fit: Callable[[str], int],
        size: Callable[[str], int],
    ) -> None:
        self.waiting: dict[str, set[str]] = {}  # node still to be done → what it waits for
        self.running: set[str] = set()
        self._readers: dict[str, set[str]] = {}  # node → those still to be done that read it
        self._behind: dict[str, list[str]] = {}  # node → those that are held until it is done
        self._ready: dict[Place, list[_Ready]] = {"device": [], "cpu": [], "io": []}
        self._graph = graph
        self._outputs = frozenset(outputs)
        self._places = places
        self._fit = fit
        self._size = size
        far = distances(graph.nodes, outputs)
        self._rank = {
            node_id: _Ready(far.get(node_id, 0), place, node_id)
            for place, node_id in enumerate(order)
        }

    def demand(self, node_ids: Iterable[str], is_there: Callable[[str], bool]) -> None:
        """Put nodes on the list, and all above them whose values can't be had."""
        stack = list(node_ids)
        while stack:
            node_id = stack.pop()
            if node_id in self.waiting:
                continue
            waits: set[str] = set()
            for source in self._graph.nodes[node_id].sources():
                self._readers.setdefault(source.node, set()).add(node_id)
                if source.node not in waits and not is_there(source.node):
                    waits.add(source.node)
                    stack.append(source.node)
            self.waiting[node_id] = waits
            if not waits:
                self._push(node_id)

    def is_read(self, node_id: str) -> bool:
        """Whether a node still to be done reads this one."""
        return bool(self._readers.get(node_id))

    def take(self, place: Place) -> str:
        """The node to run next at a place, which then counts as running; "" when none is ready."""
        heap = self._ready[place]
        if not heap:
            return ""
        best = 0
        if len(heap) > 1:
            best = min(range(min(len(heap), WINDOW)), key=lambda index: self._worth(heap[index]))
        found = heap[best]
        if best:
            heap[best] = heap[-1]
            heap.pop()
            heapq.heapify(heap)
        else:
            heapq.heappop(heap)
        self.running.add(found.node)
        return found.node

    def upcoming(self, node_id: str) -> str:
        """The device's node after `node_id`, as far as can be told; "" when it can't."""
        heap = self._ready["device"]
        if heap:
            return min(heap[:WINDOW], key=self._worth).node
        below = [
            self._rank[reader]
            for reader in self._readers.get(node_id, ())
            if self.waiting.get(reader) == {node_id} and self._places[reader] == "device"
        ]
        return min(below).node if below else ""

    def settle(self, node_id: str) -> list[str]:
        """A node is done: wake what waits for it. Returns the nodes that nobody reads any more."""
        self._finish(node_id)
        for reader in self._readers.get(node_id, ()):
            waits = self.waiting.get(reader)
            if waits and node_id in waits:
                waits.discard(node_id)
                if not waits:
                    self._push(reader)
        unread = [] if self.is_read(node_id) else [node_id]
        return unread + self._stop_reading([node_id])

    def fail(self, node_id: str) -> tuple[list[str], list[str]]:
        """A node failed: what reads it is blocked, and what only those would read is not needed.

        Returns the blocked nodes, and the nodes that nobody reads any more.
        """
        self._finish(node_id)
        blocked: list[str] = []
        stack = [node_id]
        while stack:
            for reader in sorted(self._readers.get(stack.pop(), ())):
                if reader in self.waiting and reader not in self.running:
                    del self.waiting[reader]
                    blocked.append(reader)
                    stack.append(reader)
        unread = self._stop_reading([node_id, *blocked])
        for heap in self._ready.values():
            heap[:] = [item for item in heap if item.node in self.waiting]
            heapq.heapify(heap)
        return blocked, unread

    def again(self, node_id: str, source: str, is_there: Callable[[str], bool]) -> None:
        """A running node found that what it reads is lost: it goes back to wait for that."""
        self.running.discard(node_id)
        self._wake(node_id)
        if is_there(source):
            self._push(node_id)
            return
        self.waiting[node_id] = {source}
        self.demand([source], is_there)

    def hold(self, node_id: str, behind: str) -> None:
        """Set a running node back until another one is done, whose result may be its own."""
        self.running.discard(node_id)
        self._behind.setdefault(behind, []).append(node_id)

    def unfinished(self) -> list[str]:
        """The nodes that are still to be done, in the order of links."""
        return sorted(self.waiting, key=lambda node_id: self._rank[node_id].rank)

    def _worth(self, item: _Ready) -> tuple[int, int, int, int]:
        freed = sum(
            self._size(source)
            for source in {*self._graph.nodes[item.node].reads()}
            if self._readers[source] == {item.node} and source not in self._outputs
        )
        return self._fit(item.node), item.distance, -freed, item.rank

    def _push(self, node_id: str) -> None:
        heapq.heappush(self._ready[self._places[node_id]], self._rank[node_id])

    def _finish(self, node_id: str) -> None:
        del self.waiting[node_id]
        self.running.discard(node_id)
        self._wake(node_id)

    def _wake(self, node_id: str) -> None:
        for held in self._behind.pop(node_id, ()):
            if held in self.waiting:
                self._push(held)

    def _stop_reading(self, node_ids: Iterable[str]) -> list[str]:
        """Forget what these nodes read; what is then unread, and, if it waits, not needed."""
        unread: list[str] = []
        stack = list(node_ids)
        while stack:
            node_id = stack.pop()
            for source in self._graph.nodes[node_id].reads():
                readers = self._readers.get(source)
                if not readers or node_id not in readers:
                    continue
                readers.discard(node_id)
                if readers:
                    continue
                unread.append(source)
                idle = source in self.waiting and source not in self.running
                if idle and source not in self._outputs:
                    del self.waiting[source]
                    stack.append(source)
        return unread
