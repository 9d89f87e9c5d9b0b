"""The cells of a sweep as one graph: what they have in common is one node.

A node that differs between cells has the values that tell it apart in its id
(`denoise@guidance=7.5`), as few as will do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.graph.errors import CycleError
from engine.graph.flat import Flat
from engine.graph.graph import Graph, Node, Source
from engine.graph.keys import canonical
from engine.graph.sweep import Cell, shown


@dataclass(frozen=True)
class Part:
    """One cell written out; `names` has the ids that its nodes have among all cells."""

    cell: Cell
    flat: Flat
    names: Mapping[str, str] = field(default_factory=dict[str, str])

    def id(self, flat_id: str) -> str:
        """The id in the graph of all cells."""
        return self.names.get(flat_id, flat_id)


def merged(parts: list[Part]) -> tuple[Graph, list[Part]]:
    """One graph of all cells, in which nodes that come out the same are one."""
    kinds: dict[Any, int] = {}
    signs: list[dict[str, int]] = []
    try:
        for part in parts:
            signs.append(_signed(part.flat.graph, kinds))
    except CycleError:  # the check will say so, of one cell as of all
        return parts[0].flat.graph, parts[:1]
    nodes: dict[str, Node] = {}
    named: list[Part] = []
    names = _names(parts, signs)
    for part, signed in zip(parts, signs, strict=True):
        own = {id: names[id, sign] for id, sign in signed.items()}
        named.append(replace(part, names=own))
        for node in part.flat.graph.nodes.values():
            if own[node.id] not in nodes:
                inputs = {
                    port: tuple(Source(own.get(end.node, end.node), end.port) for end in ends)
                    for port, ends in node.inputs.items()
                }
                nodes[own[node.id]] = replace(node, id=own[node.id], inputs=inputs)
    return parts[0].flat.graph.with_nodes(nodes.values()), named


def _signed(graph: Graph, kinds: dict[Any, int]) -> dict[str, int]:
    """A number for each node, the same for nodes of one id that come out the same."""
    signs: dict[str, int] = {}
    for node_id in graph.order():
        node = graph.nodes[node_id]
        wires = tuple(
            (port, tuple((end.node, signs.get(end.node), end.port) for end in ends))
            for port, ends in sorted(node.inputs.items())
        )
        bare = replace(node, params={}, inputs={})
        sign = (repr(bare), canonical(dict(node.params)), wires)
        signs[node_id] = kinds.setdefault(sign, len(kinds))
    return signs


def _names(parts: list[Part], signs: list[dict[str, int]]) -> dict[tuple[str, int], str]:
    """The id of each different node among all cells, with the values by which it differs."""
    variants: dict[str, dict[int, list[int]]] = {}
    for place, signed in enumerate(signs):
        for node_id, sign in signed.items():
            variants.setdefault(node_id, {}).setdefault(sign, []).append(place)
    targets = list(parts[0].cell.values)
    short = _short_names(targets)
    labels = {target: _labels(part.cell.values[target] for part in parts) for target in targets}
    names: dict[tuple[str, int], str] = {}
    for node_id, by_sign in variants.items():
        if len(by_sign) == 1:
            names[node_id, next(iter(by_sign))] = node_id
            continue
        values = {
            sign: {
                target: sorted({labels[target][place] for place in places}) for target in targets
            }
            for sign, places in by_sign.items()
        }
        told = [
            target
            for target in targets
            if all(len(found[target]) == 1 for found in values.values())
        ]
        for target in _least_telling(told, node_id):
            fewer = [other for other in told if other != target]
            if fewer and _tell_apart(values.values(), told) == _tell_apart(values.values(), fewer):
                told = fewer
        taken: set[str] = set()
        for sign, found in values.items():
            said = ",".join(f"{short[target]}={found[target][0]}" for target in told)
            name = f"{node_id}@{said}"
            while name in taken:  # it differs by more than single values can say
                name += "'"
            taken.add(name)
            names[node_id, sign] = name
    return names


def _least_telling(targets: list[str], node_id: str) -> list[str]:
    """The axes from the last to the first, those over the node itself at the end."""
    own = [target for target in targets if target.startswith(f"{node_id}.")]
    return [target for target in targets[::-1] if target not in own] + own[::-1]


def _tell_apart(values: Iterable[Mapping[str, list[str]]], targets: list[str]) -> int:
    """How many nodes these axes can tell apart by their values."""
    return len({tuple(found[target][0] for target in targets) for found in values})


def _labels(values: Iterable[Any]) -> list[str]:
    """What each value is called in an id; those that would look the same are numbered."""
    given = list(values)
    keys = [canonical(value) for value in given]
    texts = dict(zip(keys, map(shown, given), strict=True))
    alike = [text for text in texts.values() if list(texts.values()).count(text) > 1]
    numbered = {
        key: f"{text}#{place}" if text in alike else text
        for place, (key, text) in enumerate(texts.items())
    }
    return [numbered[key] for key in keys]


def _short_names(targets: list[str]) -> dict[str, str]:
    """`guidance` for `denoise.guidance` where no other axis is called that."""
    params = [target.partition(".")[2] for target in targets]
    return {
        target: param if params.count(param) == 1 else target
        for target, param in zip(targets, params, strict=True)
    }
