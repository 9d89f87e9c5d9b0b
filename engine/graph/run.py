"""One run: carries out a plan, with one node at a time on the device and others beside it.

The thread that calls `go` runs the device's nodes, and takes turns with those of other runs in the
process; a few more run what needs the processor or waits for disks and networks. Whichever thread
is done with a node starts what became ready. All they share is under one lock, which nobody holds
while a node computes or a value is read or written.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from engine.graph import events
from engine.graph.arguments import arguments, node_error
from engine.graph.cache import Cache, Entry, Lost, WrittenFile
from engine.graph.context import Context, Settings
from engine.graph.digests import fingerprint
from engine.graph.environment import within
from engine.graph.errors import Cancelled, LoomError, NodeError
from engine.graph.frontier import Frontier
from engine.graph.graph import Graph, Node, Source
from engine.graph.keys import Recipe, action_key
from engine.graph.plan import Plan
from engine.graph.prefetch import Models, fit, handles
from engine.graph.registry import Registry
from engine.graph.spec import NodeSpec, Place

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
        self.strict = strict
        self.provenance = provenance
        self.models = models
        self.environment = environment or {}

        self.entries: dict[str, Entry] = dict(plan.entries)
        self.ran: set[str] = set()
        self.cached: set[str] = set(plan.entries)
        self.failed: dict[str, NodeError] = {}
        self.blocked: dict[str, str] = {}
        self.cancelled = False

        self._specs = {node_id: registry.get(graph.nodes[node_id].type) for node_id in recipes}
        self._frontier = Frontier(
            graph,
            plan.outputs,
            recipes,
            {node_id: spec.runs_on for node_id, spec in self._specs.items()},
            self._fit,
            self._size,
        )
        self._device_nodes = [id for id, spec in self._specs.items() if spec.runs_on == "device"]
        self._live: dict[str, Mapping[str, Any]] = {}  # values that a node still to run will read
        self._making: dict[str, str] = {}  # action key → the node that is about to have its result
        self._lost: set[str] = set()  # nodes that were kept, and whose values could not be read
        self._emit_to = emit
        self._emitting = threading.Lock()
        self._changed = threading.Condition(threading.RLock())
        self._pool: ThreadPoolExecutor | None = None
        self._busy: dict[Place, int] = dict.fromkeys(THREADS, 0)
        self._broken: BaseException | None = None

    def go(self) -> None:
        """Run until nothing is ready, a cancel comes, or everything is there."""
        with self._changed:
            for node_id in self.plan.outputs:
                if node_id in self.entries:
                    self._fetch(node_id)
            for node_id, entry in self.entries.items():
                self._emit(events.Cached(node_id, "unchanged", _paths(entry)))
            wanted = [node_id for node_id in self.plan.outputs if node_id not in self.entries]
            self._frontier.demand(wanted, self._is_there)
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

    def values(self, node_id: str) -> Mapping[str, Any]:
        """The values of a node that ran or was cached, by port; KeyError or Lost otherwise."""
        with self._changed:
            live = self._live.get(node_id)
            if live is not None:
                return live
            entry = self.entries[node_id]
        return self.cache.load(entry)

    def files(self, node_ids: Iterable[str]) -> list[Path]:
        """What these nodes wrote, in this run or in the one that their result is kept from."""
        entries = [self.entries[node_id] for node_id in node_ids if node_id in self.entries]
        return [Path(file.path) for entry in entries for file in entry.files]

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
        node, spec = self.graph.nodes[node_id], self._specs[node_id]
        try:
            if node.lock:
                raise LoomError(
                    "The result it is locked to can no longer be read.",
                    remedy="Unlock it to make it again.",
                )
            action = action_key(self.recipes[node_id], self._input_digests(node))
            if not self._claim(action, node_id):
                return
            if self._is_kept(node_id, action):
                return
            given = arguments(node, spec, self.settings, self._value)
        except _MissingError as missing:
            self._make_again(node_id, missing.node)
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
                with self._changed:
                    self._frontier.running.discard(node.id)
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
            self.entries[node_id] = entry
            self.cached.add(node_id)
        # What was lost once is taken only in hand: it may be gone again before it is read.
        in_hand = node_id in self.plan.outputs or node_id in self._lost
        if in_hand and not self._fetch(node_id):
            return False
        self.cache.alias(self.recipes[node_id].key, entry)
        self._emit(events.Cached(node_id, "its inputs came out the same", _paths(entry)))
        self._settle(node_id)
        return True

    def _call(self, node: Node, spec: NodeSpec, action: str, given: Mapping[str, Any]) -> None:
        context = Context(
            node_id=node.id,
            settings=self.settings,
            on_progress=lambda step, total, text: self._emit(
                events.Progress(node.id, step, total, text)
            ),
            on_preview=lambda value: self._emit(events.Preview(node.id, value)),
            is_cancelled=self._stopped,
            hashes=self.cache.hashes,
            make_provenance=partial(self.provenance, node.id),
        )
        recipe = self.recipes[node.id]
        before = fingerprint(given)[0] if self.strict else ""
        self._emit(events.Started(node.id))
        began = time.perf_counter()
        try:
            values = self._computed(spec, given, context)
            entry = self._entry(recipe, values, time.perf_counter() - began, context.written)
            if self.strict and fingerprint(given)[0] != before:
                raise LoomError("It changed one of its inputs.", remedy="Return a new value.")
        except (Cancelled, KeyboardInterrupt):
            self.cancel.set()
            with self._changed:
                self._frontier.running.discard(node.id)
            return
        except SystemExit:
            self._fail(node, RuntimeError("it tried to end the program"))
            return
        except Exception as error:  # a node is foreign code; whatever it raises is its failure
            self._fail(node, error)
            return
        self.cache.store((recipe.key, action), entry, values)
        with self._changed:
            self.entries[node.id] = entry
            self._live[node.id] = values
            self.cached.discard(node.id)
            self.ran.add(node.id)
        self._emit(events.Produced(node.id, entry.seconds, entry.digests, _paths(entry)))
        self._settle(node.id)

    def _computed(
        self, spec: NodeSpec, given: Mapping[str, Any], context: Context
    ) -> dict[str, Any]:
        """What a node makes, tried again as long as `models` knows how when memory runs out."""
        changes: Mapping[str, str] = {}
        while True:
            try:
                with within({**self.environment, **changes}):
                    return spec.call(given, context)
            except Exception as error:
                found = self.models.rescue(error, changes) if self.models else None
                if found is None:
                    raise
                changes, words = found
            self._emit(events.Progress(context.node_id, 0, 1, words))

    def _entry(
        self, recipe: Recipe, values: Mapping[str, Any], seconds: float, written: list[Path]
    ) -> Entry:
        digests: dict[str, str] = {}
        size = 0
        for port, value in values.items():
            try:
                digests[port], port_size = fingerprint(value)
                size += port_size
            except LoomError:
                # What can't be read is known by its recipe alone: no early cut-off below it.
                digests[port] = f"{recipe.key}.{port}"
        hashes = self.cache.hashes
        files = tuple(WrittenFile(str(path.absolute()), hashes.of(path)) for path in written)
        return Entry(recipe.key, digests, seconds, files, size)

    # Values

    def _value(self, source: Source) -> Any:
        """What a port holds, kept at hand while others read it; _MissingError when it is lost."""
        try:
            values = self.values(source.node)
        except (KeyError, Lost):
            raise _MissingError(source.node) from None
        with self._changed:
            if self._frontier.is_read(source.node):
                self._live[source.node] = values
        return values[source.port]

    def _input_digests(self, node: Node) -> dict[str, tuple[str, ...]]:
        """The content digests of what each input of the key reads; _MissingError when one that the
        node reads is lost.
        """
        with self._changed:
            for name in node.reads():
                if name not in self.entries:
                    raise _MissingError(name)
            return {
                port: tuple(
                    self.entries[source.node].digests[source.port] for source in node.inputs[port]
                )
                for port in self.recipes[node.id].sources
            }

    def _is_there(self, node_id: str) -> bool:
        if node_id in self._live:
            return True
        entry = self.entries.get(node_id)
        return entry is not None and self.cache.holds(entry)

    def _fetch(self, node_id: str) -> bool:
        """Have the values of a kept output in hand; False when they are lost, and so not kept.

        What an effect gives besides its files is not fetched.
        """
        if self._specs[node_id].nature != "effect":
            try:
                values = self.values(node_id)
            except Lost:
                self._forget(node_id)
                return False
            with self._changed:
                self._live[node_id] = values
        return True

    def _forget(self, node_id: str) -> None:
        with self._changed:
            if entry := self.entries.pop(node_id, None):
                self.cache.drop(entry)
            self.cached.discard(node_id)

    # What comes of a node

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
            self._lost.add(source)
            if not self._is_there(source):
                self._forget(source)
            by = self.blocked.get(source, source if source in self.failed else "")
            if by:
                self.blocked[node_id] = by
                self._emit(events.Blocked(node_id, by))
                self._block(node_id, by)
            else:
                self._frontier.again(node_id, source, self._is_there)

    def _release(self, unread: Iterable[str]) -> None:
        """Leave values that nobody here reads any more to the cache, unless they are asked for."""
        for node_id in unread:
            if node_id not in self.plan.outputs:
                self._live.pop(node_id, None)

    # Which node first

    def _size(self, node_id: str) -> int:
        entry = self.entries.get(node_id)
        return entry.size if entry else 0

    def _fit(self, node_id: str) -> int:
        if self.models is None:
            return 0
        return fit(self.graph.nodes[node_id], self._specs[node_id], self.models, self._at_hand)

    def _at_hand(self, source: Source) -> Any:
        """What a port holds if that is in memory, else None."""
        values = self._live.get(source.node)
        if values is None and (entry := self.entries.get(source.node)):
            values = self.cache.at_hand(entry)
        return None if values is None else values.get(source.port)

    def _prefetch_after(self, node_id: str) -> None:
        """Have the models of the device's next node brought in while `node_id` computes."""
        if self.models is None:
            return
        with self._changed:
            upcoming = self._frontier.upcoming(node_id)
            waiting = self._frontier.waiting
            later = (id for id in self._device_nodes if id in waiting and id != node_id)
            ahead = list(islice(later, AHEAD))
        soonest = dict.fromkeys((upcoming, *ahead) if upcoming else ahead)
        self.models.expect([handle for id in soonest for handle in self._uses(id)])
        for handle in self._uses(upcoming) if upcoming else ():
            self.models.prefetch(handle)

    def _uses(self, node_id: str) -> Iterator[Any]:
        """The model handles of a node, as far as they are known."""
        assert self.models is not None
        return handles(self.graph.nodes[node_id], self._specs[node_id], self.models, self._known)

    def _known(self, source: Source) -> Any:
        """What a port holds if that is in memory or on disk, else None."""
        try:
            return self.values(source.node).get(source.port)
        except (KeyError, Lost):
            return None


class _MissingError(Exception):
    """The value of `node` is needed and is nowhere."""

    def __init__(self, node: str) -> None:
        super().__init__(node)
        self.node = node


def _paths(entry: Entry) -> tuple[str, ...]:
    return tuple(file.path for file in entry.files)
