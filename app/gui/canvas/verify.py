"""The full check of a link that was let go: at once in small graphs, in a thread in large ones."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.gui.document import Document
from engine.graph.check import check_link
from engine.graph.graph import Graph
from engine.graph.problems import Problem
from engine.graph.registry import Registry

SMALL = 24  # nodes that are checked twice within 50 ms
Told = Callable[[str], None]


class Verifier(QObject):
    """Asks of one link after another whether it fits, and tells the reason why not ("" for yes)."""

    _found = Signal(object, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._found.connect(lambda told, reason: told(reason))

    def ask(self, document: Document, source: str, target: str, told: Told) -> None:
        """Check, and tell; before this returns when the graph is small."""
        graph, registry = document.graph.copy(), document.registry
        if len(graph.nodes) + 8 * len(graph.definitions) <= SMALL:
            told(reason(graph, registry, source, target))
            return

        def work() -> None:
            words = reason(graph, registry, source, target)
            try:
                self._found.emit(told, words)
            except RuntimeError:  # the window was closed meanwhile
                return

        threading.Thread(target=work, name="check link", daemon=True).start()


def reason(graph: Graph, registry: Registry, source: str, target: str) -> str:
    """What would be wrong with a link, "" for nothing."""
    problems = [item for item in check_link(graph, registry, source, target) if _counts(item)]
    return problems[0].reason if problems else ""


def _counts(problem: Problem) -> bool:
    """Whether a problem is the link's own fault: not that something else is still missing."""
    return problem.code in ("kind", "facets", "cycle")
