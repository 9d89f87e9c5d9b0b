"""All problems of a graph at once, each with node, port, reason and remedy; nothing is run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.graph.context import Settings
from engine.graph.expand import Expansion, expand
from engine.graph.flat import Given
from engine.graph.flat_check import FlatCheck, unknown_output
from engine.graph.graph import SUBGRAPH, Graph, Node, Source
from engine.graph.interface import local_registry
from engine.graph.problems import CheckError, Problem
from engine.graph.registry import Registry
from engine.graph.repeat import NEXT
from engine.graph.report import Report, ToldTypes
from engine.graph.subgraph import used
from engine.graph.types import carries, find_conversion

__all__ = [
    "CheckError",
    "Report",
    "check",
    "check_link",
    "examine",
    "requested",
]


def check(graph: Graph, registry: Registry, settings: Settings | None = None) -> Report:
    """Check a whole graph, but for what is muted or bypassed and what only that feeds.

    With `settings`, files, models and folders are looked for as well, and loaders' probes read file
    headers, so that facets are known. Never raises for what the graph holds.
    """
    report = examine(expand(graph, registry, settings), settings)[1]
    problems = list(report.problems)
    for name in _without_instance(graph):
        alone = Graph([Node(name, SUBGRAPH + name)], definitions=graph.definitions)
        told = examine(expand(alone, registry, settings), settings)[1].problems
        # What an instance would have to give is nobody's fault yet.
        inside = (item for item in told if item.node.startswith(SUBGRAPH))
        problems += [item for item in inside if item not in problems]
    return replace(report, problems=tuple(problems)) if graph.definitions else report


def _without_instance(graph: Graph) -> list[str]:
    """The subgraphs that nothing in the graph uses, not even inside of another one."""
    found: set[str] = set()
    stack = [used(node) for node in graph.nodes.values()]
    while stack:
        name = stack.pop()
        if name in graph.definitions and name not in found:
            found.add(name)
            stack += [used(node) for node in graph.definitions[name].nodes.values()]
    return [name for name in graph.definitions if name not in found]


def examine(expansion: Expansion, settings: Settings | None = None) -> tuple[Report, Report]:
    """What is wrong with a graph that was written out: by its flat nodes, and as it is told."""
    flat = FlatCheck(expansion.graph, expansion.registry, settings).report()
    if expansion.plain and not expansion.problems:
        return flat, flat
    problems = (*flat.problems, *_changing_states(expansion, flat))
    flat = replace(flat, problems=problems)
    conversions = {expansion.told_link(link): way for link, way in flat.conversions.items()}
    told = Report(
        (*expansion.problems, *expansion.told(problems)),
        ToldTypes(expansion, flat.types),
        ToldTypes(expansion, flat.inputs),
        conversions,
    )
    return flat, told


def _changing_states(expansion: Expansion, flat: Report) -> list[Problem]:
    """States of Repeat zones that go on as another kind than they start."""
    found: list[Problem] = []
    states = {state[:2]: state for part in expansion.parts for state in part.flat.states}
    for zone, name, start, after in states.values():
        ends = [flat.types.get(str(end)) for end in (*start, *after) if not isinstance(end, Given)]
        kinds = [end.kind for end in ends if end and end.kind]
        if len(kinds) != 2 or carries(kinds[0], kinds[1]) or find_conversion(kinds[1], kinds[0]):
            continue
        reason = f"The state starts as {kinds[0].name} and goes on as {kinds[1].name}."
        remedy = f"Hand on {kinds[0].name}, or start with {kinds[1].name}."
        found.append(Problem("kind", zone, f"{NEXT}{name}", reason, remedy))
    return found


def check_link(
    graph: Graph, registry: Registry, source: str, target: str, settings: Settings | None = None
) -> tuple[Problem, ...]:
    """What would be wrong with a link that is not there yet; nothing when it fits.

    A link has to fit at a muted or bypassed node as well.
    """
    nodes = [replace(node, state="") if node.state else node for node in graph.nodes.values()]
    graph = graph.with_nodes(nodes)
    trial = graph.copy()
    end = Source.parse(target)
    spec = local_registry(graph, registry).find(trial.node(end.node).type)
    socket = spec.socket(end.port) if spec else None
    trial.connect(source, target, append=socket is not None and socket.many)
    before = set(check(graph, registry, settings).problems)
    after = check(trial, registry, settings).problems
    return tuple(problem for problem in after if problem not in before)


def requested(graph: Graph, registry: Registry, outputs: Iterable[str] = ()) -> tuple[str, ...]:
    """The nodes to pull: `outputs`, else the graph's own, else effects, else final nodes."""
    wanted = tuple(outputs) or graph.outputs
    if wanted:
        for node_id in wanted:
            if node_id not in graph.nodes:
                raise CheckError((unknown_output(graph, node_id),))
        return wanted
    specs = {node.id: registry.find(node.type) for node in graph.nodes.values()}
    effects = tuple(name for name, spec in specs.items() if spec and spec.nature == "effect")
    return effects or graph.sinks()
