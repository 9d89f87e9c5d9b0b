"""Runs a graph: pulls what the requested outputs need, keeps what it makes, survives failures.

The loop is iterative. A node is ready when everything it reads is there; `Frontier` says which of
the ready ones goes first. One node at a time has the device, and those that don't need it run
beside it. Before a node is called, its inputs' content is compared with earlier calls (early
cut-off). A failed node blocks only what reads it, and what only that would have read is not run.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.graph.cache import Cache, Lost
from engine.graph.check import check, requested
from engine.graph.context import Settings
from engine.graph.errors import GraphError, LoomError, NodeError
from engine.graph.events import Emit, Finished, ignore
from engine.graph.graph import Graph, Source
from engine.graph.keys import Recipe, recipes
from engine.graph.plan import Plan, Record, left_out, make_plan, record
from engine.graph.prefetch import Models
from engine.graph.registry import Registry
from engine.graph.resolve import Resolved, resolve
from engine.graph.run import Run
from engine.graph.states import active, keep_locked


@dataclass(frozen=True)
class Result:
    """What came of a run.

    `ran` and `cached` list nodes in the order of links; `failed` holds the error of each node that
    failed, `blocked` the failed node that keeps each other one from running. `files` are those that
    requested effects wrote, now or earlier. `graph` is the workflow with seeds drawn and models
    pinned.
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
    _passes: Mapping[Source, tuple[Source, ...]] = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether every requested output is there."""
        return not (self.failed or self.cancelled)

    def value(self, port: str) -> Any:
        """The value at `node.port`; GraphError when the run did not make or keep it.

        At a bypassed node it is what the node hands on.
        """
        source = Source.parse(port)
        ends = self._passes.get(source, (source,))
        try:
            values = [self._run.values(end.node)[end.port] for end in ends]
            return values[0] if len(values) == 1 else values
        except (KeyError, Lost):
            raise GraphError(
                f"There is no value at {port}.",
                node=source.node,
                remedy="Ask for this node among the outputs.",
            ) from None


@dataclass(frozen=True)
class _Job:
    """A graph made ready: resolved, checked, keyed and planned.

    `graph` is what takes part of it, without what is muted, bypassed or above a lock.
    """

    resolved: Resolved
    graph: Graph
    passes: Mapping[Source, tuple[Source, ...]]
    recipes: Mapping[str, Recipe]
    plan: Plan


class Executor:
    """Plans and runs graphs over one registry, one cache, one set of folders.

    `environment` is what else changes numbers (dtype, device kind, attention backend): it is part
    of every key. `models` says which weights are loaded and brings in the next node's while one
    computes. `strict` digests the inputs of each node again after it ran and fails a node that
    changed one; it is meant for tests of nodes.
    """

    def __init__(
        self,
        registry: Registry,
        settings: Settings | None = None,
        *,
        cache: Cache | None = None,
        environment: Mapping[str, str] | None = None,
        models: Models | None = None,
        strict: bool = False,
    ) -> None:
        self.registry = registry
        self.settings = settings or Settings()
        self.cache = cache or Cache()
        self.environment = dict(environment or {})
        self.models = models
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
        everything again that is not locked. Set `cancel` from another thread to stop within one
        step. `emit` is called from several threads, one at a time. A failing node does not raise:
        see `Result.failed`. Raises CheckError when the graph has problems, and LoomError when a
        file, a model or the result of a locked node is missing.
        """
        began = time.perf_counter()
        job = self._prepare(graph, outputs, seed, name, fresh)
        self.cache.pin(name, _locks(graph))
        run = Run(
            job.graph,
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
            models=self.models,
        )
        run.go()
        self._remember(job, run, name)
        seconds = time.perf_counter() - began
        counts = (len(group) for group in (run.ran, run.cached, run.failed, run.blocked))
        emit(Finished("", *counts, run.cancelled, seconds))
        return Result(
            graph=job.resolved.graph,
            ran=tuple(node_id for node_id in job.recipes if node_id in run.ran),
            cached=tuple(node_id for node_id in job.recipes if node_id in run.cached),
            failed=run.failed,
            blocked=run.blocked,
            cancelled=run.cancelled,
            seconds=seconds,
            files=tuple(run.files(job.plan.outputs)),
            _run=run,
            _passes=job.passes,
        )

    def lock(self, graph: Graph, *node_ids: str, name: str = "") -> None:
        """Lock nodes to the results of the last run called `name`, as one edit.

        They keep these whatever becomes of their inputs, and the results stay kept for as long as
        that workflow is run with them. Raises GraphError for a node that has no kept result.
        """
        records: Record = self.cache.last_run(name).get("nodes", {})
        keys = {node_id: records.get(node_id, {}).get("key", "") for node_id in node_ids}
        held = self.cache.find(keys.values())
        with graph.grouped(f"Lock {', '.join(node_ids)}"):
            for node_id, key in keys.items():
                if key not in held:
                    raise GraphError(
                        "It has no result to keep.", node=node_id, remedy="Run it first."
                    )
                graph.set_lock(node_id, key)
        self.cache.pin(name, _locks(graph))

    def _prepare(
        self, graph: Graph, outputs: Iterable[str], seed: int | None, name: str, fresh: bool
    ) -> _Job:
        wanted = requested(graph, self.registry, outputs)
        held = self.cache.find(_locks(graph))
        part = active(graph, self.registry.find)
        targets = part.targets(wanted)
        needed = keep_locked(part.graph, held)
        above = needed.upstream(targets)
        free = {node_id for node_id in above if not needed.nodes[node_id].lock}
        check(graph, self.registry, self.settings).raise_problems(free)
        order = needed.order(targets)
        hashes = self.cache.hashes
        settling = [node_id for node_id in order if node_id in free]
        resolved = resolve(graph, self.registry, settling, self.settings, hashes, seed)
        part = active(resolved.graph, self.registry.find)
        settled = keep_locked(part.graph, held)
        found = recipes(settled, self.registry, order, self.settings, self.environment, hashes)
        _check_locks(part.graph, found)
        entries = self.cache.find(
            recipe.key for recipe in found.values() if not fresh or recipe.key in held
        )
        plan = make_plan(
            settled,
            targets,
            found,
            entries,
            self.cache.stale,
            self.environment,
            self.cache.last_run(name),
            resolved.models,
        )
        steps = left_out(graph, graph.upstream(wanted), part.left_out)
        return _Job(
            resolved, settled, part.passes, found, replace(plan, steps=(*plan.steps, *steps))
        )

    def _remember(self, job: _Job, run: Run, name: str) -> None:
        before: Record = self.cache.last_run(name)
        seconds = {
            node_id: entry.seconds
            for node_id, entry in run.entries.items()
            if not job.graph.nodes[node_id].lock
        }
        self.cache.remember_run(
            name, record(self.environment, job.recipes, job.graph, seconds, before)
        )


def _locks(graph: Graph) -> frozenset[str]:
    """The keys that nodes of a graph are locked to."""
    return frozenset(node.lock for node in graph.nodes.values() if node.lock)


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
