"""Whether a link may be, at once while it is dragged, and why not in words.

It goes by what the last check knows of ports. What only a check of the whole graph can see is
looked for when the link is let go.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from app.gui.canvas.ports import PortFace
from app.gui.document import Document
from app.gui.language import tr
from engine.graph.graph import Graph
from engine.graph.repeat import GATHER, NEXT, REPEAT
from engine.graph.types import Facet, Kind, PortType, carries, find_conversion


@dataclass(frozen=True)
class End:
    """One end of a link that is being drawn."""

    node: str
    port: PortFace

    @property
    def name(self) -> str:
        """`node.port`."""
        return f"{self.node}.{self.port.name}"


class Fitting:
    """What can be joined to one end, worked out once when a link begins to be dragged.

    `prefix` is what the ids of shown nodes have before them in the whole workflow (`fix/`).
    """

    def __init__(self, document: Document, prefix: str, start: End) -> None:
        self._document = document
        self._prefix = prefix
        self._start = start
        self._type = known_type(document, prefix, start)
        links = depends(document.graph)
        self._circle = reached(links if start.port.is_output else reversed_(links), start.node)

    @property
    def kind(self) -> PortType:
        """The type of the end that is held."""
        return self._type

    def refusal(self, end: End) -> str:
        """Why another end can't be joined, "" when it can as far as is known."""
        start = self._start
        source, target = (start, end) if start.port.is_output else (end, start)
        if source.port.is_output == target.port.is_output:
            return tr("Join an output to an input.")
        if end.port.lost or start.port.lost:
            return tr("There is no such port any more.")
        ours, theirs = self._type, end.port.type
        given, wanted = (ours, theirs) if start.port.is_output else (theirs, ours)
        if words := kinds_refused(given, wanted):
            return words
        if words := self._round(source, target):
            return words
        theirs = known_type(self._document, self._prefix, end)
        return facets_refused(*((ours, theirs) if start.port.is_output else (theirs, ours)))

    def _round(self, source: End, target: End) -> str:
        other = target.node if self._start.port.is_output else source.node
        if other not in self._circle or target.port.name.startswith((NEXT, GATHER)):
            return ""
        if source.node in zones_around(self._document.graph, target.node):
            return ""
        if source.node == target.node:
            return tr("A node can't feed itself.")
        words = tr("{} already depends on {}: the links would go round in a circle.")
        return words.format(source.node, target.node)


def known_type(document: Document, prefix: str, end: End) -> PortType:
    """The type of a port with the facets that the last check found."""
    report = document.report
    if report is None or end.port.new:
        return end.port.type
    types = report.types if end.port.is_output else report.inputs
    try:
        return types[f"{prefix}{end.name}"]
    except KeyError:
        return end.port.type


def kinds_refused(given: PortType, wanted: PortType) -> str:
    """Why a kind does not go into another, "" when it does or is not known."""
    if given.many and not wanted.many and wanted.kind is not None:
        return tr("It gives a list of {}, and this takes one {}.").format(
            _name(given), wanted.kind.name
        )
    if given.kind is None:
        return ""
    if wanted.kind is None:
        if wanted.takes(given.kind):
            return ""
        return tr("{} can't go in here: it takes {}.").format(given.kind.name, wanted.describe())
    if carries(wanted.kind, given.kind) or find_conversion(given.kind, wanted.kind):
        return ""
    return tr("{} can't go in here: it takes {}.").format(given.kind.name, wanted.kind.name)


def facets_refused(given: PortType, wanted: PortType) -> str:
    """Why parts of two families don't go together, naming both."""
    clash = {
        name: (value, wanted.facets[name])
        for name, value in given.facets.items()
        if value is not None and wanted.facets.get(name) not in (None, value)
    }
    if not clash or given.kind is None:
        return ""
    ours = _family(given.kind, {name: pair[0] for name, pair in clash.items()})
    theirs = _family(wanted.kind or given.kind, {name: pair[1] for name, pair in clash.items()})
    return tr("{} can't go with {}: take parts of one family.").format(ours, theirs)


def depends(graph: Graph) -> dict[str, set[str]]:
    """What each node needs directly; a zone, seen from outside, all that is in it."""
    members: dict[str, list[str]] = defaultdict(list)
    for node in graph.nodes.values():
        members[node.zone].append(node.id)
    found: dict[str, set[str]] = {}
    for node in graph.nodes.values():
        inside = zones_around(graph, node.id) if node.zone else []
        needs: set[str] = set()
        for port, sources in node.inputs.items():
            if node.type == REPEAT and port.startswith((NEXT, GATHER)):
                continue
            for source in sources:
                if source.node not in inside:
                    needs |= {source.node, *members.get(source.node, ())}
        found[node.id] = needs
    return found


def reversed_(links: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """The same the other way round."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, needs in links.items():
        for other in needs:
            found[other].add(name)
    return found


def reached(links: Mapping[str, set[str]], start: str) -> set[str]:
    """All that can be come to from a node, itself included."""
    found: set[str] = set()
    stack = [start]
    while stack:
        name = stack.pop()
        if name not in found:
            found.add(name)
            stack += links.get(name, ())
    return found


def zones_around(graph: Graph, name: str) -> list[str]:
    """The zones around a node, the nearest first."""
    found: list[str] = []
    node = graph.nodes.get(name)
    while node and node.zone and node.zone not in found:
        found.append(node.zone)
        node = graph.nodes.get(node.zone)
    return found


def _name(given: PortType) -> str:
    return given.kind.name if given.kind else tr("values")


def _family(kind: Kind, facets: dict[str, Facet | None]) -> str:
    told = {name: value for name, value in facets.items() if value is not None}
    return PortType(kind).describe(told)
