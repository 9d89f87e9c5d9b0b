"""Unification of facets along a graph: what a loader knows of a model reaches every port below it.

Within one node, facets of one name are one variable across its ports, unless a port fixes or frees
its own, or a probe speaks for it. A link makes the variables of its two ends one. This is
union-find: linear for all purposes, and in any order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from engine.graph.graph import Link
from engine.graph.spec import NodeSpec, Port
from engine.graph.types import Facet, Kind, PortType

Slot = tuple[str, str, str]  # node, port or "" for the whole node, facet


@dataclass(frozen=True)
class Known:
    """A value of a facet, and the port that brought it."""

    value: Facet
    kind: Kind | None
    port: str


@dataclass(frozen=True)
class End:
    """One end of a link: a node, its specification, a port of it, and which way the port faces."""

    node: str
    spec: NodeSpec
    port: Port
    is_output: bool

    @property
    def name(self) -> str:
        """`node.port`."""
        return f"{self.node}.{self.port.name}"

    def slot(self, facet: str) -> Slot:
        """The variable that stands for a facet of this port."""
        kind = self.port.type
        if facet in kind.facets or (self.is_output and self.spec.probe):
            return (self.node, f"{'out' if self.is_output else 'in'}:{self.port.name}", facet)
        return (self.node, f"<{kind.generic}>" if kind.generic else "", facet)


class Unifier:
    """The facets of all ports, as far as they are known, and the kinds of generic ports."""

    def __init__(self) -> None:
        self._parent: dict[Slot, Slot] = {}
        self._known: dict[Slot, Known] = {}
        self._generic: dict[tuple[str, str], Kind] = {}

    def kind(self, end: End) -> Kind | None:
        """The kind of a port; of a generic port the kind it was joined to, None before that."""
        return end.port.type.kind or self._generic.get((end.node, end.port.type.generic))

    def take_kind(self, end: End, kind: Kind) -> None:
        """Let a generic port, and all of its node with the same name, be of a kind."""
        self._generic.setdefault((end.node, end.port.type.generic), kind)

    def fix(self, end: End, facet: str, value: Facet) -> None:
        """Say that a facet of a port has a value."""
        slot = self._root(end.slot(facet))
        self._known.setdefault(slot, Known(value, self.kind(end), end.name))

    def fix_annotated(self, end: End) -> None:
        """Take in the facets that the port's annotation fixes."""
        for facet, value in end.port.type.facets.items():
            if value is not None:
                self.fix(end, facet, value)

    def join(self, source: End, target: End) -> dict[str, tuple[Known, Known]]:
        """Make the facets of two linked ports one; those that differ, with both values."""
        first, second = self.kind(source), self.kind(target)
        clashes: dict[str, tuple[Known, Known]] = {}
        if first is None or second is None:
            return clashes
        for facet in first.facets:
            if facet not in second.facets:
                continue
            ours, theirs = self._root(source.slot(facet)), self._root(target.slot(facet))
            here, there = self._known.get(ours), self._known.get(theirs)
            if here and there and here.value != there.value:
                clashes[facet] = (here, there)
            elif ours != theirs:
                self._parent[ours] = theirs
                if here and not there:
                    self._known[theirs] = here
        return clashes

    def known(self, end: End) -> dict[str, Known]:
        """The facets of a port that have a value."""
        kind = self.kind(end)
        found: dict[str, Known] = {}
        for facet in kind.facets if kind else ():
            if value := self._known.get(self._root(end.slot(facet))):
                found[facet] = value
        return found

    def type(self, end: End) -> PortType:
        """The type of a port with all that is known filled in."""
        facets: Mapping[str, Facet | None] = {
            facet: known.value for facet, known in self.known(end).items()
        }
        return replace(end.port.type, kind=self.kind(end), facets=facets)

    def _root(self, slot: Slot) -> Slot:
        parent = self._parent
        while slot in parent:
            above = parent[slot]
            if above in parent:  # halve the path, so that chains stay short
                parent[slot] = parent[above]
            slot = above
        return slot


class PortTypes(Mapping[str, PortType]):
    """The types of all outputs, or all inputs, by `node.port`: worked out when one is asked for."""

    def __init__(self, specs: Mapping[str, NodeSpec], ends: Unifier, *, outputs: bool) -> None:
        self._specs = specs
        self._ends = ends
        self._outputs = outputs

    def __getitem__(self, name: str) -> PortType:
        node, _, port = name.rpartition(".")
        spec = self._specs[node]
        return self._ends.type(End(node, spec, self._ports(spec)[port], self._outputs))

    def __iter__(self) -> Iterator[str]:
        for node, spec in self._specs.items():
            yield from (f"{node}.{port}" for port in self._ports(spec))

    def __len__(self) -> int:
        return sum(len(self._ports(spec)) for spec in self._specs.values())

    def _ports(self, spec: NodeSpec) -> Mapping[str, Port]:
        return spec.outputs if self._outputs else spec.inputs


def clash_in_words(
    link: Link, source: End, target: End, clashes: Mapping[str, tuple[Known, Known]], ends: Unifier
) -> tuple[str, str]:
    """What is wrong with a link whose facets differ, naming both families, and the way out."""
    theirs = next(iter(clashes.values()))[1]
    rival = theirs.port if theirs.port != target.name else f"{target.name} itself"
    wanted = {facet: pair[1].value for facet, pair in clashes.items()}
    given = {facet: pair[0].value for facet, pair in clashes.items()}
    carried = PortType(ends.kind(source), many=source.port.type.many).describe(given)
    reason = (
        f"{carried} from {link.source} can't go with {PortType(theirs.kind).describe(wanted)} "
        f"from {rival}."
    )
    family = ", ".join(f"{facet}={value}" for facet, value in wanted.items())
    return reason, f"Use parts of one family: join something of {family}, or change {rival}."
