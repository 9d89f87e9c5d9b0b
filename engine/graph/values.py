"""What the nodes of a run have given: values that others still read, and results that are kept."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from engine.graph.cache import Cache, Entry, Lost
from engine.graph.graph import Node, Source


class MissingError(Exception):
    """The value of `node` is needed and is nowhere."""

    def __init__(self, node: str) -> None:
        super().__init__(node)
        self.node = node


class Values:
    """Results by node, `entries` as the cache has them, and the values in hand.

    `lock` is that of the run, and reentrant; nobody holds it while a value is read from a disk.
    """

    def __init__(
        self, cache: Cache, entries: Mapping[str, Entry], lock: threading.Condition
    ) -> None:
        self.entries: dict[str, Entry] = dict(entries)
        self._cache = cache
        self._lock = lock
        self._in_hand: dict[str, Mapping[str, Any]] = {}
        self._lost: set[str] = set()

    def of(self, node_id: str) -> Mapping[str, Any]:
        """The values of a node that ran or is kept, by port; KeyError or Lost otherwise."""
        with self._lock:
            found = self._in_hand.get(node_id)
            if found is not None:
                return found
            entry = self.entries[node_id]
        return self._cache.load(entry)

    def needed(self, node_id: str) -> Mapping[str, Any]:
        """The values of a node, by port; MissingError when they are lost."""
        try:
            return self.of(node_id)
        except (KeyError, Lost):
            raise MissingError(node_id) from None

    def known(self, source: Source) -> Any:
        """What a port holds, None when that is nowhere."""
        try:
            return self.of(source.node).get(source.port)
        except (KeyError, Lost):
            return None

    def at_hand(self, source: Source) -> Any:
        """What a port holds if that is in memory, else None."""
        values = self._in_hand.get(source.node)
        if values is None and (entry := self.entries.get(source.node)):
            values = self._cache.at_hand(entry)
        return None if values is None else values.get(source.port)

    def digests(self, node: Node, ports: Iterable[str]) -> dict[str, tuple[str, ...]]:
        """The content digests of what these inputs of a node read.

        MissingError when anything that the node reads is lost.
        """
        with self._lock:
            for name in node.reads():
                if name not in self.entries:
                    raise MissingError(name)
            return {
                port: tuple(
                    self.entries[source.node].digests[source.port] for source in node.inputs[port]
                )
                for port in ports
            }

    def is_there(self, node_id: str) -> bool:
        """Whether a node's values can be had."""
        if node_id in self._in_hand:
            return True
        entry = self.entries.get(node_id)
        return entry is not None and self._cache.holds(entry)

    def size(self, node_id: str) -> int:
        """The bytes of a node's result, 0 when there is none."""
        entry = self.entries.get(node_id)
        return entry.size if entry else 0

    def files(self, node_ids: Iterable[str]) -> list[Path]:
        """What these nodes wrote, in this run or in the one that their result is kept from."""
        entries = [self.entries[node_id] for node_id in node_ids if node_id in self.entries]
        return [Path(file.path) for entry in entries for file in entry.files]

    def hold(self, node_id: str, values: Mapping[str, Any]) -> None:
        """Have values in hand until they are left."""
        with self._lock:
            self._in_hand[node_id] = values

    def leave(self, node_ids: Iterable[str]) -> None:
        """Leave values to the cache."""
        for node_id in node_ids:
            self._in_hand.pop(node_id, None)

    def fetch(self, node_id: str) -> bool:
        """Have the values of a kept result in hand; False when they are lost, and so not kept."""
        try:
            self.hold(node_id, self.of(node_id))
        except Lost:
            self.forget(node_id)
            return False
        return True

    def forget(self, node_id: str) -> None:
        """A node's result is not kept after all."""
        with self._lock:
            if entry := self.entries.pop(node_id, None):
                self._cache.drop(entry)

    def lose(self, node_id: str) -> None:
        """A value of the node was needed and was not there, though its result was kept."""
        with self._lock:
            self._lost.add(node_id)
            if not self.is_there(node_id):
                self.forget(node_id)

    def was_lost(self, node_id: str) -> bool:
        """Whether a value of the node was ever found to be lost, which may happen again."""
        return node_id in self._lost
