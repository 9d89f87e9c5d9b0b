"""Whether the run that goes on in this thread was cancelled, for work that nobody hands a flag.

Reading a large model to know its content takes seconds, and happens deep inside of planning: it
looks here now and then.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

from engine.graph.errors import Cancelled

_is_cancelled: ContextVar[Callable[[], bool]] = ContextVar("is cancelled", default=lambda: False)


@contextmanager
def cancelled_by(is_cancelled: Callable[[], bool]) -> Generator[None]:
    """Let `check_cancel` ask this in what is inside, in this thread alone."""
    token = _is_cancelled.set(is_cancelled)
    try:
        yield
    finally:
        _is_cancelled.reset(token)


def check_cancel() -> None:
    """Raise Cancelled if the run was asked to stop; never outside of a run."""
    if _is_cancelled.get()():
        raise Cancelled
