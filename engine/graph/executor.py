"""Runs a graph: pulls what the requested outputs need, keeps what it makes, survives failures.

The loop is iterative. A node is ready when everything it reads is there; of the ready ones the
earliest in the order of links goes first. Before a node is called, its inputs' content is compared
with earlier calls (early cut-off). A failed node blocks only what reads it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.graph.cache import Cache, Lost
from engine.graph.check import check, requested
from engine.graph.context import Settings
from engine.graph.errors import GraphError, NodeError
from engine.graph.events import Emit, Finished, ignore
from engine.graph.graph import Graph, Source
from engine.graph.keys import Recipe, recipes
from engine.graph.plan import Plan, Record, make_plan, record
from engine.graph.registry import Registry
from engine.graph.resolve import Resolved, resolve
from engine.graph.run import Run


@dataclass(frozen=True)
class Result:
    """What came of a run.

    `ran` and `cached` list nodes; `failed` holds the error of each node that failed, `blocked` the
    failed node that keeps each other one from running. `files` are those that requested effects
    wrote, now or earlier. `graph` is the workflow with seeds drawn and models pinned.
    """

    graph: Graph
    ran: tuple[str, ...]
    cached: tuple[str, ...]
    failed: Mapping[str, NodeError]
    blocked: Mapping[str, str]
    cancelled: bool
    seconds: float
    files: tuple[Path, ...]
    _run: Run = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether every requested output is there."""
        return not (self.failed or self.cancelled)

    def value(self, port: str) -> Any:
        """The value at `node.port`; GraphError when the run did not make or keep it."""
        source = Source.parse(port)
        try:
            return self._run.values(source.node)[source.port]
        except (KeyError, Lost):
            raise GraphError(
                f"There is no value at {port}.",
                node=source.node,
                remedy="Ask for this node among the outputs.",
            ) from None


@dataclass(frozen=True)
class _Job:
    """A graph made ready: resolved, checked, keyed and planned."""

    resolved: Resolved
    recipes: Mapping[str, Recipe]
    plan: Plan


class Executor:
    """Plans and runs graphs over one registry, one cache, one set of folders.

    `environment` is what else changes numbers (dtype, device kind, attention backend): it is part
    of every key. `strict` digests the inputs of each node again after it ran and fails a node that
    changed one; it is meant for tests of nodes.
    """

    def __init__(
        self,
        registry: Registry,
        settings: Settings | None = None,
        *,
        cache: Cache | None = None,
        environment: Mapping[str, str] | None = None,
        strict: bool = False,
    ) -> None:
        self.registry = registry
        self.settings = settings or Settings()
        self.cache = cache or Cache()
        self.environment = dict(environment or {})
        self.strict = strict

    def plan(
        self,
        graph: Graph,
        outputs: Iterable[str] = (),
        *,
        seed: int | None = None,
        name: str = "",
        fresh: bool = False,
    ) -> Plan:
        """What `run` with the same arguments would do, and why. Raises what `run` raises."""
        return self._prepare(graph, outputs, seed, name, fresh).plan

    def run(
        self,
        graph: Graph,
        outputs: Iterable[str] = (),
        *,
        seed: int | None = None,
        name: str = "",
        fresh: bool = False,
        emit: Emit = ignore,
        cancel: threading.Event | None = None,
    ) -> Result:
        """Run what the outputs need (by default the graph's own) and is not kept from before.

        `seed` replaces every seed; `name` says whose last run to compare with; `fresh` runs
        everything again. Set `cancel` from another thread to stop within one step. A failing node
        does not raise: see `Result.failed`. Raises CheckError when the graph has problems, and
        LoomError when a file or model is missing.
        """
        began = time.perf_counter()
        job = self._prepare(graph, outputs, seed, name, fresh)
        run = Run(
            job.resolved.graph,
            self.registry,
            self.settings,
            self.cache,
            job.recipes,
            job.plan,
            emit=emit,
            cancel=cancel or threading.Event(),
            fresh=fresh,
            strict=self.strict,
            provenance=job.resolved.provenance,
        )
        run.go()
        self._remember(job, run, name)
        seconds = time.perf_counter() - began
        cached, blocked = tuple(run.cached), run.blocked()
        emit(
            Finished(
                "", len(run.ran), len(cached), len(run.failed), len(blocked), run.cancelled, seconds
            )
        )
        return Result(
            graph=job.resolved.graph,
            ran=tuple(run.ran),
            cached=cached,
            failed=run.failed,
            blocked=blocked,
            cancelled=run.cancelled,
            seconds=seconds,
            files=tuple(run.files(job.plan.outputs)),
            _run=run,
        )

    def _prepare(
        self, graph: Graph, outputs: Iterable[str], seed: int | None, name: str, fresh: bool
    ) -> _Job:
        wanted = requested(graph, self.registry, outputs)
        check(graph, self.registry, self.settings).raise_problems(graph.upstream(wanted))
        order = graph.order(wanted)
        hashes = self.cache.hashes
        resolved = resolve(graph, self.registry, order, self.settings, hashes, seed)
        found = recipes(
            resolved.graph, self.registry, order, self.settings, self.environment, hashes
        )
        keys = [] if fresh else [recipe.key for recipe in found.values()]
        plan = make_plan(
            resolved.graph,
            wanted,
            found,
            self.cache.find(keys),
            self.cache.stale,
            self.environment,
            self.cache.last_run(name),
            resolved.models,
        )
        return _Job(resolved, found, plan)

    def _remember(self, job: _Job, run: Run, name: str) -> None:
        before: Record = self.cache.last_run(name)
        seconds = {node_id: entry.seconds for node_id, entry in run.entries.items()}
        self.cache.remember_run(
            name, record(self.environment, job.recipes, job.resolved.graph, seconds, before)
        )
