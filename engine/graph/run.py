"""One run: carries out a plan, with one node at a time on the device and others beside it.

The thread that calls `go` runs the device's nodes, and takes turns with those of other runs in the
process; a few more run what needs the processor or waits for disks and networks. Whichever thread
is done with a node starts what became ready. All they share is under one lock, which nobody holds
while a node computes or a value is read or written.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any

from engine.graph import events
from engine.graph.arguments import arguments, node_error
from engine.graph.cache import Cache, Entry
from engine.graph.call import Caller
from engine.graph.cancelling import cancelled_by
from engine.graph.context import Settings
from engine.graph.errors import Cancelled, LoomError, NodeError
from engine.graph.frontier import Frontier
from engine.graph.graph import Graph, Node, Source
from engine.graph.keys import Recipe, action_key
from engine.graph.plan import Plan
from engine.graph.prefetch import Models, Prefetch
from engine.graph.registry import Registry
from engine.graph.spec import NodeSpec, Place
from engine.graph.values import MissingError, Values

THREADS: Mapping[Place, int] = {"cpu": 2, "io": 4}  # nodes beside the one on the device
AHEAD = 4  # nodes after the next whose models are put away last
POLL = 0.05  # seconds between looks whether a run was cancelled that waits for the device

# Held while a node is called on the device; a node may run another graph in its own thread.
_device = threading.RLock()


class Run:
    """Carries out one plan. Use it through `Executor.run`.

    `emit` is called by one thread at a time.
    """

    def __init__(
        self,
        graph: Graph,
        registry: Registry,
        settings: Settings,
        cache: Cache,
        recipes: Mapping[str, Recipe],
        plan: Plan,
        *,
        emit: events.Emit,
        cancel: threading.Event,
        fresh: bool,
        strict: bool,
        provenance: Callable[[str], Mapping[str, Any]],
        models: Models | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.graph = graph
        self.settings = settings
        self.cache = cache
        self.recipes = recipes
        self.plan = plan
        self.cancel = cancel
        self.fresh = fresh
        self.ran: set[str] = set()
        self.cached: set[str] = set(plan.entries)
        self.failed: dict[str, NodeError] = {}
        self.blocked: dict[str, str] = {}
        self.cancelled = False

        self._changed = threading.Condition(threading.RLock())
        self.values = Values(cache, plan.entries, self._changed)
        self._specs = {node_id: registry.get(graph.nodes[node_id].type) for node_id in recipes}
        self._prefetch = Prefetch(graph, self._specs, models, self.values) if models else None
        self._frontier = Frontier(
            graph,
            plan.outputs,
            recipes,
            {node_id: spec.runs_on for node_id, spec in self._specs.items()},
            self._prefetch.fit if self._prefetch else lambda node_id: 0,
            self.values.size,
        )
        self._caller = Caller(
            settings,
            cache.hashes,
            environment or {},
            models,
            self._emit,
            self._stopped,
            provenance,
            strict,
        )
        self._device_nodes = [id for id, spec in self._specs.items() if spec.runs_on == "device"]
        self._making: dict[str, str] = {}  # action key → the node that is about to have its result
        self._emit_to = emit
        self._emitting = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._busy: dict[Place, int] = dict.fromkeys(THREADS, 0)
        self._broken: BaseException | None = None

    def go(self) -> None:
        """Run until nothing is ready, a cancel comes, or everything is there."""
        with self._changed:
            kept = self.values.entries
            for node_id in self.plan.outputs:
                if node_id in kept:
                    self._fetch(node_id)
            for node_id, entry in kept.items():
                self._emit(events.Cached(node_id, "unchanged", _paths(entry)))
            wanted = [node_id for node_id in self.plan.outputs if node_id not in kept]
            self._frontier.demand(wanted, self.values.is_there)
        try:
            self._work()
        finally:
            if self._pool:
                self._pool.shutdown()
        if self._broken:
            raise self._broken
        if self.cancel.is_set() and self._frontier.waiting:
            self.cancelled = True
            for node_id in self._frontier.unfinished():
                self._emit(events.Interrupted(node_id))

    # Threads

    def _work(self) -> None:
        """Run the device's nodes one after the other, until all threads have nothing left to do."""
        while True:
            try:
                node_id = self._next()
                if not node_id:
                    return
                self._prefetch_after(node_id)
                self._visit(node_id)
            except KeyboardInterrupt:
                self.cancel.set()
            except BaseException as error:
                self._break(error)

    def _next(self) -> str:
        """The device's next node, waiting for one while others run; "" when all is over."""
        with self._changed:
            while True:
                self._start_others()
                if not self._stopped() and (node_id := self._frontier.take("device")):
                    return node_id
                if not any(self._busy.values()):
                    return ""
                self._changed.wait()

    def _start_others(self) -> None:
        """Hand ready nodes that don't need the device to other threads."""
        for place, threads in THREADS.items():
            while self._busy[place] < threads and not self._stopped():
                node_id = self._frontier.take(place)
                if not node_id:
                    break
                if self._pool is None:
                    self._pool = ThreadPoolExecutor(sum(THREADS.values()), "node")
                self._busy[place] += 1
                self._pool.submit(self._visit_beside, node_id, place)

    def _visit_beside(self, node_id: str, place: Place) -> None:
        """What another thread does with a node."""
        try:
            self._visit(node_id)
        except BaseException as error:  # whoever called `go` is told
            self._break(error)
        finally:
            with self._changed:
                self._busy[place] -= 1
                self._changed.notify_all()
                self._start_others()

    def _break(self, error: BaseException) -> None:
        """Stop because of an error that is no node's: a listener's, or a mistake in here."""
        with self._changed:
            self._broken = self._broken or error

    def _stopped(self) -> bool:
        return self._broken is not None or self.cancel.is_set()

    def _emit(self, event: events.Event) -> None:
        with self._emitting:
            self._emit_to(event)

    # One node

    def _visit(self, node_id: str) -> None:
        """Find the node's result under its inputs' content, or call it."""
        with cancelled_by(self._stopped):
            try:
                self._find_or_call(self.graph.nodes[node_id], self._specs[node_id])
            except (Cancelled, KeyboardInterrupt):
                self.cancel.set()
                self._put_back(node_id)

    def _find_or_call(self, node: Node, spec: NodeSpec) -> None:
        try:
            if node.lock:
                raise LoomError(
                    "The result it is locked to can no longer be read.",
                    remedy="Unlock it to make it again.",
                )
            recipe = self.recipes[node.id]
            action = action_key(recipe, self.values.digests(node, recipe.sources))
            if not self._claim(action, node.id) or self._is_kept(node.id, action):
                return
            given = arguments(node, spec, self.settings, self._value)
        except MissingError as missing:
            self._make_again(node.id, missing.node)
        except LoomError as error:
            self._fail(node, error)
        else:
            if spec.runs_on == "device":
                self._call_on_device(node, spec, action, given)
            else:
                self._call(node, spec, action, given)

    def _call_on_device(
        self, node: Node, spec: NodeSpec, action: str, given: Mapping[str, Any]
    ) -> None:
        """Call a node when no other run in this process has the device."""
        waited = not _device.acquire(blocking=False)
        while waited and not _device.acquire(timeout=POLL):
            if self._stopped():
                self._put_back(node.id)
                return
        try:
            # What another run did meanwhile may be just this.
            if not (waited and self._is_kept(node.id, action)):
                self._call(node, spec, action, given)
        finally:
            _device.release()

    def _claim(self, action: str, node_id: str) -> bool:
        """Whether no other node is at the same work; else this one waits for what comes of it."""
        with self._changed:
            maker = self._making.get(action)
            if maker in self._frontier.running and maker != node_id:
                self._frontier.hold(node_id, maker)
                return False
            self._making[action] = node_id
            return True

    def _is_kept(self, node_id: str, action: str) -> bool:
        """Whether there is a result for inputs of the same content, which is then the node's."""
        if self.fresh:
            return False
        entry = self.cache.find([action]).get(action)
        if entry is None or self.cache.stale(entry):
            return False
        with self._changed:
            self.values.entries[node_id] = entry
            self.cached.add(node_id)
        # What was lost once is taken only in hand: it may be gone again before it is read.
        in_hand = node_id in self.plan.outputs or self.values.was_lost(node_id)
        if in_hand and not self._fetch(node_id):
            return False
        self.cache.alias(self.recipes[node_id].key, entry)
        self._emit(events.Cached(node_id, "its inputs came out the same", _paths(entry)))
        self._settle(node_id)
        return True

    def _call(self, node: Node, spec: NodeSpec, action: str, given: Mapping[str, Any]) -> None:
        recipe = self.recipes[node.id]
        self._emit(events.Started(node.id))
        try:
            values, entry = self._caller.call(node.id, spec, recipe, given)
        except Cancelled:
            raise
        except SystemExit:
            self._fail(node, RuntimeError("it tried to end the program"))
            return
        except Exception as error:  # a node is foreign code; whatever it raises is its failure
            self._fail(node, error)
            return
        self.cache.store((recipe.key, action), entry, values)
        with self._changed:
            self.values.entries[node.id] = entry
            self.values.hold(node.id, values)
            self.cached.discard(node.id)
            self.ran.add(node.id)
        self._emit(events.Produced(node.id, entry.seconds, entry.digests, _paths(entry)))
        self._settle(node.id)

    def _value(self, source: Source) -> Any:
        """What a port holds, kept at hand while others read it; MissingError when it is lost."""
        values = self.values.needed(source.node)
        with self._changed:
            if self._frontier.is_read(source.node):
                self.values.hold(source.node, values)
        return values[source.port]

    def _fetch(self, node_id: str) -> bool:
        """Have the values of a kept output in hand; False when they are lost, and so not kept.

        What an effect gives besides its files is not fetched.
        """
        if self._specs[node_id].nature == "effect" or self.values.fetch(node_id):
            return True
        self.cached.discard(node_id)
        return False

    # What comes of a node

    def _put_back(self, node_id: str) -> None:
        """A node that was begun is not done, because the run is over."""
        with self._changed:
            self._frontier.running.discard(node_id)

    def _settle(self, node_id: str) -> None:
        with self._changed:
            self._release(self._frontier.settle(node_id))

    def _fail(self, node: Node, cause: Exception) -> None:
        error = node_error(node, self._specs[node.id], cause)
        with self._changed:
            self.failed[node.id] = error
            self._emit(events.Failed(node.id, str(error)))
            self._block(node.id, node.id)

    def _block(self, node_id: str, by: str) -> None:
        """Give up a running node and all that would read it, because of `by`."""
        blocked, unread = self._frontier.fail(node_id)
        for below in blocked:
            self.blocked[below] = by
            self._emit(events.Blocked(below, by))
        self._release(unread)

    def _make_again(self, node_id: str, source: str) -> None:
        """A kept value that `node_id` reads turned out to be lost: make it, then come back."""
        with self._changed:
            self.values.lose(source)
            if source not in self.values.entries:
                self.cached.discard(source)
            by = self.blocked.get(source, source if source in self.failed else "")
            if by:
                self.blocked[node_id] = by
                self._emit(events.Blocked(node_id, by))
                self._block(node_id, by)
            else:
                self._frontier.again(node_id, source, self.values.is_there)

    def _release(self, unread: Iterable[str]) -> None:
        """Leave values that nobody here reads any more to the cache, unless they are asked for."""
        self.values.leave(node_id for node_id in unread if node_id not in self.plan.outputs)

    def _prefetch_after(self, node_id: str) -> None:
        """Have the models of the device's next node brought in while `node_id` computes."""
        if self._prefetch is None:
            return
        with self._changed:
            upcoming = self._frontier.upcoming(node_id)
            waiting = self._frontier.waiting
            later = (id for id in self._device_nodes if id in waiting and id != node_id)
            ahead = list(islice(later, AHEAD))
        self._prefetch.begin(upcoming, ahead)


def _paths(entry: Entry) -> tuple[str, ...]:
    return tuple(file.path for file in entry.files)
