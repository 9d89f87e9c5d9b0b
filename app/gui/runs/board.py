"""How it stands with the nodes of one run or plan, summed up for those that people see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from app.gui.runs.names import told
from app.gui.status import NOTHING, NodeStatus, State

PLANNED: Mapping[str, State] = {"run": "needed", "cached": "cached", "locked": "cached"}
OVER: frozenset[State] = frozenset({"done", "cached", "failed", "blocked", "cancelled"})


@dataclass
class Board:
    """The status of each written-out node, and of the nodes that stand for several of them."""

    flat: dict[str, NodeStatus] = field(default_factory=dict[str, NodeStatus])
    _members: dict[str, dict[str, None]] = field(default_factory=dict[str, dict[str, None]])

    def put(self, flat_id: str, **changes: Any) -> None:
        """Change fields of a node's status."""
        if flat_id not in self.flat:
            for name in told(flat_id):
                self._members.setdefault(name, {})[flat_id] = None
        self.flat[flat_id] = replace(self.flat.get(flat_id, NOTHING), **changes)

    def plan(self, steps: Iterable[Mapping[str, Any]]) -> None:
        """Take in the steps of a plan; nodes that would run are `needed`."""
        for step in steps:
            state = PLANNED.get(step["state"], "")
            took = step["seconds"] if state == "cached" else None
            cost = {"expected": step["seconds"], "seconds": took}
            held = (step.get("memory") or {}).get("words", "")
            self.put(step["node"], state=state, why=step["why"], held=held, **cost)

    def begin(self, steps: Iterable[Mapping[str, Any]]) -> None:
        """Take in the plan of a run that begins: what will run waits."""
        self.plan(steps)
        for flat_id, status in self.flat.items():
            if status.state == "needed":
                self.put(flat_id, state="waiting")

    def take(self, event: Mapping[str, Any]) -> tuple[str, ...]:
        """Take in an event of a node; the nodes that look different now."""
        node = event["node"]
        match event["event"]:
            case "started":
                self.put(node, state="running", step=0, total=0, text="", error="")
            case "progress":
                text = event["text"]
                steps = {} if text else {"step": event["step"], "total": event["total"]}
                self.put(node, text=text, **steps)
            case "produced":
                files = tuple(event["files"])
                cost = {"seconds": event["seconds"], "memory": event.get("memory")}
                self.put(node, state="done", live=False, files=files, **cost)
            case "cached":
                self.put(node, state="cached", files=tuple(event["files"]))
            case "failed":
                self.put(node, state="failed", live=False, error=event["error"])
            case "blocked":
                self.put(node, state="blocked", why=event["by"])
            case "cancelled":
                self.put(node, state="cancelled", live=False)
            case _:
                return ()
        return told(node)

    def names(self) -> Iterable[str]:
        """All nodes there is something to say of."""
        return self._members.keys()

    def status(self, name: str) -> NodeStatus:
        """How it stands with a node that people see."""
        members = self._members.get(name)
        if not members:
            return NOTHING
        found = [self.flat[flat_id] for flat_id in members]
        return found[0] if list(members) == [name] else _summed(found)

    def counts(self) -> tuple[int, int]:
        """How many of the nodes that run in this run are over, and how many they are."""
        ran = [item for item in self.flat.values() if item.state and item.state != "cached"]
        return sum(item.state in OVER for item in ran), len(ran)


def _summed(found: list[NodeStatus]) -> NodeStatus:
    """What several nodes come to together."""
    counted = [item for item in found if item.state]
    if not counted:
        return found[0]
    over = sum(item.state in OVER for item in counted)
    seconds = [item.seconds for item in found if item.seconds is not None]
    expected = [item.expected for item in found if item.expected is not None]
    memory = [item.memory for item in found if item.memory is not None]
    state = _state({item.state for item in counted})
    first = next((item for item in counted if item.state == state), counted[0])
    return NodeStatus(
        state=state,
        step=over,
        total=len(counted),
        text=next((item.text for item in counted if item.state == "running"), ""),
        seconds=sum(seconds) if seconds else None,
        memory=max(memory, default=None),
        expected=sum(expected) if expected else None,
        why=first.why,
        error=next((item.error for item in counted if item.error), ""),
        files=tuple(file for item in found for file in item.files),
        held=first.held,
    )


def _state(states: set[State]) -> State:
    for state in ("failed", "running"):
        if state in states:
            return state
    if "waiting" in states:
        return "running" if states & {"done"} else "waiting"
    for state in ("blocked", "cancelled", "needed", "done"):
        if state in states:
            return state
    return "cached"
