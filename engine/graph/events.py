"""The one stream of events that an editor, a command line and tests read while a graph runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Event:
    """Something that happened at `node` ("" for the run as a whole)."""

    node: str

    @property
    def name(self) -> str:
        """What happened, in one word: `started`, `progress`, …"""
        return type(self).__name__.lower()

    def as_data(self) -> dict[str, Any]:
        """The event as JSON data; previews are left to the reader, who knows their kind."""
        return {"event": self.name, **asdict(self)}


@dataclass(frozen=True)
class Started(Event):
    """The node's function is about to be called."""


@dataclass(frozen=True)
class Progress(Event):
    """`step` of `total` is done."""

    step: int
    total: int
    text: str = ""


@dataclass(frozen=True)
class Preview(Event):
    """An intermediate value to look at."""

    value: Any

    def as_data(self) -> dict[str, Any]:
        """Only that there is one: the value is no JSON."""
        return {"event": self.name, "node": self.node}


@dataclass(frozen=True)
class Produced(Event):
    """The node ran: the digests of its results by port, and the files it wrote."""

    seconds: float
    digests: Mapping[str, str] = field(default_factory=dict[str, str])
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cached(Event):
    """The node's result was there already; `why` says how that was known."""

    why: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failed(Event):
    """The node raised an error; `error` is the sentence for people."""

    error: str


@dataclass(frozen=True)
class Blocked(Event):
    """The node can't run because the node `by` failed."""

    by: str


@dataclass(frozen=True)
class Interrupted(Event):
    """The run was cancelled before or while the node ran."""

    @property
    def name(self) -> str:
        """`cancelled`."""
        return "cancelled"


@dataclass(frozen=True)
class Finished(Event):
    """The run is over: how many nodes ran, were cached, failed and were blocked."""

    ran: int
    cached: int
    failed: int
    blocked: int
    cancelled: bool
    seconds: float


Emit = Callable[[Event], None]


def ignore(event: Event) -> None:
    """An `Emit` for callers that don't listen."""
