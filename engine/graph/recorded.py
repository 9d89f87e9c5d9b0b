"""What a graph holds, and the one way it changes: edits that are recorded and can be taken back."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from engine.graph.history import Edit, History
from engine.graph.node import Node

if TYPE_CHECKING:
    from engine.graph.subgraph import Definition
    from engine.graph.sweep import Axis


class Recorded:
    """Nodes, outputs, view, definitions and axes, with the history of what was done to them."""

    def __init__(
        self,
        nodes: Iterable[Node],
        outputs: Iterable[str],
        view: Mapping[str, Any],
        definitions: Mapping[str, Definition],
        sweep: Mapping[str, Axis],
    ) -> None:
        self._nodes = {node.id: node for node in nodes}
        self._outputs = tuple(outputs)
        self._view = dict(view)
        self._definitions = dict(definitions)
        self._sweep = dict(sweep)
        self._history = History()
        self._group: list[Edit] | None = None

    def __eq__(self, other: object) -> bool:
        """Whether two graphs hold the same; their histories don't count."""
        return (
            isinstance(other, Recorded)
            and self._nodes == other._nodes
            and self._outputs == other._outputs
            and self._view == other._view
            and self._definitions == other._definitions
            and list(self._sweep.items()) == list(other._sweep.items())
        )

    __hash__ = None  # type: ignore[assignment]

    @contextmanager
    def grouped(self, label: str = "", *, merges: bool = False) -> Generator[None]:
        """Edits made inside undo as one; when something is raised inside, none of them happened.

        With `merges` a group that goes on with what the one before it did, as when several
        parameters are dragged together, undoes together with that one. Without a label it is
        called after its first edit.
        """
        if self._group is not None:
            yield
            return
        self._group = []
        try:
            yield
        except BaseException:
            for edit in reversed(self._group):
                self._apply(edit, 0)
            self._group = None
            raise
        edits, self._group = self._group, None
        if edits:
            kept = edits if merges else [replace(edit, merge="") for edit in edits]
            self._history.add(label or edits[0].label, kept)

    def undo(self) -> frozenset[str]:
        """Take back the last edit; the ids it touched, none when there was nothing to undo."""
        step = self._history.back()
        if step is None:
            return frozenset()
        for edit in reversed(step.edits):
            self._apply(edit, 0)
        return step.touched

    def redo(self) -> frozenset[str]:
        """Do again what was undone last; the ids it touched."""
        step = self._history.forward()
        if step is None:
            return frozenset()
        for edit in step.edits:
            self._apply(edit, 1)
        return step.touched

    def settle(self) -> None:
        """Let the next edit undo alone: a drag or a text is done."""
        self._history.settle()

    @property
    def undo_label(self) -> str:
        """What undo would take back, "" for nothing."""
        return self._history.done[-1].label if self._history.done else ""

    @property
    def redo_label(self) -> str:
        """What redo would do again, "" for nothing."""
        return self._history.undone[-1].label if self._history.undone else ""

    def _commit(
        self,
        label: str,
        nodes: Mapping[str, Node | None] | None = None,
        *,
        outputs: Sequence[str] | None = None,
        view: Mapping[str, Any] | None = None,
        names: Sequence[str] | None = None,
        merge: str = "",
        definitions: Mapping[str, Definition | None] | None = None,
        sweep: Mapping[str, Axis] | None = None,
    ) -> None:
        """Record and apply a change to the given nodes, outputs, views and definitions."""
        nodes = nodes or {}
        removes = any(after is None for after in nodes.values())
        before_order = tuple(self._nodes) if removes else ()
        after_order = names or [name for name in before_order if nodes.get(name, name) is not None]
        edit = Edit(
            label,
            {name: (self._nodes.get(name), after) for name, after in nodes.items()},
            (self._outputs, self._outputs if outputs is None else tuple(outputs)),
            {name: (self._view.get(name), after) for name, after in (view or {}).items()},
            (before_order, after_order) if removes else None,
            merge,
            {
                name: (self._definitions.get(name), after)
                for name, after in (definitions or {}).items()
            },
            None if sweep is None else (self._sweep, dict(sweep)),
        )
        if not edit.changes:
            return
        self._apply(edit, 1)
        if self._group is None:
            self._history.add(label, [edit])
        else:
            self._group.append(edit)

    def _apply(self, edit: Edit, side: int) -> None:
        """Make the graph as it was before (side 0) or after (side 1) an edit."""
        _put(self._nodes, edit.nodes, side)
        _put(self._view, edit.view, side)
        _put(self._definitions, edit.definitions, side)
        self._outputs = edit.outputs[side]
        if edit.sweep:
            self._sweep = dict(edit.sweep[side])
        if edit.order:
            self._nodes = {name: self._nodes[name] for name in edit.order[side]}


def _put(there: dict[str, Any], changes: Mapping[str, tuple[Any, Any]], side: int) -> None:
    for name, ends in changes.items():
        if ends[side] is None:
            there.pop(name, None)
        else:
            there[name] = ends[side]
