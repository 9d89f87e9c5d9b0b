"""Ids of nodes that differ between the cells of a sweep: `denoise@guidance=7.5`.

An id has the values that tell its node apart from the others of its name, as few as will do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.graph.keys import canonical
from engine.graph.sweep import Cell, shown


def variant_names(
    cells: Sequence[Cell], signs: Iterable[Mapping[str, int]]
) -> dict[tuple[str, int], str]:
    """The id of each different node among all cells.

    `signs` has for each cell a number for each node, the same for nodes that come out the same.
    """
    variants: dict[str, dict[int, list[int]]] = {}
    for place, signed in enumerate(signs):
        for node_id, sign in signed.items():
            variants.setdefault(node_id, {}).setdefault(sign, []).append(place)
    targets = list(cells[0].values)
    short = _short_names(targets)
    labels = {target: _labels(cell.values[target] for cell in cells) for target in targets}
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
    alike = Counter(texts.values())
    numbered = {
        key: f"{text}#{place}" if alike[text] > 1 else text
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
