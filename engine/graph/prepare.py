"""A graph made ready to run: written out, checked, settled, keyed and planned."""

from __future__ import annotations

from collections.abc import Callable, Collection, Container, Mapping
from dataclasses import dataclass, replace
from typing import Any, cast

from engine.graph.cache import Cache
from engine.graph.check import CheckError, Report, examine, requested
from engine.graph.context import Settings
from engine.graph.errors import LoomError
from engine.graph.expand import Counts, Expansion, expand
from engine.graph.flat import End, Given
from engine.graph.graph import Graph, Source
from engine.graph.keys import Recipe, recipes
from engine.graph.order import in_order
from engine.graph.plan import Plan, left_out, make_plan
from engine.graph.reach import reach, stands_in_the_way
from engine.graph.registry import Registry
from engine.graph.repeat import TIMES
from engine.graph.settle import Settled, settle
from engine.graph.states import Active, active, keep_locked


@dataclass(frozen=True)
class Request:
    """What is to be run, or planned: `Executor.run` says what each of these means."""

    graph: Graph
    outputs: tuple[str, ...] = ()
    seed: int | None = None
    name: str = ""
    fresh: bool = False


@dataclass(frozen=True)
class Job:
    """A graph made ready. `graph` is what takes part of it, nothing above a lock among that.

    `passes` leads from the outputs of bypassed nodes to where their values come from. `open` says
    that it is only there to find out how often zones run.
    """

    settled: Settled
    graph: Graph
    passes: Mapping[Source, tuple[Source, ...]]
    recipes: Mapping[str, Recipe]
    plan: Plan
    open: bool

    def counts(self, values: Callable[[str], Mapping[str, Any]]) -> Counts:
        """How often the zones run that this job was to find out, from the values of nodes."""
        found: dict[tuple[tuple[int, ...], str], Any] = {}
        for place, zone in self.settled.expansion.open:
            ends = [_behind(end, self.passes) for end in zone.ends]
            if all(isinstance(end, Given) or end.node in self.recipes for end in ends):
                items = [
                    end.value if isinstance(end, Given) else values(end.node)[end.port]
                    for end in ends
                ]
                found[place, zone.zone] = (
                    items[0] if zone.port == TIMES else sum(map(_length, items))
                )
        return found


@dataclass(frozen=True)
class _Pulled:
    """What the outputs pull of a graph that was written out.

    `wanted` are the nodes asked for, `targets` those to run for them, and `asked` says that these
    only tell how often zones run. `above` is all that the wanted nodes need, `free` what of it is
    not locked to a kept result.
    """

    active: Active
    graph: Graph
    wanted: tuple[str, ...]
    targets: tuple[str, ...]
    above: Collection[str]
    free: frozenset[str]
    asked: bool

    def order(self) -> tuple[str, ...]:
        """The nodes that the targets need, each after those it reads."""
        if self.asked:
            return self.graph.order(self.targets)
        return in_order(self.graph.nodes, self.above)[0]


@dataclass(frozen=True)
class Preparer:
    """Makes graphs ready over one registry, one cache, one set of folders and surroundings."""

    registry: Registry
    settings: Settings
    cache: Cache
    environment: Mapping[str, str]

    def job(
        self,
        request: Request,
        counts: Counts,
        *,
        done: Collection[str] = (),
        whole: bool = False,
    ) -> Job:
        """Make a graph ready, or as much of it as says how often zones run that need to know.

        `counts` has what is known of that, `done` the keys of results to keep though all is to be
        fresh. With `whole` zones of which it is not known run once.
        """
        graph, named = request.graph, request.outputs or request.graph.outputs
        expansion = expand(graph, self.registry, self.settings, counts)
        held = self.cache.find(locks(expansion.graph))
        self._check_whole(graph, expansion, named, held)
        try:
            pulled = _pull(expansion, named, held, whole)
        except CheckError as error:  # an output is not there, so nobody knows what is needed
            told = examine(expansion, self.settings)[1].problems
            raise CheckError(tuple(dict.fromkeys((*told, *error.problems)))) from None
        report = self._check(expansion, pulled.free)
        order = pulled.order()
        settled = settle(
            graph,
            self.registry,
            expansion,
            [node_id for node_id in order if node_id in pulled.free],
            self.settings,
            self.cache.hashes,
            request.seed,
            counts,
        )
        if settled.expansion is not expansion:
            # What was drawn or pinned is in the nodes, and in the ids of the cells of a sweep.
            pulled = _pull(settled.expansion, named, held, whole)
            order = pulled.order()
        found = recipes(
            pulled.graph,
            settled.expansion.registry,
            order,
            self.settings,
            self.environment,
            self.cache.hashes,
        )
        _check_locks(pulled.active.graph, found)
        kept = held.keys() | set(done)
        plan = self._plan(request, pulled, settled, found, kept)
        plan = replace(plan, elsewhere=report.problems, conversions=report.conversions)
        return Job(settled, pulled.graph, pulled.active.passes, found, plan, pulled.asked)

    def _plan(
        self,
        request: Request,
        pulled: _Pulled,
        settled: Settled,
        found: Mapping[str, Recipe],
        kept: Container[str],
    ) -> Plan:
        """What the cache spares of this, but of what is to be fresh only the `kept` keys."""
        entries = self.cache.find(
            recipe.key for recipe in found.values() if not request.fresh or recipe.key in kept
        )
        plan = make_plan(
            pulled.graph,
            pulled.targets,
            found,
            entries,
            self.cache.stale,
            self.environment,
            self.cache.last_run(request.name),
            settled.resolved.models,
        )
        if not pulled.active.left_out:
            return plan
        flat = settled.expansion.graph
        among = flat.upstream(pulled.wanted)
        return replace(plan, steps=(*plan.steps, *left_out(flat, among, pulled.active.left_out)))

    def _check_whole(
        self, graph: Graph, expansion: Expansion, named: Collection[str], held: Collection[str]
    ) -> None:
        """CheckError when something could not be written out that these outputs need."""
        if not expansion.problems:
            return
        reached = reach(graph, named or graph.nodes, held)
        if any(stands_in_the_way(problem, reached) for problem in expansion.problems):
            told = examine(expansion, self.settings)[1].problems
            raise CheckError(tuple(item for item in told if stands_in_the_way(item, reached)))

    def _check(self, expansion: Expansion, nodes: Collection[str]) -> Report:
        """CheckError when there are problems at any of these nodes of the flat graph.

        Gives the problems of other parts, and the conversions at these nodes.
        """
        flat, told = examine(expansion, self.settings)
        here = [problem for problem in flat.problems if _is_at(problem.node, nodes)]
        if here:
            raise CheckError(expansion.told(here))
        ways = {
            expansion.told_link(link): way
            for link, way in flat.conversions.items()
            if link.node in nodes
        }
        return replace(told, conversions=ways)


def _is_at(place: str, nodes: Collection[str]) -> bool:
    """Whether a problem's place is one of these nodes, or a zone that one of them is in."""
    return place in nodes or any(node.startswith(f"{place}#") for node in nodes)


def locks(graph: Graph) -> frozenset[str]:
    """The keys that nodes of a flat graph are locked to."""
    return frozenset(node.lock for node in graph.nodes.values() if node.lock)


def _pull(
    expansion: Expansion, named: tuple[str, ...], held: Collection[str], whole: bool
) -> _Pulled:
    registry, flat = expansion.registry, expansion.graph
    wanted = expansion.targets(named)
    if wanted or not named:
        wanted = requested(flat, registry, wanted)
    part = active(flat, registry.find)
    targets = part.targets(wanted)
    graph = keep_locked(part.graph, held)
    above = graph.upstream(targets)
    asked = () if whole else _asked(expansion, part.passes, above)
    targets = asked or targets
    free = frozenset(node_id for node_id in above if not graph.nodes[node_id].lock)
    return _Pulled(part, graph, wanted, targets, above, free, bool(asked))


def _asked(
    expansion: Expansion, passes: Mapping[Source, tuple[Source, ...]], above: Collection[str]
) -> tuple[str, ...]:
    """The nodes that say how often zones run that are among those above the outputs."""
    found: dict[str, None] = {}
    places = {part.cell.place: part for part in expansion.parts}
    for place, zone in expansion.open:
        part = places[place]
        inside = [id for id in part.flat.graph.nodes if id.startswith(f"{zone.zone}#")]
        if any(part.id(id) in above for id in inside):
            ends = [_behind(end, passes) for end in zone.ends]
            found.update(dict.fromkeys(end.node for end in ends if isinstance(end, Source)))
    return tuple(found)


def _behind(end: End, passes: Mapping[Source, tuple[Source, ...]]) -> End:
    """The port that a bypassed node hands on, for one of its outputs."""
    return end if isinstance(end, Given) else passes.get(end, (end,))[0]


def _length(value: Any) -> int:
    return len(cast(list[Any], value)) if isinstance(value, list) else 1


def _check_locks(graph: Graph, found: Mapping[str, Recipe]) -> None:
    """Raise LoomError where a lock's result is not kept, and would not come out the same."""
    for node_id, recipe in found.items():
        lock = graph.nodes[node_id].lock
        if lock and lock != recipe.key:
            raise LoomError(
                "The result it is locked to is not kept here.",
                node=node_id,
                remedy="Unlock it to make it anew.",
            )
