"""What is known of each node's last run: what faces, inspector and panels show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

State = Literal[
    "", "needed", "cached", "waiting", "running", "done", "failed", "blocked", "cancelled"
]


@dataclass(frozen=True)
class NodeStatus:
    """How it stands with a node.

    `needed` and `cached` are what the plan says; the others come from a run. `why` is the plan's
    reason, `error` the sentence of a failure, `seconds` and `memory` (bytes) the cost of the last
    time it ran, `expected` the seconds it should take, None for unknown. `picture` is a small
    preview of its result, `live` says that it is still forming. `files` are those it wrote. `held`
    says how its models would keep within the memory, "" where it has none.
    """

    state: State = ""
    step: int = 0
    total: int = 0
    text: str = ""
    seconds: float | None = None
    memory: int | None = None
    expected: float | None = None
    why: str = ""
    error: str = ""
    picture: QImage | None = None
    live: bool = False
    files: tuple[str, ...] = ()
    held: str = ""


NOTHING = NodeStatus()


class Statuses(QObject):
    """The status of each node by its id in the whole workflow: `denoise`, `fix/denoise`.

    Whoever follows runs updates it; everybody else reads it and listens to `changed`.
    """

    changed = Signal(object)
    """Other statuses: a frozenset of node ids."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._found: dict[str, NodeStatus] = {}

    def __getitem__(self, node_id: str) -> NodeStatus:
        return self._found.get(node_id, NOTHING)

    def update(self, node_id: str, **changes: Any) -> None:
        """Change fields of a node's status and say so."""
        self._found[node_id] = replace(self[node_id], **changes)
        self.changed.emit(frozenset({node_id}))

    def update_all(self, found: Iterable[tuple[str, NodeStatus]]) -> None:
        """Change many at once, and say so once."""
        changed = {name: status for name, status in found if self[name] != status}
        self._found |= changed
        if changed:
            self.changed.emit(frozenset(changed))

    def clear(self) -> None:
        """Forget all, as when another workflow is opened."""
        gone = frozenset(self._found)
        self._found.clear()
        self.changed.emit(gone)
