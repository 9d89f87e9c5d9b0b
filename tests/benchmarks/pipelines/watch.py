"""What the nodes of a run took, and what was left for the executor."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from engine.graph.events import Event, Produced, Started

Span = tuple[float, float]


class Watch:
    """Listens to one run: `spans` are when each node's function began and ended, in seconds."""

    def __init__(self) -> None:
        self.spans: dict[str, Span] = {}
        self._began: dict[str, float] = {}

    def __call__(self, event: Event) -> None:
        if isinstance(event, Started):
            self._began[event.node] = time.perf_counter()
        if isinstance(event, Produced):
            began = self._began[event.node]
            self.spans[event.node] = began, began + event.seconds

    def report(self, whole: float) -> dict[str, Any]:
        """Of a run that took `whole` seconds: what each node took, and how long none was at work:
        planning, keys, digests, keeping results in memory and on disk.
        """
        nodes = {name: end - began for name, (began, end) in self.spans.items()}
        return {"whole": whole, "nodes": nodes, "between": whole - covered(self.spans.values())}


def covered(spans: Iterable[Span]) -> float:
    """How long at least one of several spans lasts."""
    total, until = 0.0, float("-inf")
    for began, end in sorted(spans):
        total += max(0.0, end - max(began, until))
        until = max(until, end)
    return total
