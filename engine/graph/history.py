"""What was done to a graph, so that it can be taken back and done again."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

DEPTH = 500  # steps that can be undone

Change = tuple[Any, Any]  # before and after; None stands for "not there"


@dataclass(frozen=True)
class Edit:
    """One reversible change: what each touched thing was before and is after.

    `order` is there when nodes go or change their names. Successive edits with the same `merge`
    (values of one parameter while its slider is dragged) become one. `sweep` holds all axes.
    """

    label: str
    nodes: Mapping[str, Change]
    outputs: tuple[tuple[str, ...], tuple[str, ...]]
    view: Mapping[str, Change]
    order: tuple[Sequence[str], Sequence[str]] | None = None
    merge: str = ""
    definitions: Mapping[str, Change] = field(default_factory=dict[str, Change])
    sweep: Change | None = None

    @property
    def changes(self) -> bool:
        """Whether anything is different after it."""
        pairs = [*self.nodes.values(), *self.view.values(), self.outputs]
        pairs += self.definitions.values()
        if self.sweep and list(self.sweep[0]) != list(self.sweep[1]):  # their order counts too
            return True
        return any(before != after for before, after in (*pairs, self.sweep or (None, None)))

    def continues(self, earlier: Edit) -> bool:
        """Whether it goes on with what an earlier edit began."""
        return bool(self.merge) and self.merge == earlier.merge

    def then(self, later: Edit) -> Edit:
        """This edit and a later one of the same things, as one."""
        return replace(
            later,
            nodes=_from(self.nodes, later.nodes),
            view=_from(self.view, later.view),
            definitions=_from(self.definitions, later.definitions),
        )


@dataclass(frozen=True)
class Step:
    """Edits that are undone together, under one label."""

    label: str
    edits: tuple[Edit, ...]

    @property
    def touched(self) -> frozenset[str]:
        """The ids of the nodes that it changed, and the types of the subgraphs."""
        return frozenset(
            name
            for edit in self.edits
            for name in (*edit.nodes, *edit.view, *map("subgraph:{}".format, edit.definitions))
        )


class History:
    """Two stacks of steps: done and undone."""

    def __init__(self) -> None:
        self.done: deque[Step] = deque(maxlen=DEPTH)
        self.undone: list[Step] = []

    def add(self, label: str, edits: Sequence[Edit]) -> None:
        """Remember what was done; what was undone before can no longer be done again."""
        last = self.done[-1].edits if self.done and not self.undone else ()
        self.undone.clear()
        pairs = list(zip(last, edits, strict=False))
        if len(last) == len(edits) and all(later.continues(earlier) for earlier, later in pairs):
            self.done[-1] = Step(label, tuple(earlier.then(later) for earlier, later in pairs))
        else:
            self.done.append(Step(label, tuple(edits)))

    def settle(self) -> None:
        """Let the next edit be a step of its own, whatever it goes on with."""
        if self.done:
            edits = tuple(replace(edit, merge="") for edit in self.done[-1].edits)
            self.done[-1] = replace(self.done[-1], edits=edits)

    def back(self) -> Step | None:
        """The step to undo, which is then undone; None when there is none."""
        if not self.done:
            return None
        self.undone.append(self.done.pop())
        return self.undone[-1]

    def forward(self) -> Step | None:
        """The step to do again, which is then done; None when there is none."""
        if not self.undone:
            return None
        self.done.append(self.undone.pop())
        return self.done[-1]


def _from(before: Mapping[str, Change], after: Mapping[str, Change]) -> dict[str, Change]:
    return {name: (before[name][0], ends[1]) for name, ends in after.items()}
