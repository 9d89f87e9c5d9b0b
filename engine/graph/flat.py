"""What a graph is once it is written out, and how its parts belong to what was written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from engine.graph.graph import Graph, Source
from engine.graph.problems import Problem


@dataclass(frozen=True, eq=False)
class Given:
    """A plain value at the end of a wire: it becomes a parameter of what reads it.

    Each is only equal to itself: a value may be a list or a dictionary.
    """

    value: Any


End = Source | Given
Ends = tuple[End, ...]


@dataclass(frozen=True)
class Origin:
    """Where something in a flat graph comes from.

    `path` lists the instances it is in, from the outermost, `definition` is that of the last one,
    and `prefix` what stands before `node` in its flat id.
    """

    path: tuple[str, ...]
    definition: str
    node: str
    prefix: str = ""

    @property
    def address(self) -> str:
        """`instance/node`, without iterations."""
        return "/".join((*self.path, self.node))


@dataclass(frozen=True)
class Open:
    """A zone that runs as often as a wire says: its flat id, the port, and where that comes from.

    `otherwise` is the number when the wire leads nowhere.
    """

    zone: str
    port: str
    ends: Ends
    otherwise: Any


@dataclass
class Flat:
    """A graph written out, and how its parts belong to the graph that was written.

    `origins` has nodes, instances and zones by flat id; `ports` the real ports behind those of
    instances and zones, `lists` those that gather a list, and `lists_in` the one port that such a
    list comes from into an input; `enters` says which instance's input or
    zone's port an input comes through; `absent` the inputs that an instance does not give. Nothing
    is said of what is in `broken` and `quiet`: its cause is among the problems.
    """

    graph: Graph
    enters: Callable[[str, str], tuple[str, str] | None] = lambda node, port: None
    origins: dict[str, Origin] = field(default_factory=dict[str, Origin])
    ports: dict[Source, Ends] = field(default_factory=dict[Source, Ends])
    absent: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    broken: set[str] = field(default_factory=set[str])
    quiet: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    states: list[tuple[str, str, Ends, Ends]] = field(
        default_factory=list[tuple[str, str, Ends, Ends]]
    )
    problems: list[Problem] = field(default_factory=list[Problem])
    lists: set[Source] = field(default_factory=set[Source])
    lists_in: dict[tuple[str, str], Source] = field(default_factory=dict[tuple[str, str], Source])
    open: tuple[Open, ...] = ()

    @cached_property
    def by_address(self) -> Mapping[str, list[str]]:
        """The flat ids of what goes by each address, when all is written out."""
        found: dict[str, list[str]] = {}
        for flat_id, origin in self.origins.items():
            found.setdefault(origin.address, []).append(flat_id)
        return found
