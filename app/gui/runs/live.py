"""Live mode: the newest edit is run at once, in place of the one before."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from app.gui.document import Document
from app.gui.runs.edited import edited
from engine.graph.graph import Graph
from engine.graph.resolve import draw_seeds

_numbers = itertools.count(1)


class Live:
    """One run at a time; `run` is its name while it is under way, and `graph` what it is of."""

    def __init__(
        self,
        document: Document,
        begin: Callable[[str, Graph], object],
        cancel: Callable[[str], object],
    ) -> None:
        self._document, self._begin, self._cancel = document, begin, cancel
        self.run = ""
        self.graph: Graph | None = None

    def start(self) -> None:
        """Run the document as it is, in place of what runs."""
        self.stop()
        self.run = f"live {next(_numbers)}"
        self.graph = draw_seeds(self._document.root, self._document.registry)
        self._begin(self.run, self.graph)

    def stop(self) -> None:
        """Cancel what runs."""
        if self.run:
            self._cancel(self.run)
            self.run, self.graph = "", None

    def over(self, run: str) -> None:
        """A run has ended, which may have been this one."""
        if run == self.run:
            self.run = ""

    def is_edited(self) -> bool:
        """Whether the document is no longer what was run last."""
        if self.graph is None:
            return True
        return bool(edited(self._document.root, self.graph, self._document.registry))
