"""How far a run is, as the bar and the queue panel show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True)
class Running:
    """A run that is under way: the nodes that are over, and all that run.

    `node` is the one that runs, and `step` of its `steps` is done, where it tells. `began` is in
    seconds of `time.monotonic`; `expected` the seconds it should take, None for unknown.
    """

    run: str
    name: str
    began: float
    over: int = 0
    total: int = 0
    node: str = ""
    step: int = 0
    steps: int = 0
    expected: float | None = None

    @property
    def share(self) -> float | None:
        """How much of it is done, 0…1; None while that is not known."""
        if not self.total:
            return None
        inside = self.step / self.steps if self.steps else 0.0
        return min((self.over + inside) / self.total, 1.0)

    def planned(self, steps: Iterable[Mapping[str, Any]]) -> Running:
        """With what the plan says that is to run."""
        known = [step["seconds"] for step in steps if step["state"] == "run"]
        expected = sum(known) if known and None not in known else None
        return replace(self, expected=expected, total=len(known))

    def after(self, event: Mapping[str, Any]) -> Running:
        """With what an event says."""
        match event["event"]:
            case "started":
                return replace(self, node=event["node"], step=0, steps=0)
            case "progress" if event["node"] == self.node and not event["text"]:
                return replace(self, step=event["step"], steps=event["total"])
            case "produced" | "failed" | "blocked":
                over = min(self.over + 1, self.total)
                if event["node"] != self.node:
                    return replace(self, over=over)
                return replace(self, over=over, step=0, steps=0)
            case _:
                return self
