"""The cells of a sweep as one graph: what they have in common is one node.

A node that gathers cells (it has a parameter annotated `Cells`) is one for all of them: its list
ports read what each cell has there, one after the other.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.graph.flat import Flat
from engine.graph.graph import Graph, Node, Source
from engine.graph.keys import canonical
from engine.graph.order import downstream, in_order
from engine.graph.registry import Registry
from engine.graph.spec import NodeSpec
from engine.graph.sweep import Cell
from engine.graph.variants import variant_names


@dataclass(frozen=True)
class Part:
    """One cell written out; `names` has the ids that its nodes have among all cells."""

    cell: Cell
    flat: Flat
    names: Mapping[str, str] = field(default_factory=dict[str, str])

    def id(self, flat_id: str) -> str:
        """The id in the graph of all cells."""
        return self.names.get(flat_id, flat_id)


@dataclass(frozen=True)
class Merged:
    """One graph of all cells, and the cells by its ids.

    `gathered` are the nodes that gather cells and what reads them: they are of no cell alone.
    """

    graph: Graph
    parts: tuple[Part, ...]
    gathered: frozenset[str] = frozenset()


def merged(parts: list[Part], registry: Registry) -> Merged:
    """One graph of all cells, in which nodes that come out the same are one."""
    signer = _Signer(registry)
    signs = [signer.signs(part.flat.graph) for part in parts]
    names = variant_names([part.cell for part in parts], signs)
    nodes: dict[str, Node] = {}
    named: list[Part] = []
    gathering: dict[str, list[tuple[Node, Part]]] = {}
    for part, signed in zip(parts, signs, strict=True):
        own = {flat_id: names[flat_id, sign] for flat_id, sign in signed.items()}
        named.append(replace(part, names=own))
        for flat_id, node in part.flat.graph.nodes.items():
            name = own[flat_id]
            if flat_id in signer.gathering:
                gathering.setdefault(name, []).append((node, named[-1]))
            if name not in nodes:
                inputs = {port: _named(ends, named[-1]) for port, ends in node.inputs.items()}
                nodes[name] = replace(node, id=name, inputs=inputs)
    for name, found in gathering.items():
        nodes[name] = _gathered(nodes[name], signer.gathering[found[0][0].id], found)
    whole = parts[0].flat.graph.with_nodes(nodes.values())
    return Merged(whole, tuple(named), frozenset(downstream(nodes, gathering)))


def _gathered(node: Node, spec: NodeSpec, cells: Iterable[tuple[Node, Part]]) -> Node:
    """A node that gathers cells, with the links that it has in each of them and their labels.

    A port that takes no list has one link, unless the cells differ there: then `check` says so.
    """
    inputs: dict[str, list[Source]] = {}
    labels: list[list[str]] = []
    for own, part in cells:
        labels.append(list(part.cell.labels))
        for port, ends in own.inputs.items():
            found = inputs.setdefault(port, [])
            many = (socket := spec.socket(port)) is not None and socket.many
            found += [end for end in _named(ends, part) if many or end not in found]
    params = {**node.params, spec.gathers: json.dumps(labels, ensure_ascii=False)}
    return replace(
        node, params=params, inputs={port: tuple(found) for port, found in inputs.items()}
    )


def _named(ends: Iterable[Source], part: Part) -> tuple[Source, ...]:
    return tuple(Source(part.id(end.node), end.port) for end in ends)


class _Signer:
    """Numbers for the nodes of each cell, the same for nodes of one id that come out the same.

    Most of a cell is as in the first one, and only what is not is looked at in full. `gathering`
    has the nodes that gather cells; what they read does not count.
    """

    def __init__(self, registry: Registry) -> None:
        self.gathering: dict[str, NodeSpec] = {}
        self._registry = registry
        self._kinds: dict[Any, int] = {}
        self._first: Mapping[str, Node] = {}
        self._first_order: tuple[str, ...] = ()
        self._first_signs: dict[str, int] = {}

    def signs(self, graph: Graph) -> dict[str, int]:
        """The number of each node of a cell by its flat id."""
        first, known = self._first, self._first_signs
        order = self._first_order
        if not self._is_wired_alike(graph):
            order, round_and_round = in_order(graph.nodes)
            order = (*order, *round_and_round)  # these never run, so any order will do
        signs: dict[str, int] = {}
        for node_id in order:
            node, before = graph.nodes[node_id], first.get(node_id)
            alike = before is not None and (node is before or node == before)
            if alike and all(signs.get(above) == known.get(above) for above in node.reads()):
                signs[node_id] = known[node_id]
            else:
                signs[node_id] = self._sign(node, signs)
        if not first:
            self._first, self._first_order, self._first_signs = graph.nodes, order, signs
        return signs

    def _is_wired_alike(self, graph: Graph) -> bool:
        """Whether the order of the first cell is one of this cell too."""
        first = self._first
        return len(graph.nodes) == len(first) and all(
            node_id in first and node.inputs == first[node_id].inputs
            for node_id, node in graph.nodes.items()
        )

    def _sign(self, node: Node, signs: Mapping[str, int]) -> int:
        spec = self._registry.find(node.type)
        if spec and spec.gathers:
            self.gathering[node.id] = spec
            signs = {}
        wires = tuple(
            (port, tuple((end.node, signs.get(end.node), end.port) for end in ends))
            for port, ends in sorted(node.inputs.items())
        )
        own = (node.id, node.type, node.version, node.state, node.lock)
        return self._kinds.setdefault((own, canonical(dict(node.params)), wires), len(self._kinds))
