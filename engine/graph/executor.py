"""Runs a graph: pulls what the requested outputs need, keeps what it makes, survives failures.

The loop is iterative. A node is ready when everything it reads is there; `Frontier` says which of
the ready ones goes first. One node at a time has the device, and those that don't need it run
beside it. Before a node is called, its inputs' content is compared with earlier calls (early
cut-off). A failed node blocks only what reads it, and what only that would have read is not run.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from engine.graph.cache import Cache, Lost
from engine.graph.cancelling import cancelled_by
from engine.graph.context import Settings
from engine.graph.errors import Cancelled
from engine.graph.events import Emit, Finished, ignore
from engine.graph.expand import Counts, expand
from engine.graph.graph import Graph
from engine.graph.locks import lock
from engine.graph.outlook import with_outlooks
from engine.graph.plan import Plan, Record, record
from engine.graph.prefetch import Models
from engine.graph.prepare import Job, Preparer, Request, locks
from engine.graph.registry import Registry
from engine.graph.result import Done, Result
from engine.graph.run import Run


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
        memory: bool = False,
        cancel: threading.Event | None = None,
    ) -> Plan:
        """What `run` with the same arguments would do, and why.

        With `memory` each step to run says how its models would be held, for which model files are
        looked into. Raises what `run` raises, and Cancelled when `cancel` is set meanwhile.
        """
        request = Request(graph, tuple(outputs), seed, name, fresh)
        with cancelled_by((cancel or threading.Event()).is_set):
            job, notes = self._planned(request)
            self.cache.remember_files()
            plan = replace(job.plan, notes=notes)
            if not memory or self.models is None:
                return plan
            registry = job.settled.expansion.registry
            return with_outlooks(plan, job.graph, registry, self.models, self.cache, self.settings)

    def _planned(self, request: Request) -> tuple[Job, tuple[str, ...]]:
        counts: Counts = {}
        while True:
            job = self._preparer().job(request, counts)
            if not job.open:
                return job, ()
            if job.plan.runs:
                break
            try:
                counts = {**counts, **job.counts(partial(self._kept, job.plan))}
            except (KeyError, Lost):
                break
            request = replace(request, graph=job.settled.resolved.graph)
        whole = self._preparer().job(request, counts, whole=True)
        notes = tuple(
            f"{zone.zone}: how often it runs is known when "
            f"{', '.join(str(end) for end in zone.ends)} is there; here it runs once."
            for _, zone in whole.settled.expansion.open
        )
        return whole, notes

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
        step, or between two pieces of a file that is read. `emit` is called from several threads,
        one at a time. A failing node does not raise: see `Result.failed`. Raises CheckError when
        the graph has problems, and LoomError when a file, a model or the result of a locked node is
        missing.
        """
        began = time.perf_counter()
        cancel = cancel or threading.Event()
        request = Request(graph, tuple(outputs), seed, name, fresh)
        done: Done | None = None
        cancelled = False
        try:
            with cancelled_by(cancel.is_set):
                for done in self._rounds(request, emit, cancel):
                    cancelled = done.run.cancelled
        except Cancelled:
            cancelled = True
        seconds = time.perf_counter() - began
        result = done.result(cancelled, seconds) if done else Result(graph, cancelled, seconds)
        ran, cached = len(result.ran), len(result.cached)
        failed, blocked = len(result.failed), len(result.blocked)
        emit(Finished("", ran, cached, failed, blocked, cancelled, seconds))
        return result

    def _rounds(self, request: Request, emit: Emit, cancel: threading.Event) -> Iterator[Done]:
        """Run as often as it takes: first to find out how often zones run, then for the outputs."""
        counts: Counts = {}
        ran: dict[str, str] = {}  # the keys by id
        while True:
            job = self._preparer().job(request, counts, done=ran.values())
            run = self._go(job, request, emit, cancel)
            ran |= {node_id: job.recipes[node_id].key for node_id in run.ran}
            yield Done(job, run, ran.keys())
            if not job.open or run.failed or run.cancelled:
                return
            counts = {**counts, **job.counts(run.values.of)}
            request = replace(request, graph=job.settled.resolved.graph)

    def _preparer(self) -> Preparer:
        return Preparer(self.registry, self.settings, self.cache, self.environment)

    def _kept(self, plan: Plan, node_id: str) -> Mapping[str, Any]:
        return self.cache.load(plan.entries[node_id])

    def _go(self, job: Job, request: Request, emit: Emit, cancel: threading.Event) -> Run:
        self.cache.pin(request.name, locks(job.settled.expansion.graph))
        run = Run(
            job.graph,
            job.settled.expansion.registry,
            self.settings,
            self.cache,
            job.recipes,
            job.plan,
            emit=emit,
            cancel=cancel,
            fresh=request.fresh,
            strict=self.strict,
            provenance=job.settled.provenance,
            models=self.models,
            environment=self.environment,
        )
        run.go()
        self._remember(job, run, request.name)
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
            for node_id, entry in run.values.entries.items()
            if not job.graph.nodes[node_id].lock
        }
        self.cache.remember_run(
            name, record(self.environment, job.recipes, job.graph, seconds, before)
        )
