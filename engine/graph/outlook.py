"""What the nodes of a plan would take in memory, as far as the handles of their models tell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from engine.graph.arguments import arguments
from engine.graph.cache import Cache, Lost
from engine.graph.context import Context, Settings
from engine.graph.graph import Graph, Source
from engine.graph.plan import Plan
from engine.graph.prefetch import Models, handles
from engine.graph.registry import Registry
from engine.graph.spec import NodeSpec

Values = Mapping[str, Any]


def with_outlooks(
    plan: Plan,
    graph: Graph,
    registry: Registry,
    models: Models,
    cache: Cache,
    settings: Settings,
) -> Plan:
    """The plan, each step that would run with how its models would be held.

    No model is loaded: nodes that give handles are called where nothing is kept of them, since a
    handle says what a model is and holds none of it.
    """
    known = _Known(plan, graph, registry, models.handle, cache, settings)
    steps = list(plan.steps)
    for place, step in enumerate(steps):
        if step.state == "run":
            node, spec = graph.nodes[step.node], registry.get(step.type)
            found = list(handles(node, spec, models.handle, known.value))
            steps[place] = replace(step, memory=models.outlook(found) if found else None)
    return replace(plan, steps=tuple(steps))


@dataclass(frozen=True)
class _Known:
    """Handles at ports: kept ones, and those of nodes that were called to know them."""

    plan: Plan
    graph: Graph
    registry: Registry
    handle: type
    cache: Cache
    settings: Settings
    found: dict[str, Values] = field(default_factory=dict[str, Values])

    def value(self, source: Source) -> Any:
        """What a port holds, None where that is not known."""
        if source.node not in self.found:
            try:
                self.found[source.node] = self._values(source.node)
            except Exception:  # whatever a node raises, and it is the run's to say
                self.found[source.node] = {}
        return self.found[source.node].get(source.port)

    def _values(self, node_id: str) -> Values:
        if entry := self.plan.entries.get(node_id):
            try:
                return self.cache.load(entry)
            except Lost:
                pass
        node = self.graph.nodes[node_id]
        spec = self.registry.get(node.type)
        if not self._gives_handles(spec):
            return {}
        given = arguments(node, spec, self.settings, self._there)
        return spec.call(given, Context(node_id=node_id, settings=self.settings))

    def _there(self, source: Source) -> Any:
        found = self.value(source)
        if found is None:
            raise LookupError(str(source))
        return found

    def _gives_handles(self, spec: NodeSpec) -> bool:
        kinds = [port.type.kind for port in spec.outputs.values()]
        are = (kind is not None and issubclass(kind.python, self.handle) for kind in kinds)
        return spec.nature in ("pure", "external") and any(are)
