"""Node, Source, Link: what a graph consists of, as values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple

from engine.graph.errors import GraphError

SUBGRAPH = "subgraph:"  # the type of an instance is this and the name of its definition
ID_PATTERN = "^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$"

State = Literal["", "muted", "bypassed"]

_id = re.compile(ID_PATTERN)


class Source(NamedTuple):
    """One output port: `node.port`."""

    node: str
    port: str

    @classmethod
    def parse(cls, text: str) -> Source:
        """Read `node.port`; GraphError when the text is not that."""
        node, dot, port = text.partition(".")
        if not (node and dot and port):
            raise GraphError(f"{text!r} names no port.", remedy="Write node.port.")
        return cls(node, port)

    def __str__(self) -> str:
        return f"{self.node}.{self.port}"


@dataclass(frozen=True)
class Node:
    """A node of a graph: its type by id and version, given parameters, and where inputs come from.

    An input port has one source, or several in order where the port takes a list. `zone` is the
    Repeat zone that the node is in, "" for none. `state` says whether the node takes part: a muted
    one is left out, a bypassed one hands on what it gets. `lock` is the recipe key of the result it
    keeps whatever its inputs are, "" when it is free. `locks` are those of nodes inside it, where
    it is an instance or a zone, by what their ids have after its own: `/denoise`, `#3/step`.
    """

    id: str
    type: str
    version: int = 1
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])
    inputs: Mapping[str, tuple[Source, ...]] = field(default_factory=dict[str, tuple[Source, ...]])
    zone: str = ""

    state: State = ""
    lock: str = ""
    locks: Mapping[str, str] = field(default_factory=dict[str, str])

    def sources(self) -> Iterator[Source]:
        """Every source of every input."""
        for sources in self.inputs.values():
            yield from sources

    def reads(self) -> tuple[str, ...]:
        """The nodes it reads, one for each link."""
        return self._reads

    @cached_property
    def _reads(self) -> tuple[str, ...]:
        return tuple(source.node for sources in self.inputs.values() for source in sources)


@dataclass(frozen=True)
class Link:
    """A wire from an output port to the input `port` of `node`."""

    source: Source
    node: str
    port: str

    def __str__(self) -> str:
        return f"{self.source} → {self.node}.{self.port}"


def check_name(name: str) -> None:
    """GraphError unless `name` can be the id of a node or the name of a subgraph."""
    if not _id.fullmatch(name):
        raise GraphError(
            f"{name!r} can't be a name.", remedy="Use letters, digits, '_' and '-', at most 64."
        )
