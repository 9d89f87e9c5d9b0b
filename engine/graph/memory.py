"""The memory tier: values under a byte budget, the cheapest to make again per byte let go first."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

OVERHEAD = 256  # bytes counted for an entry besides its values


@dataclass(slots=True)
class _Held:
    values: Mapping[str, Any]
    size: int
    worth: float  # seconds to make it again, per byte
    priority: float


class MemoryTier:
    """Values by entry, evicted by GreedyDual-Size (Cao and Irani, 1997).

    Each entry's priority is the tier's clock plus its seconds-to-recompute per byte. The lowest is
    evicted and the clock moves up to it, so that what is not used again grows old. Entries in
    `pinned` stay, whatever comes.
    """

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self.size = 0
        self.pinned: Collection[str] = frozenset()
        self._clock = 0.0
        self._held: dict[str, _Held] = {}
        self._heap: list[tuple[float, str]] = []

    def __contains__(self, name: str) -> bool:
        return name in self._held

    def __len__(self) -> int:
        return len(self._held)

    def get(self, name: str) -> Mapping[str, Any] | None:
        """The values of an entry, which counts as a use of it."""
        held = self._held.get(name)
        if held is None:
            return None
        held.priority = self._clock + held.worth
        return held.values

    def peek(self, name: str) -> Mapping[str, Any] | None:
        """The values of an entry, without counting as a use of it."""
        held = self._held.get(name)
        return held.values if held else None

    def put(self, name: str, values: Mapping[str, Any], size: int, seconds: float) -> None:
        """Hold values of `size` bytes that took `seconds` to make; others may have to go.

        Values that are larger than the budget, or than what is not pinned of it, are not held.
        """
        self.drop(name)
        size += OVERHEAD
        if size > self.budget:
            return
        while self.size + size > self.budget:
            if not self._evict():
                return
        worth = seconds / size
        held = _Held(values, size, worth, self._clock + worth)
        self._held[name] = held
        self.size += size
        heapq.heappush(self._heap, (held.priority, name))

    def drop(self, name: str) -> None:
        """Let an entry go."""
        if held := self._held.pop(name, None):
            self.size -= held.size

    def _evict(self) -> bool:
        """Drop the entry of lowest priority; False when there is none that may go.

        The heap may hold outdated priorities.
        """
        passed: list[tuple[float, str]] = []
        victim = ""
        while self._heap and not victim:
            priority, name = heapq.heappop(self._heap)
            held = self._held.get(name)
            if held is None:
                continue
            if held.priority > priority:
                heapq.heappush(self._heap, (held.priority, name))
            elif name in self.pinned:
                passed.append((priority, name))
            else:
                self._clock, victim = priority, name
        for item in passed:
            heapq.heappush(self._heap, item)
        if victim:
            self.drop(victim)
        return bool(victim)
