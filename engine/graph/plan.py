"""What would run, and why: as data and as text, without running anything.

Why a node runs is told as a difference from the last run's record: see `why`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from engine.graph.cache import Entry
from engine.graph.graph import Graph, Link, Node
from engine.graph.keys import Recipe
from engine.graph.prefetch import Outlook
from engine.graph.problems import Problem
from engine.graph.report import conversions_data
from engine.graph.types import Conversion
from engine.graph.why import Record, differences, nearest

State = Literal["run", "cached", "unneeded", "locked", "left out"]


@dataclass(frozen=True)
class Step:
    """What would happen at one node.

    `unneeded`: its result is not kept, and everything that reads it is there already. `locked`: it
    keeps the result it was locked to. `left out`: it, or all that it reads, is muted or bypassed.
    `seconds` is what it took before, None when that is not known. `memory` is how its models would
    be held, None where it has none, or the plan was not asked to say.
    """

    node: str
    type: str
    state: State
    why: str
    key: str
    seconds: float | None = None
    memory: Outlook | None = None


@dataclass(frozen=True)
class Plan:
    """The steps for the requested nodes, in an order that respects links.

    `notes` say what can't be told before something has run, `elsewhere` what is wrong in parts that
    the outputs don't need; `conversions` are made on the links of the workflow.
    """

    outputs: tuple[str, ...]
    steps: tuple[Step, ...]
    entries: Mapping[str, Entry] = field(default_factory=dict[str, Entry])
    models: Mapping[str, str] = field(default_factory=dict[str, str])
    notes: tuple[str, ...] = ()
    elsewhere: tuple[Problem, ...] = ()
    conversions: Mapping[Link, Conversion] = field(default_factory=dict[Link, Conversion])

    @property
    def runs(self) -> tuple[str, ...]:
        """The nodes that would run."""
        return tuple(step.node for step in self.steps if step.state == "run")

    @property
    def seconds(self) -> float:
        """What the nodes to run took before, as far as it is known."""
        return sum(step.seconds or 0.0 for step in self.steps if step.state == "run")

    def text(self) -> str:
        """A line for each step, then a summary."""
        width = max((len(step.node) for step in self.steps), default=0)
        lines = [f"{step.state:<9}{step.node:<{width}}  {step.why}".rstrip() for step in self.steps]
        for name, found in self.models.items():
            lines.append(f"model    {name}  {found}")
        lines += [f"memory   {s.node:<{width}}  {s.memory.words}" for s in self.steps if s.memory]
        lines += [f"convert  {link}  {way}" for link, way in self.conversions.items()]
        lines += [f"note     {note}" for note in self.notes]
        runs = len(self.runs)
        lines.append(f"{runs} of {len(self.steps)} nodes to run{self._expected()}")
        return "\n".join(lines)

    def _expected(self) -> str:
        """How long the nodes to run take, as far as they ran before."""
        if not self.seconds:
            return ""
        new = sum(step.state == "run" and step.seconds is None for step in self.steps)
        beside = f", and {new} that did not run before" if new else ""
        return f", about {self.seconds:.1f} s{beside}"

    def as_data(self) -> dict[str, Any]:
        """The plan as JSON data."""
        return {
            "outputs": list(self.outputs),
            "seconds": self.seconds,
            "steps": [asdict(step) for step in self.steps],
            "models": dict(self.models),
            "notes": list(self.notes),
            "elsewhere": [asdict(problem) for problem in self.elsewhere],
            "conversions": conversions_data(self.conversions),
        }


def make_plan(
    graph: Graph,
    outputs: tuple[str, ...],
    recipes: Mapping[str, Recipe],
    entries: Mapping[str, Entry],
    stale: Callable[[Entry], str],
    environment: Mapping[str, str],
    last: Record,
    models: Mapping[str, str] | None = None,
) -> Plan:
    """Plan the requested nodes.

    `recipes` covers them and all above them, in order; `entries` are the kept results by key;
    `stale` says why an entry no longer holds, "" when it does; `last` is what `record` gave for
    the last run, or empty. Early cut-off may spare some of the steps that say "run".
    """
    held: dict[str, Entry] = {}
    gone: dict[str, str] = {}
    for node_id, recipe in recipes.items():
        if entry := entries.get(recipe.key):
            if reason := "" if graph.nodes[node_id].lock else stale(entry):
                gone[node_id] = reason
            else:
                held[node_id] = entry
    needed = set(outputs)
    for node_id in reversed(tuple(recipes)):
        if node_id in needed and node_id not in held:
            needed.update(source.node for source in graph.nodes[node_id].sources())
    before = nearest(graph, recipes, last.get("nodes", {}))
    causes = differences(graph, recipes, environment, last.get("environment", environment), before)
    steps: list[Step] = []
    for node_id, recipe in recipes.items():
        node = graph.nodes[node_id]
        kept: State = "cached" if node_id in held else "unneeded"
        state: State = "run" if node_id in needed and node_id not in held else kept
        why = ""
        if node.lock:
            state, why = "locked", "it keeps this result whatever its inputs are"
        elif state == "run":
            why = gone.get(node_id) or causes[node_id] or "its result is no longer kept"
        seconds = before[node_id]["seconds"] if node_id in before else None
        steps.append(Step(node_id, node.type, state, why, recipe.key, seconds))
    return Plan(outputs, tuple(steps), held, models or {})


def left_out(graph: Graph, among: Collection[str], reasons: Mapping[str, str]) -> list[Step]:
    """A step for each node of `among` that takes no part, with the reason."""
    return [
        Step(node_id, graph.nodes[node_id].type, "left out", reason, "")
        for node_id, reason in reasons.items()
        if node_id in among
    ]


def record(
    environment: Mapping[str, str],
    recipes: Mapping[str, Recipe],
    graph: Graph,
    seconds: Mapping[str, float],
    before: Record,
) -> Record:
    """What the next plan compares with: the nodes in `seconds` anew, the others as before."""
    nodes = {
        node_id: _node_record(graph.nodes[node_id], recipes[node_id], taken)
        for node_id, taken in seconds.items()
    }
    return {"environment": dict(environment), "nodes": {**before.get("nodes", {}), **nodes}}


def _node_record(node: Node, recipe: Recipe, seconds: float) -> Record:
    return {
        "key": recipe.key,
        "type": node.type,
        "version": node.version,
        "params": dict(recipe.params),
        "files": dict(recipe.files),
        "sources": {port: list(ends) for port, ends in recipe.sources.items()},
        "folder": recipe.folder,
        "seconds": seconds,
    }
