"""A graph with nothing left open: seeds drawn, models pinned to the content that is here."""

from __future__ import annotations

import secrets
from collections.abc import Container, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from engine.graph.context import Settings
from engine.graph.errors import LoomError
from engine.graph.files import FileHashes
from engine.graph.graph import Graph, Node, Source
from engine.graph.keys import content_of
from engine.graph.params import ModelName, Param, Seed
from engine.graph.places import places, put
from engine.graph.registry import Registry
from engine.graph.repeat import EACH, ITEM, REPEAT
from engine.graph.workflow import to_json

DRAWN = 2**32  # drawn seeds are below this: enough, and short enough to copy


@dataclass(frozen=True)
class Resolved:
    """A graph that gives the same result whenever it is run, and what it uses.

    `swept_seeds` are the seeds that an axis goes over, so that each cell has its own.
    """

    graph: Graph
    seeds: dict[str, int] = field(default_factory=dict[str, int])
    models: dict[str, str] = field(default_factory=dict[str, str])
    swept_seeds: set[str] = field(default_factory=set[str])

    def pin(
        self, param: Param, value: Mapping[str, str], settings: Settings, hashes: FileHashes
    ) -> Mapping[str, str]:
        """A model with its content here, which it is from now on known by; LoomError if missing."""
        assert isinstance(param.widget, ModelName)
        value = _local(value, param.widget.part, settings)
        found = content_of(param, value, settings, hashes)
        self.models[f"{value['name']}/{param.widget.part}".rstrip("/")] = found
        return {"name": value["name"], "hash": found}

    def pin_in_zones(
        self,
        zones: Container[tuple[str, str]],
        registry: Registry,
        settings: Settings,
        hashes: FileHashes,
    ) -> None:
        """Pin what Repeat zones, by definition and id, hand to the nodes inside them.

        What can't be pinned is left: the node that needs it says so.
        """
        for place in list(places(self.graph, registry)):
            inside = self.graph.definitions.get(place.definition)
            node = (inside.nodes if inside else self.graph.nodes)[place.node]
            if node.type != REPEAT or (place.definition, place.node) not in zones:
                continue
            if isinstance(place.widget, ModelName):
                param = Param(place.param, Path, widget=place.widget)
                with suppress(LoomError):
                    put(self.graph, place, self.pin(param, place.value, settings, hashes))

    def provenance(self) -> dict[str, Any]:
        """What a result carries along to be made again: workflow, seeds by node, model hashes."""
        return {"workflow": to_json(self.graph), "seeds": self.seeds, "models": self.models}


def resolve(
    graph: Graph,
    registry: Registry,
    nodes: Iterable[str],
    settings: Settings,
    hashes: FileHashes,
    seed: int | None = None,
) -> Resolved:
    """Settle seeds and models of `nodes` on a copy of the graph, those on its axes too.

    A seed that is null is drawn; `seed` takes the place of every seed that is neither swept nor
    linked. Raises LoomError when a model is missing or is not the one whose hash the workflow has.
    """
    settled = Resolved(graph.copy())

    def pinned(node_id: str, param: Param, value: Any) -> Any:
        try:
            value = param.validate(value)
            if isinstance(param.widget, Seed):
                return secrets.randbelow(DRAWN) if value is None else value
            if isinstance(param.widget, ModelName) and value is not None:
                return settled.pin(param, value, settings, hashes)
        except LoomError as error:
            raise error.at(node_id) from None
        return value

    for node_id in nodes:
        node = graph.nodes[node_id]
        spec = registry.get(node.type)
        for name, param in spec.params.items() if spec.nature != "pure" else ():
            target = f"{node_id}.{name}"
            if not isinstance(param.widget, Seed | ModelName):
                continue
            if axis := graph.sweep.get(target):
                values = tuple(pinned(node_id, param, value) for value in axis.found(settings))
                settled.graph.set_axis(target, replace(axis, values=values))
                if isinstance(param.widget, Seed):
                    settled.swept_seeds.add(target)
            elif name not in node.inputs:
                value = node.params.get(name, param.default)
                if isinstance(param.widget, Seed) and seed is not None:
                    value = seed
                value = pinned(node_id, param, value)
                if isinstance(param.widget, Seed):
                    settled.seeds[target] = value
                if value != node.params.get(name):
                    settled.graph.set_param(node_id, name, value)
            elif isinstance(param.widget, Seed):
                for place, drawn in _handed_in(node.inputs[name], settled.graph.nodes):
                    settled.graph.set_param(*place, drawn)
    return settled


def draw_seeds(graph: Graph, registry: Registry, seed: int | None = None) -> Graph:
    """A copy of the graph in which no seed is open, so that it makes the same thing every time.

    `seed` takes the place of every seed that no link gives. What `check` would refuse is left.
    """
    drawn = graph.copy()
    for name, value in _drawn(graph, registry, seed).items():
        drawn.set_param(*name, value)
    for name, definition in graph.definitions.items():
        body = definition.body()
        for place, value in _drawn(body, registry, seed).items():
            body.set_param(*place, value)
        drawn.define(name, definition.with_body(body))
    return drawn


def _drawn(graph: Graph, registry: Registry, seed: int | None) -> dict[tuple[str, str], int]:
    """The seeds to settle in a graph or the body of a subgraph, by node and parameter."""
    found: dict[tuple[str, str], int] = {}
    for node in graph.nodes.values():
        spec = registry.find(node.type)
        for name, param in spec.params.items() if spec else ():
            if not isinstance(param.widget, Seed):
                continue
            if name in node.inputs:
                found.update(_handed_in(node.inputs[name], graph.nodes))
                continue
            default = None if param.required else param.default
            if seed is not None or node.params.get(name, default) is None:
                found[node.id, name] = secrets.randbelow(DRAWN) if seed is None else seed
    return found


def _handed_in(
    sources: Iterable[Source], nodes: Mapping[str, Node]
) -> Iterator[tuple[tuple[str, str], Any]]:
    """Open seeds that Repeat zones hand to a node, as items or as what a state starts as, drawn.

    By the zone and its parameter.
    """
    for source in sources:
        zone = nodes.get(source.node)
        name = EACH if source.port == ITEM else source.port
        if zone is None or zone.type != REPEAT or name not in zone.params:
            continue
        given = zone.params[name]
        items = cast(list[Any], given) if isinstance(given, list) else [given]
        if None in items:
            drawn = [secrets.randbelow(DRAWN) if item is None else item for item in items]
            yield (zone.id, name), drawn if isinstance(given, list) else drawn[0]


def _local(value: Mapping[str, str], part: str, settings: Settings) -> Mapping[str, str]:
    """The model under the name that its content has here, should it have been renamed."""
    digest = value.get("hash")
    if not digest:
        return value
    return {**value, "name": settings.model_name(value["name"], digest, part)}
