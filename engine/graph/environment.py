"""The numeric environment of the node that runs: what its key says is what it computes with.

Two runs in one process may have different environments, so this is no global: each thread has that
of the node it is running.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

_current: ContextVar[Mapping[str, str]] = ContextVar(
    "numeric environment", default=MappingProxyType({})
)


def environment() -> Mapping[str, str]:
    """What besides the graph decides the numbers of the running node: device, dtype, attention.

    Empty outside of a run, and in threads that a node starts itself.
    """
    return _current.get()


@contextmanager
def within(changes: Mapping[str, str]) -> Generator[None]:
    """Run what is inside in the present environment with these changes."""
    token = _current.set(MappingProxyType({**_current.get(), **changes}))
    try:
        yield
    finally:
        _current.reset(token)
