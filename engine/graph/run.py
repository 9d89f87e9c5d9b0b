"""The state of one run: what is wanted, what is ready, what each node came to."""

from __future__ import annotations

import heapq
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from engine.graph import events
from engine.graph.cache import Cache, Entry, Lost, WrittenFile
from engine.graph.context import Context, Settings
from engine.graph.digests import fingerprint
from engine.graph.errors import Cancelled, LoomError, NodeError
from engine.graph.graph import Graph, Node, Source
from engine.graph.keys import Recipe, action_key, given_params
from engine.graph.plan import Plan
from engine.graph.registry import Registry
from engine.graph.spec import NodeSpec
from engine.graph.types import Kind, PortType, convert


class Run:
    """Carries out one plan. Use it through `Executor.run`."""

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
        provenance: Callable[[], Mapping[str, Any]],
    ) -> None:
        self.graph = graph
        self.registry = registry
        self.settings = settings
        self.cache = cache
        self.recipes = recipes
        self.plan = plan
        self.emit = emit
        self.cancel = cancel
        self.fresh = fresh
        self.strict = strict
        self.provenance = provenance

        self.entries: dict[str, Entry] = dict(plan.entries)
        self.ran: dict[str, None] = {}
        self.cached: dict[str, None] = dict.fromkeys(plan.entries)
        self.failed: dict[str, NodeError] = {}
        self.cancelled = False

        self._rank = {node_id: place for place, node_id in enumerate(recipes)}
        self._ready: list[tuple[int, str]] = []
        self._waiting: dict[str, set[str]] = {}  # node → what it still waits for
        self._readers: dict[str, set[str]] = {}  # node → the nodes that wait for it or read it
        self._live: dict[str, Mapping[str, Any]] = {}  # values that a node still to run will read
        self._blocked: dict[str, str] = {}

    def go(self) -> None:
        """Run until nothing is ready, a cancel comes, or everything is there."""
        for node_id in self.plan.outputs:
            if node_id in self.entries:
                self._fetch(node_id)
        for node_id, entry in self.entries.items():
            self.emit(events.Cached(node_id, "unchanged", _paths(entry)))
        self._demand(node_id for node_id in self.plan.outputs if node_id not in self.entries)
        while self._ready:
            if self.cancel.is_set():
                self.cancelled = True
                break
            self._visit(heapq.heappop(self._ready)[1])
        if self.cancelled:
            for node_id in sorted(self._waiting, key=self._rank.__getitem__):
                self.emit(events.Interrupted(node_id))

    def values(self, node_id: str) -> Mapping[str, Any]:
        """The values of a node that ran or was cached, by port; KeyError or Lost otherwise."""
        live = self._live.get(node_id)
        return self.cache.load(self.entries[node_id]) if live is None else live

    def files(self, node_ids: Iterable[str]) -> list[Path]:
        """What these nodes wrote, in this run or in the one that their result is kept from."""
        entries = [self.entries[node_id] for node_id in node_ids if node_id in self.entries]
        return [Path(file.path) for entry in entries for file in entry.files]

    def blocked(self) -> dict[str, str]:
        """Each node that could not run, and the failed node that it would have needed."""
        return dict(self._blocked)

    def _fetch(self, node_id: str) -> bool:
        """Have the values of a kept output in hand; False when they are lost, and so not kept.

        What an effect gives besides its files is not fetched.
        """
        if self.registry.get(self.graph.nodes[node_id].type).nature != "effect":
            try:
                self._live[node_id] = self.values(node_id)
            except Lost:
                self._forget(node_id)
                return False
        return True

    def _forget(self, node_id: str) -> None:
        if entry := self.entries.pop(node_id, None):
            self.cache.drop(entry)
        self.cached.pop(node_id, None)

    def _demand(self, node_ids: Iterable[str]) -> None:
        """Put nodes on the list, and all above them whose values can't be had."""
        stack = list(node_ids)
        while stack:
            node_id = stack.pop()
            if node_id in self._waiting:
                continue
            waits: set[str] = set()
            for source in self.graph.nodes[node_id].sources():
                self._readers.setdefault(source.node, set()).add(node_id)
                if not self._is_there(source.node):
                    waits.add(source.node)
                    stack.append(source.node)
            self._waiting[node_id] = waits
            if not waits:
                heapq.heappush(self._ready, (self._rank[node_id], node_id))

    def _is_there(self, node_id: str) -> bool:
        if node_id in self._live:
            return True
        entry = self.entries.get(node_id)
        return entry is not None and self.cache.holds(entry)

    def _visit(self, node_id: str) -> None:
        """Find the node's result under its inputs' content, or call it."""
        node = self.graph.nodes[node_id]
        recipe = self.recipes[node_id]
        action = action_key(recipe, self._input_digests(node))
        kept = {} if self.fresh else self.cache.find([action])
        if (entry := kept.get(action)) and not self.cache.stale(entry):
            self.entries[node_id] = entry
            self.cached[node_id] = None
            if node_id not in self.plan.outputs or self._fetch(node_id):
                self.cache.alias(recipe.key, entry)
                why = "its inputs came out the same"
                self.emit(events.Cached(node_id, why, _paths(entry)))
                self._settle(node_id)
                return
        spec = self.registry.get(node.type)
        try:
            arguments = self._arguments(node, spec)
        except _MissingError as missing:
            self._make_again(node_id, missing.node)
            return
        except LoomError as error:
            self._fail(node, spec, error)
            return
        self._call(node, spec, recipe, action, arguments)

    def _call(
        self,
        node: Node,
        spec: NodeSpec,
        recipe: Recipe,
        action: str,
        arguments: Mapping[str, Any],
    ) -> None:
        context = Context(
            node_id=node.id,
            settings=self.settings,
            on_progress=lambda step, total, text: self.emit(
                events.Progress(node.id, step, total, text)
            ),
            on_preview=lambda value: self.emit(events.Preview(node.id, value)),
            is_cancelled=self.cancel.is_set,
            hashes=self.cache.hashes,
            make_provenance=self.provenance,
        )
        before = fingerprint(arguments)[0] if self.strict else ""
        self.emit(events.Started(node.id))
        began = time.perf_counter()
        try:
            values = spec.call(arguments, context)
            entry = self._entry(recipe, values, time.perf_counter() - began, context.written)
            if self.strict and fingerprint(arguments)[0] != before:
                raise LoomError("It changed one of its inputs.", remedy="Return a new value.")
        except (Cancelled, KeyboardInterrupt):
            self.cancel.set()
            self.cancelled = True
            return
        except Exception as error:  # a node is foreign code; whatever it raises is its failure
            self._fail(node, spec, error)
            return
        self.cache.store((recipe.key, action), entry, values)
        self.entries[node.id] = entry
        self._live[node.id] = values
        self.cached.pop(node.id, None)
        self.ran[node.id] = None
        self.emit(events.Produced(node.id, entry.seconds, entry.digests, _paths(entry)))
        self._settle(node.id)

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

    def _arguments(self, node: Node, spec: NodeSpec) -> dict[str, Any]:
        """What the function is called with; _MissingError when a value has to be made again."""
        arguments: dict[str, Any] = {}
        for name, value in given_params(node, spec).items():
            arguments[name] = spec.params[name].resolve(value, self.settings)
        for name, sources in node.inputs.items():
            port_type = spec.socket(name)
            if port_type is None or not sources:
                continue
            values = [self._value(source) for source in sources]
            try:
                value = _gathered(values, port_type)
                param = spec.params.get(name)
                if param:
                    value = param.resolve(param.validate(value), self.settings)
            except LoomError as error:
                raise error.at("", name) from None
            arguments[name] = value
        return arguments

    def _value(self, source: Source) -> Any:
        try:
            values = self.values(source.node)
        except (KeyError, Lost):
            raise _MissingError(source.node) from None
        if self._readers.get(source.node):
            self._live[source.node] = values
        return values[source.port]

    def _input_digests(self, node: Node) -> dict[str, tuple[str, ...]]:
        return {
            port: tuple(self.entries[source.node].digests[source.port] for source in sources)
            for port, sources in node.inputs.items()
        }

    def _make_again(self, node_id: str, source: str) -> None:
        """A kept value that `node_id` reads turned out to be lost: make it, then come back."""
        self._forget(source)
        self._waiting[node_id] = {source}
        self._demand([source])

    def _settle(self, node_id: str) -> None:
        """A node is done: wake what waits for it, let go of what only it still needed."""
        del self._waiting[node_id]
        for reader in self._readers.get(node_id, ()):
            waits = self._waiting.get(reader)
            if waits and node_id in waits:
                waits.discard(node_id)
                if not waits:
                    heapq.heappush(self._ready, (self._rank[reader], reader))
        if not self._readers.get(node_id):
            self._release(node_id)
        self._stop_reading(node_id)

    def _stop_reading(self, node_id: str) -> None:
        for source in self.graph.nodes[node_id].sources():
            readers = self._readers.get(source.node)
            if readers:
                readers.discard(node_id)
                if not readers:
                    self._release(source.node)

    def _release(self, node_id: str) -> None:
        """Leave a value that nobody here reads any more to the cache, unless it was asked for."""
        if node_id not in self.plan.outputs:
            self._live.pop(node_id, None)

    def _fail(self, node: Node, spec: NodeSpec, cause: Exception) -> None:
        error = _node_error(node, spec, cause)
        self.failed[node.id] = error
        self.emit(events.Failed(node.id, str(error)))
        stack = [node.id]
        while stack:
            failed = stack.pop()
            self._waiting.pop(failed, None)
            for reader in sorted(self._readers.get(failed, ())):
                if reader in self._waiting:
                    self._waiting.pop(reader)
                    self._blocked[reader] = node.id
                    self.emit(events.Blocked(reader, node.id))
                    stack.append(reader)
            self._stop_reading(failed)


class _MissingError(Exception):
    """The value of `node` is needed and is nowhere."""

    def __init__(self, node: str) -> None:
        super().__init__(node)
        self.node = node


def _gathered(values: list[Any], wanted: PortType) -> Any:
    """The linked values as the port takes them: converted, and in one list where it takes many."""
    if not wanted.many:
        return _as(values[0], wanted.kind)
    flat: list[Any] = []
    for value in values:
        flat += cast(list[Any], value) if isinstance(value, list) else [value]
    return [_as(value, wanted.kind) for value in flat]


def _as(value: Any, kind: Kind | None) -> Any:
    return value if kind is None else convert(value, kind)


def _node_error(node: Node, spec: NodeSpec, cause: Exception) -> NodeError:
    """The error of a node, for people: which node, which input, what happened, what to look at."""
    if isinstance(cause, LoomError):
        reason, field, remedy = cause.reason, cause.field, cause.remedy
    else:
        said = str(cause).strip() or "it said nothing more"
        reason, field = f"{spec.label} failed: {type(cause).__name__}: {said}", ""
        given = [
            f"{port} ← {', '.join(map(str, sources))}" for port, sources in node.inputs.items()
        ]
        remedy = f"Its inputs were {', '.join(given)}." if given else "It has no inputs."
        reason += "" if reason.endswith((".", "!", "?")) else "."
    error = NodeError(reason, node=node.id, field=field, remedy=remedy)
    error.__cause__ = cause
    return error


def _paths(entry: Entry) -> tuple[str, ...]:
    return tuple(file.path for file in entry.files)
