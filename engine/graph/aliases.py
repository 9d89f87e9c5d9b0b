"""Ports that stand for other ports, followed to the real ones.

An instance's ports, a zone's states and lists, and the ports that either shows to its inside are
aliases: no node makes them. Following is iterative, and each alias is followed once for all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.graph.errors import CycleError
from engine.graph.flat import End, Ends, Given
from engine.graph.graph import Source
from engine.graph.problems import Problem, problem

MAX_SIZE = 100_000  # nodes, iterations and wires


class TooLargeError(Exception):
    """What is written out has no end in sight."""


class Aliases:
    """All aliases of a graph that is being written out; `circles` are those that lead nowhere.

    `wires` has the inputs of nodes, instances and zones by flat id, as they are before aliases are
    followed.
    """

    def __init__(self) -> None:
        self.wires: dict[str, dict[str, Ends]] = {}
        self.circles: list[Problem] = []
        self._ends: dict[End, Ends] = {}
        self._settled: dict[End, Ends] = {}
        self._through: dict[End, tuple[str, str]] = {}
        self._size = 0

    def __iter__(self) -> Iterator[Source]:
        return (port for port in self._ends if isinstance(port, Source))

    def add(self, port: Source, ends: Ends, through: tuple[str, str] | None = None) -> None:
        """Let a port stand for others, which come in `through` a port of an instance or zone."""
        self._ends[port] = ends
        if through:
            self._through[port] = through

    def count(self, more: int = 1) -> None:
        """Count what is written out; TooLargeError when it is too much."""
        self._size += more
        if self._size > MAX_SIZE:
            raise TooLargeError

    def real(self, ends: Iterable[End]) -> Ends:
        """The real ports and plain values behind ends; those of a circle are left out."""
        found: list[End] = []
        for end in ends:
            if end in self._ends:
                found += self._settled[end] if end in self._settled else self._followed(end)
            else:
                found.append(end)
        return tuple(found)

    def enters(self, end: End) -> tuple[str, str] | None:
        """The instance or zone, and its port, that a wire comes in by, as far out as it leads."""
        found: tuple[str, str] | None = None
        seen: set[End] = set()
        while end in self._through and end not in seen:
            seen.add(end)
            found = self._through[end]
            above = self.wires.get(found[0], {}).get(found[1], ())
            if len(above) != 1:
                break
            end = above[0]
        return found

    def _followed(self, first: End) -> Ends:
        nexts = self._ends[first]
        if all(next not in self._ends or next in self._settled for next in nexts):
            self._settle(first, nexts)
            return self._settled[first]
        stack = [(first, False)]
        around: dict[End, None] = {}
        while stack:
            end, done = stack.pop()
            if end in self._settled or end not in self._ends:
                continue
            nexts = self._ends[end]
            if done:
                self._settle(end, nexts)
                del around[end]
            elif end in around:
                way = list(around)
                self._circle([*way[way.index(end) :], end])
            else:
                around[end] = None
                stack.append((end, True))
                stack += [(next, False) for next in nexts]
        return self._known(first)

    def _settle(self, end: End, nexts: Ends) -> None:
        found = tuple(item for next in nexts for item in self._known(next))
        self.count(len(found))
        self._settled[end] = found

    def _known(self, end: End) -> Ends:
        return self._settled.get(end, ()) if end in self._ends else (end,)

    def _circle(self, way: list[End]) -> None:
        found = problem("cycle", CycleError(tuple(map(_name, way))))
        if found not in self.circles:
            self.circles.append(found)


def _name(end: End) -> str:
    return str(end.value) if isinstance(end, Given) else str(end)
