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
from functools import partial
from pathlib import Path
from typing import Any

from engine.graph.cache import Cache, Lost
from engine.graph.context import Settings
from engine.graph.errors import GraphError, NodeError
from engine.graph.events import Emit, Finished, ignore
from engine.graph.expand import Counts, expand
from engine.graph.flat import Given
from engine.graph.graph import Graph, Source
from engine.graph.locks import lock
from engine.graph.plan import Plan, Record, record
from engine.graph.prefetch import Models
from engine.graph.prepare import Job, Preparer, locks
from engine.graph.problems import Problem
from engine.graph.registry import Registry
from engine.graph.run import Run
from engine.graph.sweep import Cell, Grid


@dataclass(frozen=True)
class Result:
    """What came of a run.

    `ran` and `cached` list nodes in the order of links; `failed` holds the error of each node that
    failed, `blocked` the failed node that keeps each other one from running. `files` are those that
    requested effects wrote, now or earlier. `graph` is the workflow with seeds drawn and models
    pinned; `grid` has the cells of its sweep. Nodes inside subgraphs and zones, and those that
    differ between cells, go by the ids they have written out: `fix/denoise`, `loop#3/step`,
    `denoise@guidance=7.5`. `elsewhere` are problems of parts that nothing requested needs.
    """

    graph: Graph
    ran: tuple[str, ...]
    cached: tuple[str, ...]
    failed: Mapping[str, NodeError]
    blocked: Mapping[str, str]
    cancelled: bool
    seconds: float
    files: tuple[Path, ...]
    grid: Grid
    elsewhere: tuple[Problem, ...]
    _run: Run = field(repr=False)
    _job: Job = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether every requested output is there."""
        return not (self.failed or self.cancelled)

    def value(self, port: str, cell: Cell | None = None) -> Any:
        """The value at `node.port`; GraphError when the run did not make or keep it.

        `node` may be an instance or a zone; at a bypassed node it is what the node hands on. In a
        sweep it is the value in `cell`, by default the first.
        """
        ends, many = self._job.settled.expansion.ends(port, cell)
        passes = self._job.passes
        try:
            values: list[Any] = []
            for end in ends:
                if isinstance(end, Given):
                    values.append(end.value)
                else:
                    for source in passes.get(end, (end,)):
                        values.append(self._run.values(source.node)[source.port])
            return values if many or len(values) > 1 else values[0]
        except (KeyError, IndexError, Lost):
            raise GraphError(
                f"There is no value at {port}.",
                node=Source.parse(port).node,
                remedy="Ask for this node among the outputs.",
            ) from None

    def files_of(self, cell: Cell | None) -> tuple[Path, ...]:
        """Those of `files` that are of one cell of the sweep; of None, those of no cell alone."""
        expansion = self._job.settled.expansion
        ids = expansion.gathered
        if cell is not None:
            parts = (part.names.values() for part in expansion.parts if part.cell == cell)
            ids = frozenset(name for names in parts for name in names) - ids
        return tuple(self._run.files(name for name in self._job.plan.outputs if name in ids))


class Executor:
    """Plans and runs graphs over one registry, one cache, one set of folders.

    `environment` is what else changes numbers (dtype, device kind, attention backend): it is part
    of every key, and nodes find it as `engine.graph.environment`. `models` says which weights are
    loaded and brings in the next node's while one computes. `strict` digests the inputs of each
    node again after it ran and fails a node that changed one; it is meant for tests of nodes.
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
        counts: Counts = {}
        while True:
            job = self._preparer().job(graph, outputs, seed, name, fresh, counts)
            if not job.open:
                return job.plan
            if job.plan.runs:
                break
            try:
                counts = {**counts, **job.counts(partial(self._kept, job.plan))}
            except (KeyError, Lost):
                break
            graph = job.settled.resolved.graph
        whole = self._preparer().job(graph, outputs, seed, name, fresh, counts, whole=True)
        notes = tuple(
            f"{zone.zone}: how often it runs is known when "
            f"{', '.join(str(end) for end in zone.ends)} is there; here it runs once."
            for _, zone in whole.settled.expansion.open
        )
        return replace(whole.plan, notes=notes)

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
        cancel = cancel or threading.Event()
        counts: Counts = {}
        ran: dict[str, str] = {}  # by id, the key of what was run to find out how often zones run
        while True:
            job = self._preparer().job(graph, outputs, seed, name, fresh, counts, done=ran.values())
            run = self._go(job, name, fresh, emit, cancel)
            ran |= {node_id: job.recipes[node_id].key for node_id in run.ran}
            if not job.open or run.failed or run.cancelled:
                break
            counts = {**counts, **job.counts(run.values)}
            graph = job.settled.resolved.graph
        seconds = time.perf_counter() - began
        cached = tuple(id for id in job.recipes if id in run.cached and id not in ran)
        done = len(ran), len(cached), len(run.failed), len(run.blocked)
        emit(Finished("", *done, run.cancelled, seconds))
        return Result(
            graph=job.settled.resolved.graph,
            ran=tuple(node_id for node_id in job.recipes if node_id in ran),
            cached=cached,
            failed=run.failed,
            blocked=run.blocked,
            cancelled=run.cancelled,
            seconds=seconds,
            files=tuple(run.files(job.plan.outputs)),
            grid=job.settled.expansion.grid,
            elsewhere=job.plan.elsewhere,
            _run=run,
            _job=job,
        )

    def _preparer(self) -> Preparer:
        return Preparer(self.registry, self.settings, self.cache, self.environment)

    def _kept(self, plan: Plan, node_id: str) -> Mapping[str, Any]:
        return self.cache.load(plan.entries[node_id])

    def _go(self, job: Job, name: str, fresh: bool, emit: Emit, cancel: threading.Event) -> Run:
        self.cache.pin(name, locks(job.settled.expansion.graph))
        run = Run(
            job.graph,
            job.settled.expansion.registry,
            self.settings,
            self.cache,
            job.recipes,
            job.plan,
            emit=emit,
            cancel=cancel,
            fresh=fresh,
            strict=self.strict,
            provenance=job.settled.provenance,
            models=self.models,
            environment=self.environment,
        )
        run.go()
        self._remember(job, run, name)
        return run

    def lock(self, graph: Graph, *node_ids: str, name: str = "") -> None:
        """Lock nodes to the results of the last run called `name`, as one edit.

        They keep these whatever becomes of their inputs, and the results stay kept for as long as
        that workflow is run with them. Of an instance or zone, what its ports come from is locked.
        Raises GraphError for a node that has no kept result.
        """
        records: Record = self.cache.last_run(name).get("nodes", {})
        keys = {node_id: found["key"] for node_id, found in records.items()}
        expansion = expand(graph, self.registry, self.settings)
        lock(graph, node_ids, expansion, keys, self.cache.find(keys.values()))
        self.cache.pin(name, locks(expand(graph, self.registry, self.settings).graph))

    def _remember(self, job: Job, run: Run, name: str) -> None:
        before: Record = self.cache.last_run(name)
        seconds = {
            node_id: entry.seconds
            for node_id, entry in run.entries.items()
            if not job.graph.nodes[node_id].lock
        }
        self.cache.remember_run(
            name, record(self.environment, job.recipes, job.graph, seconds, before)
        )
