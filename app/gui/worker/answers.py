"""An answer that is still to come."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.graph.errors import LoomError

Done = Callable[[Any], object]
Failed = Callable[[LoomError], object]


def _nothing(_: Any) -> None:
    return None


class Answer:
    """What came of something that was asked; used in the interface's thread only."""

    def __init__(self) -> None:
        self.value: Any = None
        self.error: LoomError | None = None
        self.over = False
        self._done: Done = _nothing
        self._failed: Failed = _nothing

    def then(self, done: Done = _nothing, failed: Failed = _nothing) -> Answer:
        """Call `done` with the value or `failed` with the error, at once if it is there already."""
        self._done, self._failed = done, failed
        if self.over:
            self._tell()
        return self

    def settle(self, value: Any) -> None:
        """The value has come."""
        self.value, self.over = value, True
        self._tell()

    def fail(self, error: LoomError) -> None:
        """It can't be had."""
        self.error, self.over = error, True
        self._tell()

    def _tell(self) -> None:
        if self.error:
            self._failed(self.error)
        else:
            self._done(self.value)
