"""A graph as it runs: subgraphs and zones written out in every cell of its sweep.

Problems of the flat graph are told where the person can mend them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from engine.graph.context import Settings
from engine.graph.errors import LoomError
from engine.graph.flat import End, Flat, Open, Origin
from engine.graph.flatten import TOO_LARGE, flatten, is_plain, too_large
from engine.graph.graph import Graph, Link, Node, Source
from engine.graph.interface import local_registry
from engine.graph.merge import Merged, Part, merged
from engine.graph.problems import Problem, problem
from engine.graph.registry import Registry
from engine.graph.sweep import Cell, Grid, cell_graph, check_targets, grid

TOO_MANY = "too-many-links"
_TAKE_LIST = "Put this into the Repeat zone, or join the list to something that takes lists."
MAX_NODES = 1_000_000  # of all cells together, before those that are the same are one

Counts = Mapping[tuple[tuple[int, ...], str], Any]

# Of a problem at an input that comes in through an instance's port: these are the inside's fault.
_OF_THE_INSIDE = {"unknown-input", "unknown-param", TOO_MANY}
_OF_WHAT_IS_NOT_GIVEN = {"missing-input", "missing-param"}


@dataclass(frozen=True)
class Expansion:
    """`graph` is what runs; `parts` is a part for each cell, one where nothing is swept.

    `registry` knows the graph's own node types too. `problems` are what could not be written out.
    `gathered` are the nodes that gather cells and what reads them: they are of no cell alone.
    """

    graph: Graph
    registry: Registry
    grid: Grid
    parts: tuple[Part, ...]
    problems: tuple[Problem, ...] = ()
    gathered: frozenset[str] = frozenset()

    @property
    def plain(self) -> bool:
        """Whether the graph runs as it is."""
        return len(self.parts) == 1 and not self.parts[0].flat.origins

    def targets(self, outputs: Iterable[str]) -> tuple[str, ...]:
        """What to run for these outputs; a name that is nowhere stays as it is."""
        found: dict[str, None] = {}
        for name in outputs:
            known = any(name in part.flat.by_address for part in self.parts)
            found.update(dict.fromkeys(self.pulled(name) or (() if known else (name,))))
        return tuple(found)

    def pulled(self, node_id: str) -> tuple[str, ...]:
        """The nodes to run for a node, instance or zone: in every cell, every iteration.

        An instance or zone stands for what its ports come from and what it saves; nothing when
        there is no such node.
        """
        found: dict[str, None] = {}
        for part in self.parts:
            found.update(dict.fromkeys(map(part.id, self._pulled(part.flat, node_id))))
        return tuple(found)

    def _pulled(self, flat: Flat, node_id: str) -> list[str]:
        if node_id in flat.graph.nodes:
            return [node_id]
        named = flat.by_address.get(node_id, ())
        found = [name for name in named if name in flat.graph.nodes]
        for name in named:
            if name in flat.graph.nodes:
                continue
            for port, ends in flat.ports.items():
                if port.node == name:
                    found += [end.node for end in ends if isinstance(end, Source)]
            inside = [id for id in flat.graph.nodes if id.startswith((f"{name}/", f"{name}#"))]
            found += [id for id in inside if self._saves(flat.graph.nodes[id])]
            if not found:
                read = {source.node for id in inside for source in flat.graph.nodes[id].sources()}
                found += [id for id in inside if id not in read]
        return found

    def _saves(self, node: Node) -> bool:
        spec = self.registry.find(node.type)
        return spec is not None and spec.nature == "effect"

    def ends(self, name: str, cell: Cell | None = None) -> tuple[tuple[End, ...], bool]:
        """What is behind `node.port` in a cell (the first by default), and whether it is a list.

        `node` may be an instance or a zone; of a node in a zone it is the last iteration's.
        """
        parts = [part for part in self.parts if cell is None or part.cell == cell]
        if not parts:
            return (), False
        part = parts[0]
        place = Source.parse(name)
        if place not in part.flat.ports:
            node, _, port = name.rpartition(".")  # an id that has a value in it may have a dot
            if node in self.graph.nodes:
                return (Source(node, port),), False
            found = [
                id for id in self._pulled(part.flat, place.node) if id in part.flat.graph.nodes
            ]
            return tuple(Source(part.id(id), place.port) for id in found[-1:]), False
        ends = part.flat.ports[place]
        behind = tuple(
            Source(part.id(end.node), end.port) if isinstance(end, Source) else end for end in ends
        )
        return behind, place in part.flat.lists

    @property
    def open(self) -> tuple[tuple[tuple[int, ...], Open], ...]:
        """The zones that run as often as only a run can tell, with their cell, by ids among all."""
        found: list[tuple[tuple[int, ...], Open]] = []
        for part in self.parts:
            for zone in part.flat.open:
                ends = tuple(
                    Source(part.id(end.node), end.port) if isinstance(end, Source) else end
                    for end in zone.ends
                )
                found.append((part.cell.place, replace(zone, ends=ends)))
        return tuple(found)

    def told_link(self, link: Link) -> Link:
        """A link of the written-out graph by the nodes of the workflow that it joins."""
        source = Source(self._address(link.source.node), link.source.port)
        return Link(source, self._address(link.node), link.port)

    def _address(self, name: str) -> str:
        flat, flat_id = self._homes.get(name, (self.parts[0].flat, name))
        origin = flat.origins.get(flat_id)
        return origin.address if origin else flat_id

    @cached_property
    def _homes(self) -> Mapping[str, tuple[Flat, str]]:
        """The first cell that has each node, and the node's id in it."""
        return {
            part.id(id): (part.flat, id)
            for part in reversed(self.parts)
            for id in part.flat.graph.nodes
        }

    def told(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """Problems of the flat graph as the person sees them.

        What every instance of a subgraph has is told once, at the subgraph.
        """
        problems = tuple(problems)
        if self.plain or not problems:
            return problems
        homes = self._homes
        uses: dict[str, set[tuple[str, ...]]] = {}
        for part in self.parts:
            for origin in part.flat.origins.values():
                uses.setdefault(origin.definition, set()).add(origin.path)
        found: dict[tuple[str, str, str, str], dict[tuple[str, ...], tuple[Problem, Origin]]] = {}
        for item in problems:
            flat, flat_id = homes.get(item.node, (self.parts[0].flat, item.node))
            if flat_id in flat.broken or (flat_id, item.port) in flat.quiet:
                continue
            place, port = _blamed(flat, flat_id, item)
            if item.code == TOO_MANY and (flat_id, item.port) in flat.lists_in:
                source = flat.lists_in[flat_id, item.port]
                reason = f"A list comes in from {source}, and it takes one value."
                item = replace(item, reason=reason, remedy=_TAKE_LIST)
            origin = flat.origins.get(place, Origin((), "", place))
            key = (origin.definition, origin.node, port, item.code)
            found.setdefault(key, {}).setdefault(origin.path, (replace(item, port=port), origin))
        told: list[Problem] = []
        for (definition, node, _, _), by_path in found.items():
            everywhere = definition and len(by_path) == len(uses[definition])
            for item, origin in by_path.values():
                if everywhere:
                    where = f"subgraph:{definition}/{node}"
                    reason = item.reason.replace(origin.prefix, "")
                    told.append(replace(item, node=where, reason=reason))
                    break
                told.append(replace(item, node=origin.address))
        return tuple(told)


def expand(
    graph: Graph,
    registry: Registry,
    settings: Settings | None = None,
    counts: Counts | None = None,
) -> Expansion:
    """Write a graph out, in every cell of its sweep; never raises for what it holds.

    `counts` says, by cell and zone, how often zones run that only a run can tell.
    """
    plain = is_plain(graph)
    single = Grid((), (Cell((), {}),))
    if plain and not graph.sweep:
        return Expansion(graph, registry, single, (Part(single.cells[0], Flat(graph)),))
    local = local_registry(graph, registry)
    counts = counts or {}
    problems: list[Problem] = []
    try:
        check_targets(graph, local)
        cells = grid(graph, settings or Settings()) if graph.sweep else single
    except LoomError as error:
        problems.append(problem("sweep", error))
        cells = single
    parts: list[Part] = []
    size = 0
    for cell in cells.cells:
        known = {zone: value for (place, zone), value in counts.items() if place == cell.place}
        one = cell_graph(graph, cell.values) if graph.sweep else graph
        flat = Flat(one) if plain else flatten(one, local, known)
        parts.append(Part(cell, flat))
        problems += [found for found in flat.problems if found not in problems]
        size += len(flat.graph.nodes)
        if size > MAX_NODES:
            problems.append(too_large(MAX_NODES, "cells"))
        if any(found.code == TOO_LARGE for found in problems):
            return Expansion(Graph(), local, cells, (parts[0],), tuple(problems))
    whole = merged(parts, local) if graph.sweep else Merged(parts[0].flat.graph, tuple(parts))
    found = Expansion(whole.graph, local, cells, whole.parts, tuple(problems), whole.gathered)
    nodes = whole.graph.nodes.values()
    return replace(found, graph=Graph(nodes, found.targets(graph.outputs), graph.view))


def _blamed(flat: Flat, flat_id: str, item: Problem) -> tuple[str, str]:
    """Where a problem can be mended: at the input, or at the instance it comes in through."""
    place, port = flat.enters(flat_id, item.port) or (flat_id, item.port)
    if place == flat_id or item.code in _OF_THE_INSIDE:
        return flat_id, item.port
    if ((place, port) in flat.absent) != (item.code in _OF_WHAT_IS_NOT_GIVEN):
        return flat_id, item.port
    return place, port
