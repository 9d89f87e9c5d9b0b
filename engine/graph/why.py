"""Why a node runs: the nearest difference from what the last run recorded.

"guidance 7.5 → 6.0 two nodes up at denoise".
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.graph.graph import Graph, Node
from engine.graph.keys import Recipe

Record = dict[str, Any]
KIN = 64  # records of cells that a node is compared with
SHOWN = 40  # characters of a value
LEAD = 12  # of these, how many that did not change stand before the first that did


@dataclass(frozen=True)
class _Cause:
    """Why a node is not what it was: a difference at some node, so many links up."""

    text: str
    node: str
    distance: int

    def seen_from_below(self) -> _Cause:
        return _Cause(self.text, self.node, self.distance + 1)

    def __str__(self) -> str:
        if not self.distance:
            return self.text
        nodes = "one node" if self.distance == 1 else f"{_number(self.distance)} nodes"
        return f"{self.text} {nodes} up at {self.node}"


def differences(
    graph: Graph,
    recipes: Mapping[str, Recipe],
    environment: Mapping[str, str],
    environment_before: Mapping[str, str],
    last: Mapping[str, Record],
) -> dict[str, str]:
    """For each node the nearest difference from its record in `last`, "" when there is none."""
    found: dict[str, _Cause] = {}
    around = _changes(environment_before, environment)
    for node_id, recipe in recipes.items():
        before = last.get(node_id)
        node = graph.nodes[node_id]
        if node.lock or (before and before["key"] == recipe.key):
            continue
        own = "it has not run before" if before is None else _difference(node, recipe, before)
        own = own or around
        if own:
            found[node_id] = _Cause(own, node_id, 0)
            continue
        above = [found[source.node] for source in node.sources() if source.node in found]
        if above:
            found[node_id] = min(above, key=lambda cause: cause.distance).seen_from_below()
        else:  # what is above ran without it meanwhile, or for another cell
            found[node_id] = _Cause("it last ran on other inputs", node_id, 0)
    texts = {node_id: str(cause) for node_id, cause in found.items()}
    return {node_id: texts.get(node_id, "") for node_id in recipes}


def nearest(
    graph: Graph, recipes: Mapping[str, Recipe], last: Mapping[str, Record]
) -> dict[str, Record]:
    """The record to compare each node with: its own, else that of the most similar one among cells.

    So a node that ran alone is compared with its cells in a sweep, and the other way round.
    """
    found: dict[str, Record] = {}
    kin: dict[str, list[Record]] = {}
    for node_id, recipe in recipes.items():
        if node_id in last:
            found[node_id] = last[node_id]
            continue
        if not kin:
            for name, record in last.items():
                kin.setdefault(name.partition("@")[0], []).append(record)
        alike = kin.get(node_id.partition("@")[0], [])[:KIN]
        if alike:
            node = graph.nodes[node_id]
            found[node_id] = min(alike, key=lambda record: len(_difference(node, recipe, record)))
    return found


def _difference(node: Node, recipe: Recipe, before: Record) -> str:
    """What changed at the node itself since its record was made."""
    if before["type"] != node.type:
        return f"it was a {before['type']}"
    if before["version"] != node.version:
        return f"version {before['version']} → {node.version}"
    changes: list[str] = []
    if before["folder"] != recipe.folder:
        changes.append(f"it saves to {recipe.folder}")
    for name in _names({**before["params"], **before["files"]}, {**recipe.params, **recipe.files}):
        if before["files"].get(name) != recipe.files.get(name):
            changes.append(f"the content of {name} changed")
        elif name not in recipe.files:
            change = _changes(before["params"], recipe.params, name)
            changes += [change] if change else []
    for port in _names(before["sources"], recipe.sources):
        old = [_plain(end) for end in before["sources"].get(port, ())]
        new = [_plain(end) for end in recipe.sources.get(port, ())]
        if old != new:
            changes.append(f"{port} comes from {_counted(new) or 'nowhere'}")
    return ", ".join(changes)


def _changes(old: Mapping[str, Any], new: Mapping[str, Any], *names: str) -> str:
    """`guidance 7.5 → 6.0`, for each of `names` (none: all) that differs."""
    return ", ".join(
        f"{name} {_change(old.get(name), new.get(name))}"
        for name in names or _names(old, new)
        if old.get(name) != new.get(name)
    )


def _change(old: Any, new: Any) -> str:
    """`7.5 → 6.0`; long texts are shown from where they begin to differ."""
    texts = ["unset" if value is None else str(value) for value in (old, new)]
    pairs = enumerate(zip(*texts, strict=False))
    same = next((place for place, (a, b) in pairs if a != b), min(map(len, texts))) - LEAD
    if same > 0 and max(map(len, texts)) > SHOWN:
        texts = [f"…{text[same:]}" for text in texts]
    texts = [text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…" for text in texts]
    # A text of several words, or of none, would run into what stands around it.
    if any(isinstance(value, str) and len(value.split()) != 1 for value in (old, new)):
        texts = [json.dumps(text, ensure_ascii=False) for text in texts]
    return " → ".join(texts)


def _names(first: Iterable[str], second: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*first, *second]))


def _plain(wire: str) -> str:
    """`node.port` without the values of a sweep."""
    node, at, rest = wire.partition("@")
    return f"{node}.{rest.rpartition('.')[2]}" if at else wire


def _counted(wires: Iterable[str]) -> str:
    """`decode.image (6 times), load.image`."""
    counts = Counter(wires)
    return ", ".join(f"{wire} ({n} times)" if n > 1 else wire for wire, n in counts.items())


def _number(count: int) -> str:
    words = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return words[count] if count < len(words) else str(count)
