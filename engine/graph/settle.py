"""The graph of a run with nothing left open, written out: seeds and models first, then the rest.

Seeds are drawn where the workflow has them, not where they end up: all instances of a subgraph, all
iterations of a zone and all cells of a sweep see the one seed that was drawn, and the workflow that
a picture carries is the one that people edit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from engine.graph.context import Settings
from engine.graph.expand import Counts, Expansion, expand
from engine.graph.files import FileHashes
from engine.graph.flat import Flat
from engine.graph.graph import Graph
from engine.graph.merge import Part
from engine.graph.registry import Registry
from engine.graph.resolve import Resolved, resolve
from engine.graph.sweep import Cell, Lines, cell_graph
from engine.graph.workflow import to_json


@dataclass(frozen=True)
class Settled:
    """The workflow with seeds drawn and models pinned, and that workflow written out."""

    resolved: Resolved
    expansion: Expansion

    def provenance(self, node_id: str) -> dict[str, Any]:
        """How the result of a node comes to be: in a sweep, by the workflow of its cell alone.

        What gathers cells, or reads such a node, comes to be by all of it, and tells the values of
        each cell.
        """
        made = self.resolved.provenance()
        expansion = self.expansion
        if not self.resolved.graph.sweep:
            return made
        if node_id in expansion.gathered:
            return {**made, "cells": [dict(part.cell.values) for part in expansion.parts]}
        cell = self._cells[node_id]
        single = cell_graph(self.resolved.graph, cell.values)
        single.remove(*(single.nodes.keys() & expansion.gathered))
        own = {name: cell.values[name] for name in self.resolved.swept_seeds}
        return {
            **made,
            "workflow": to_json(single),
            "seeds": {**made["seeds"], **own},
            "cell": dict(cell.values),
        }

    @cached_property
    def _cells(self) -> Mapping[str, Cell]:
        """The first cell that has each node."""
        parts = reversed(self.expansion.parts)
        return {name: part.cell for part in parts for name in part.names.values()}


def settle(
    graph: Graph,
    registry: Registry,
    expansion: Expansion,
    nodes: Iterable[str],
    settings: Settings,
    hashes: FileHashes,
    seed: int | None,
    counts: Counts,
) -> Settled:
    """Settle what `nodes` of the written-out graph need; raises what `resolve` raises."""
    if expansion.graph is graph:
        resolved = resolve(graph, registry, nodes, settings, hashes, seed)
        part = Part(expansion.parts[0].cell, Flat(resolved.graph))
        return Settled(resolved, replace(expansion, graph=resolved.graph, parts=(part,)))
    needed = _needed(expansion, nodes)
    local = expansion.registry
    top = [node_id for node_id in graph.nodes if ("", node_id) in needed]
    resolved = resolve(graph, local, top, settings, hashes, seed)
    for name, definition in graph.definitions.items():
        inner = [node_id for node_id in definition.nodes if (name, node_id) in needed]
        body = resolve(definition.body(), local, inner, settings, hashes, seed)
        resolved.graph.define(name, definition.with_body(body.graph))
        resolved.models.update(body.models)
        resolved.seeds.update(
            {f"subgraph:{name}/{param}": drawn for param, drawn in body.seeds.items()}
        )
    resolved.pin_in_zones(needed, registry, settings, hashes)
    for target, axis in graph.sweep.items():
        if isinstance(axis.values, Lines):  # the lines of a file as they are now
            resolved.graph.set_axis(target, replace(axis, values=axis.found(settings)))
    if resolved.graph == graph:  # nothing was left open
        return Settled(resolved, expansion)
    return Settled(resolved, expand(resolved.graph, registry, settings, counts))


def _needed(expansion: Expansion, nodes: Iterable[str]) -> set[tuple[str, str]]:
    """The nodes of the workflow behind nodes of the flat graph: by definition and id, with the
    instances that they are in."""
    wanted = set(nodes)
    found: set[tuple[str, str]] = set()
    for part in expansion.parts:
        origins = part.flat.origins
        for flat_id in part.flat.graph.nodes:
            if part.id(flat_id) not in wanted:
                continue
            place = flat_id
            while place:
                origin = origins.get(place)
                if origin is None:
                    found.add(("", place))
                    break
                found.add((origin.definition, origin.node))
                place = origin.prefix.rstrip("/")
                if place not in origins:
                    place = place.rpartition("#")[0]
    return found
