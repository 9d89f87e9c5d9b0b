"""Turns plans and the events of runs into the statuses of a document's nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtGui import QImage

from app.gui.document import Document
from app.gui.runs.board import Board
from app.gui.runs.edited import edited
from app.gui.runs.names import told
from app.gui.status import NodeStatus, State, Statuses
from engine.graph.graph import Graph

TELLING: frozenset[State] = frozenset({"failed", "blocked"})
"""States that stay, whatever a plan says, until the node is edited or run again."""
UNDER_WAY: frozenset[State] = frozenset({"waiting", "running"})


@dataclass(frozen=True)
class Planned:
    """How many nodes a run would run, and the seconds that should take; None for unknown."""

    nodes: int | None = None
    seconds: float | None = None


class Following:
    """Follows one run of the document at a time; nodes edited meanwhile are left out of it."""

    def __init__(self, document: Document, statuses: Statuses) -> None:
        self._document, self._statuses = document, statuses
        self._names: set[str] = set()
        self.forget()

    def forget(self) -> None:
        """Another workflow is open."""
        self.run = ""
        self.board = Board()
        self._ran: Graph | None = None
        self.planned = Planned()
        self._outdated: set[str] = set()
        self._seen = self._document.root.copy()
        self._names.clear()
        self._statuses.clear()

    def asked(self, outputs: Iterable[str]) -> None:
        """A run was asked for: what it needs waits from now on."""
        root = self._document.root
        wanted = [name for name in outputs or root.nodes if name in root.nodes]
        above = root.upstream(wanted)
        open_states = {"needed", "cancelled", *TELLING}
        if self.planned.nodes is None:
            open_states.add("")  # nobody has said yet what would run
        self._show(
            (name, replace(self._statuses[name], state="waiting"))
            for name in above
            if self._statuses[name].state in open_states
        )

    def begin(self, run: str, steps: Iterable[Mapping[str, Any]], ran: Graph | None) -> None:
        """A run of the document begins; `ran` is its graph, None while that is not known."""
        self.run, self.board, self._ran = run, Board(), ran
        self._outdated = set()
        self.board.begin(steps)
        self._compare()
        self._show((name, self._merged(name)) for name in self._current(self.board.names()))

    def know(self, ran: Graph) -> None:
        """The graph of the run that is followed."""
        self._ran = ran
        self._compare()

    def take(self, event: Mapping[str, Any]) -> None:
        """An event of a node in the run that is followed."""
        names = self.board.take(event)
        self._show((name, self._merged(name)) for name in self._current(names))

    def preview(self, node: str, image: QImage) -> None:
        """A picture forms at a node."""
        for name in self._current(told(node)):
            self._names.add(name)
            self._statuses.update(name, picture=image, live=True)

    def picture(self, name: str, image: QImage) -> None:
        """What a node made looks like."""
        if name not in self._outdated:
            self._names.add(name)
            self._statuses.update(name, picture=image, live=False)

    def end(self) -> None:
        """The run is over."""
        self.run = ""
        self._ran = None

    def broken(self, said: str, *, again: bool) -> None:
        """The worker died in the middle of the run, which is begun `again` or given up.

        A run that is given up failed at what ran.
        """
        for name in list(self._names):
            status = self._statuses[name]
            if status.state == "running":
                state: State = "waiting" if again else "failed"
                error = "" if again else said
                self._statuses.update(name, state=state, error=error, live=False, step=0, total=0)
            elif status.state == "waiting" and not again:
                self._statuses.update(name, state="cancelled")
        self.end()

    def edited(self) -> None:
        """The document was edited."""
        root = self._document.root
        touched = edited(root, self._seen, self._document.registry)
        self._seen = root.copy()
        if self.run:
            self._compare()
        else:
            self._need(name for name in touched if self._statuses[name].state in TELLING)

    def plan(self, steps: Iterable[Mapping[str, Any]]) -> None:
        """What a run would do now."""
        steps = list(steps)
        taken = [step["seconds"] for step in steps if step["state"] == "run"]
        self.planned = Planned(len(taken), None if None in taken else sum(taken))
        board = Board()
        board.plan(steps)
        found: dict[str, NodeStatus] = {}
        for name in board.names():
            before = self._statuses[name]
            status = _merged(before, board.status(name))
            if before.state in TELLING and status.state == "needed":
                status = replace(status, state=before.state, why=before.why, error=before.error)
            elif before.state == "done" and status.state == "cached":
                status = replace(status, state="done", seconds=before.seconds)
            found[name] = status
        for name in self._names - found.keys():
            if self._statuses[name].state not in TELLING:
                found[name] = replace(self._statuses[name], state="", why="", live=False)
        self._show(found.items())

    def unplanned(self) -> None:
        """There is no plan: nothing is said of what would run."""
        self.planned = Planned()
        planned = ("needed", "cached", "waiting")
        self._show(
            (name, replace(self._statuses[name], state="", why="", expected=None))
            for name in list(self._names)
            if self._statuses[name].state in planned
        )

    def _compare(self) -> None:
        """Find out which nodes have been edited since the run began."""
        if self._ran is None:
            return
        outdated = edited(self._document.root, self._ran, self._document.registry)
        self._need(outdated - self._outdated)
        self._outdated = outdated

    def _need(self, names: Iterable[str]) -> None:
        """These nodes have to run, again or for the first time."""
        fresh = {"state": "needed", "error": "", "why": "", "live": False, "step": 0, "total": 0}
        self._show((name, replace(self._statuses[name], **fresh)) for name in names)

    def _current(self, names: Iterable[str]) -> list[str]:
        """Those of these nodes that were not edited since, nor what they are in."""
        return [name for name in names if name.partition("/")[0] not in self._outdated]

    def _merged(self, name: str) -> NodeStatus:
        return _merged(self._statuses[name], self.board.status(name))

    def _show(self, found: Iterable[tuple[str, NodeStatus]]) -> None:
        found = list(found)
        self._names.update(name for name, _ in found)
        self._statuses.update_all(found)


def _merged(before: NodeStatus, now: NodeStatus) -> NodeStatus:
    """The new status, with what is still true of the one before."""
    return replace(
        now,
        seconds=before.seconds if now.seconds is None else now.seconds,
        memory=before.memory if now.memory is None else now.memory,
        expected=before.expected if now.expected is None else now.expected,
        files=now.files or (before.files if now.state == "cached" else ()),
        picture=before.picture,
        live=before.live and now.state == "running",
    )
