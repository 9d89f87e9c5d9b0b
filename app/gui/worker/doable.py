"""What of a workflow can be run, where problems keep some of its results from being made."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.gui.runs.edited import uses, with_all_below
from engine.graph.check import CheckError, requested
from engine.graph.executor import Executor
from engine.graph.graph import Graph
from engine.graph.interface import local_registry
from engine.graph.plan import Plan
from engine.graph.problems import Problem


@dataclass(frozen=True)
class Doable:
    """The plan of the `outputs` that can be made.

    `problems` keep the others from it. `stuck` are nodes that would run if it were not for these,
    each with the node that has the problem.
    """

    plan: Plan
    outputs: tuple[str, ...]
    problems: tuple[Problem, ...] = ()
    stuck: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def failed(self) -> dict[str, str]:
        """The problems in words, by their nodes."""
        found: dict[str, str] = {}
        for problem in self.problems:
            found[problem.node] = "\n".join(filter(None, (found.get(problem.node), str(problem))))
        return found


def doable(
    executor: Executor,
    graph: Graph,
    outputs: Iterable[str] = (),
    *,
    seed: int | None = None,
    name: str = "",
    fresh: bool = False,
    memory: bool = False,
    cancel: threading.Event | None = None,
) -> Doable:
    """Plan what is asked for, without what has problems; raises what `Executor.plan` raises.

    That is CheckError where problems keep everything from being made.
    """
    wanted = tuple(outputs)
    problems: tuple[Problem, ...] = ()
    stuck: dict[str, str] = {}
    while True:
        try:
            plan = executor.plan(
                graph, wanted, seed=seed, name=name, fresh=fresh, memory=memory, cancel=cancel
            )
        except CheckError as error:
            asked = requested(graph, local_registry(graph, executor.registry), wanted)
            below = _below(graph, error.problems)
            left = tuple(output for output in asked if output not in below)
            if not left or len(left) == len(asked):
                raise
            needed = graph.upstream(output for output in asked if output in below)
            stuck |= {node: by for node, by in below.items() if node in needed and node != by}
            wanted, problems = left, (*problems, *error.problems)
        else:
            return Doable(plan, wanted, problems, stuck)


def _below(graph: Graph, problems: Iterable[Problem]) -> dict[str, str]:
    """The nodes that have one of these problems or need one that has, each with that one."""
    found: dict[str, str] = {}
    for problem in problems:
        for root in _roots(graph, problem.node):
            found |= {name: root for name in with_all_below(graph, {root}) if name not in found}
    return found


def _roots(graph: Graph, node: str) -> list[str]:
    """The nodes of the whole workflow in which a problem's node is."""
    if node.startswith("subgraph:"):
        name = node.removeprefix("subgraph:").partition("/")[0]
        return [other.id for other in graph.nodes.values() if uses(graph, other, {name})]
    root = node.partition("/")[0].partition("#")[0].partition("@")[0]
    return [root] if root in graph.nodes else []
