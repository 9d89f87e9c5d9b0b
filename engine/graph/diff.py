"""What differs between two workflows, in the words of somebody who edits them.

"denoise.guidance: 7.5 → 6.0", not lines of JSON. Where nodes are on the canvas counts only when it
is asked for.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from engine.graph.graph import SUBGRAPH, Graph, Node, Source
from engine.graph.sweep import Axis, to_json

Sort = Literal[
    "added", "removed", "renamed", "type", "version", "param", "link", "zone", "state", "lock",
    "outputs", "sweep", "view",
]  # fmt: skip

SHOWN = 60  # longer values are shown around the place where they begin to differ
BEFORE = 20  # how much of what they have in common is shown before that place


@dataclass(frozen=True)
class Change:
    """One difference at `node` (and its `field`), before and after.

    These are JSON texts of parameters and axes (None: not given), lists of `node.port` or of
    outputs, node types, versions, zones, states and locks, or what the canvas keeps. Nodes inside a
    subgraph are called `subgraph:name/node`, the subgraph itself `subgraph:name`.
    """

    sort: Sort
    node: str
    field: str = ""
    before: Any = None
    after: Any = None

    def __str__(self) -> str:
        where = f"{self.node}.{self.field}" if self.field else self.node
        match self.sort:
            case "added":
                return f"{where} added ({self.after})"
            case "removed":
                return f"{where} removed ({self.before})"
            case "renamed":
                return f"{self.before} renamed to {self.after}"
            case "type":
                return f"{where} was {self.before}, now is {self.after}"
            case "link":
                return f"{where}: {_link(self.before)} → {_link(self.after)}"
            case "view":
                return f"{where}: {_placed(self.before, self.after)}"
            case "version":
                return f"{where}: version {self.before} → {self.after}"
            case "outputs":
                return f"outputs: {_names(self.before)} → {_names(self.after)}"
            case "zone":
                return f"{where}: from {self.before or 'no zone'} to {self.after or 'no zone'}"
            case "state":
                return f"{where} {self.after or f'is no longer {self.before}'}"
            case "lock":
                kept = "locked to another result" if self.before else "locked to its result"
                return f"{where} {kept if self.after else 'unlocked'}"
            case "param" | "sweep":
                before, after = _shown(self.before, self.after)
                swept = "sweep of " if self.sort == "sweep" else ""
                return f"{swept}{where}: {before} → {after}"


@dataclass(frozen=True)
class Diff:
    """All differences: nodes that came and went first, then node by node."""

    changes: tuple[Change, ...]

    def __bool__(self) -> bool:
        return bool(self.changes)

    def text(self) -> str:
        """A line for each difference."""
        return "\n".join(map(str, self.changes))

    def as_data(self) -> list[dict[str, Any]]:
        """The differences as JSON data, each with its line of text."""
        return [{**asdict(change), "text": str(change)} for change in self.changes]


def diff(before: Graph, after: Graph, *, view: bool = False) -> Diff:
    """What has to be done to `before` to make it `after`; with `view` also on the canvas.

    A node that has another name but the same type, parameters and wires counts as renamed, and the
    wires from it as the same ones. The order of nodes does not count.
    """
    changes = list(_differences(before, after, view))
    for name in dict.fromkeys([*before.definitions, *after.definitions]):
        node = f"{SUBGRAPH}{name}"
        old, new = before.definitions.get(name), after.definitions.get(name)
        if old is None or new is None:
            sort: Sort = "removed" if new is None else "added"
            changes.append(Change(sort, node, "", old and "subgraph", new and "subgraph"))
            continue
        inside = _differences(old.body(), new.body(), view)
        changes += [replace(change, node=f"{node}/{change.node}") for change in inside]
    return Diff(tuple(changes))


def _differences(before: Graph, after: Graph, view: bool) -> Iterator[Change]:
    """What differs between two graphs, their subgraphs aside."""
    renamed = _renamed(before, after)
    for old, new in renamed.items():
        yield Change("renamed", new, "", old, new)
    old_nodes = {
        renamed.get(node.id, node.id): _followed(node, renamed) for node in before.nodes.values()
    }
    for name, node in old_nodes.items():
        if name not in after.nodes:
            yield Change("removed", name, "", node.type, None)
    for name, node in after.nodes.items():
        if name not in old_nodes:
            yield Change("added", name, "", None, node.type)
    for name, node in after.nodes.items():
        yield from _changes(old_nodes.get(name), node)
    outputs = [renamed.get(name, name) for name in before.outputs]
    if sorted(outputs) != sorted(after.outputs):
        yield Change("outputs", "", "", outputs, list(after.outputs))
    yield from _axes(before, after, renamed)
    if view:
        old_view = {renamed.get(name, name): place for name, place in before.view.items()}
        for name in dict.fromkeys([*old_view, *after.view]):
            if not _same(old_view.get(name), after.view.get(name)):
                yield Change("view", name, "", old_view.get(name), after.view.get(name))


def _axes(before: Graph, after: Graph, renamed: Mapping[str, str]) -> Iterator[Change]:
    """What differs between sweeps; the order of the axes is the order of the grid, so it counts."""
    old = {
        str(_moved(Source.parse(target), renamed)): replace(
            axis, along=axis.along and str(_moved(Source.parse(axis.along), renamed))
        )
        for target, axis in before.sweep.items()
    }
    for target in dict.fromkeys([*old, *after.sweep]):
        end = Source.parse(target)
        texts = [_axis(axes.get(target)) for axes in (old, after.sweep)]
        if texts[0] != texts[1]:
            yield Change("sweep", end.node, end.port, *texts)
    if list(old) != list(after.sweep) and old.keys() == after.sweep.keys():
        order = [json.dumps(list(axes)) for axes in (old, after.sweep)]
        yield Change("sweep", "", "order", *order)


def _axis(axis: Axis | None) -> str | None:
    return None if axis is None else json.dumps(to_json(axis), ensure_ascii=False)


def _changes(old: Node | None, new: Node) -> Iterator[Change]:
    """What is different at one node; for an added one, what it is given."""
    if old is None:
        old = replace(new, params={}, inputs={}, zone="", state="", lock="", locks={})
    if old.type != new.type:
        yield Change("type", new.id, "", old.type, new.type)
    elif old.version != new.version:
        yield Change("version", new.id, "", old.version, new.version)
    for name in dict.fromkeys([*old.params, *new.params]):
        before, after = old.params.get(name), new.params.get(name)
        if (name in old.params) != (name in new.params) or not _same(before, after):
            yield Change("param", new.id, name, _given(old, name), _given(new, name))
    for port in dict.fromkeys([*old.inputs, *new.inputs]):
        ends = [list(map(str, node.inputs.get(port, ()))) for node in (old, new)]
        if ends[0] != ends[1]:
            yield Change("link", new.id, port, *ends)
    if old.zone != new.zone:
        yield Change("zone", new.id, "", old.zone, new.zone)
    if old.state != new.state:
        yield Change("state", new.id, "", old.state, new.state)
    locks = {"": (old.lock, new.lock)} | {
        inside: (old.locks.get(inside, ""), new.locks.get(inside, ""))
        for inside in dict.fromkeys([*old.locks, *new.locks])
    }
    for inside, (before, after) in locks.items():
        if before != after:
            yield Change("lock", new.id + inside, "", before, after)


def _given(node: Node, name: str) -> str | None:
    """The JSON text of a parameter, None where the node does not have it."""
    return json.dumps(node.params[name], ensure_ascii=False) if name in node.params else None


def _same(first: Any, second: Any) -> bool:
    """Whether two JSON values are the same; 1 and true are not, 1 and 1.0 are."""
    if isinstance(first, bool) or isinstance(second, bool):
        return first is second
    if isinstance(first, list | dict) or isinstance(second, list | dict):
        return json.dumps(first, sort_keys=True) == json.dumps(second, sort_keys=True)
    return first == second


def _renamed(before: Graph, after: Graph) -> dict[str, str]:
    """Nodes that went, by name, and those that came in their place with another name.

    Wires are compared by what they come from under its new name, so a chain of renamed nodes is
    followed from its beginning on.
    """
    found: dict[str, str] = {}
    gone = [node for name, node in before.nodes.items() if name not in after.nodes]
    new = {name: node for name, node in after.nodes.items() if name not in before.nodes}
    progress = True
    while progress:
        progress = False
        for node in gone:
            if node.id in found:
                continue
            wanted = _followed(node, found)
            alike = [name for name, other in new.items() if _alike(wanted, other)]
            rivals = [
                other
                for other in gone
                if other.id not in found and _alike(_followed(other, found), wanted)
            ]
            if len(alike) == 1 and len(rivals) == 1:
                found[node.id] = alike[0]
                del new[alike[0]]
                progress = True
    return found


def _alike(one: Node, other: Node) -> bool:
    return replace(one, id=other.id) == other


def _followed(node: Node, renamed: Mapping[str, str]) -> Node:
    """The node with its wires from where renamed nodes now are, in the zone as it is now called."""
    inputs = {
        port: tuple(_moved(end, renamed) for end in ends) for port, ends in node.inputs.items()
    }
    return replace(node, inputs=inputs, zone=renamed.get(node.zone, node.zone))


def _moved(end: Source, renamed: Mapping[str, str]) -> Source:
    return Source(renamed.get(end.node, end.node), end.port)


def _link(ends: Iterable[str]) -> str:
    return ", ".join(ends) or "nothing"


def _names(names: Iterable[str]) -> str:
    return ", ".join(names) or "every final node"


def _placed(before: Any, after: Any) -> str:
    if before is None:
        return "placed on the canvas"
    return "its place was forgotten" if after is None else "moved or changed on the canvas"


def _shown(before: str | None, after: str | None) -> tuple[str, str]:
    """Two values for one line: long ones around the place where they begin to differ."""
    first, second = before or "not given", after or "not given"
    if max(len(first), len(second)) <= SHOWN:
        return first, second
    same = next(
        (place for place, (a, b) in enumerate(zip(first, second, strict=False)) if a != b),
        min(len(first), len(second)),
    )
    start = max(0, same - BEFORE)
    return _window(first, start), _window(second, start)


def _window(text: str, start: int) -> str:
    if len(text) <= SHOWN:
        return text
    end = start + SHOWN
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")
