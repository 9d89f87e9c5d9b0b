"""Repeat zones: a region of a graph whose body runs several times and hands on its state.

The zone is a node of type `repeat`; the nodes inside name it as their `zone`. Of its inputs,
`next.NAME` is what an iteration hands on as the state NAME, and NAME where the state starts (a
parameter NAME gives a plain value to start with). `gather.NAME` collects a port of every iteration.
It runs `times` times, or once for each item of `each`.

Inside, `zone.NAME` is the state as it is at that iteration, `zone.index` counts from 0, `zone.item`
is the item. Outside, `zone.NAME` is the state after the last iteration or the list that was
gathered.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from engine.graph.errors import GraphError
from engine.graph.graph import Node, Source
from engine.graph.spec import node

REPEAT = "repeat"
NEXT = "next."
GATHER = "gather."
TIMES = "times"
EACH = "each"
INDEX = "index"
ITEM = "item"
LIMIT = 10_000  # iterations of one zone
RESERVED = (TIMES, EACH, INDEX, ITEM)

T = TypeVar("T")


@node("repeat.item", label="Item")
def item(items: list[T], index: int = 0) -> T:
    """One item of a list; the iterations of a Repeat zone read theirs through it."""
    return items[index]


@dataclass(frozen=True)
class Zone:
    """A Repeat zone read from its node.

    `start` has the sources or, as `literal`, the value that each state starts with.
    """

    id: str
    times: Any
    items: tuple[Any, ...] | None
    counted: tuple[Source, ...]
    listed: tuple[Source, ...]
    start: Mapping[str, tuple[Source, ...]]
    literal: Mapping[str, Any]
    next: Mapping[str, tuple[Source, ...]]
    gather: Mapping[str, tuple[Source, ...]]


def read_zone(node: Node) -> Zone:
    """What a node of type `repeat` says; GraphError when it makes no sense."""
    handed_on = _under(NEXT, node)
    gathered = _under(GATHER, node)
    state = node.inputs.keys() | node.params.keys()
    names = [name for name in state if not name.startswith((NEXT, GATHER)) and name not in RESERVED]
    for name in sorted(names):
        if name not in handed_on:
            raise GraphError(
                f"The state {name!r} starts, and no iteration hands it on.",
                node=node.id,
                field=name,
                remedy=f"Join what it becomes to {NEXT}{name}.",
            )
    for name in handed_on:
        if name not in names:
            raise GraphError(
                f"The state {name!r} has nothing to start with.",
                node=node.id,
                field=name,
                remedy=f"Join what it starts as to {name}.",
            )
    for name in (*handed_on, *gathered):
        if name in RESERVED or (name in handed_on and name in gathered):
            reason = f"{name!r} means something else here already."
            raise GraphError(reason, node=node.id, field=name, remedy="Choose another name.")
    given = [name for name in (TIMES, EACH) if name in state]
    if len(given) != 1:
        raise GraphError(
            "It needs either times or each, to know how often it runs.",
            node=node.id,
            field=TIMES,
            remedy="Give a number as times, or a list as each.",
        )
    items = node.params.get(EACH)
    if EACH in node.params and not isinstance(items, list):
        reason = f"{items!r} is not a list."
        raise GraphError(reason, node=node.id, field=EACH, remedy="Write a list of values.")
    return Zone(
        node.id,
        node.params.get(TIMES),
        tuple(cast(list[Any], items)) if items is not None else None,
        node.inputs.get(TIMES, ()),
        node.inputs.get(EACH, ()),
        {name: node.inputs[name] for name in names if name in node.inputs},
        {name: node.params[name] for name in names if name not in node.inputs},
        handed_on,
        gathered,
    )


def count(value: Any, node_id: str) -> int:
    """A number of iterations; GraphError when it is none."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LIMIT:
        raise GraphError(
            f"{value!r} is no number of iterations.",
            node=node_id,
            field=TIMES,
            remedy=f"Give a whole number from 0 to {LIMIT}.",
        )
    return value


def _under(prefix: str, node: Node) -> dict[str, tuple[Source, ...]]:
    """The inputs whose names start with a prefix, without it."""
    return {
        name.removeprefix(prefix): sources
        for name, sources in node.inputs.items()
        if name.startswith(prefix)
    }
