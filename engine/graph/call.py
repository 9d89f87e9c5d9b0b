"""Calls one node: with what it may ask of its surroundings, and again when memory runs out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from engine.graph import events
from engine.graph.cache import Entry, WrittenFile
from engine.graph.context import Context, Settings
from engine.graph.digests import fingerprint
from engine.graph.environment import within
from engine.graph.errors import LoomError
from engine.graph.files import FileHashes
from engine.graph.keys import Recipe
from engine.graph.prefetch import Models
from engine.graph.spec import NodeSpec


@dataclass(frozen=True)
class Caller:
    """What every node of a run is called with. Any number of threads may call at once.

    `strict` fails a node that changes one of its inputs.
    """

    settings: Settings
    hashes: FileHashes
    environment: Mapping[str, str]
    models: Models | None
    emit: events.Emit
    is_cancelled: Callable[[], bool]
    provenance: Callable[[str], Mapping[str, Any]]
    strict: bool

    def call(
        self, node_id: str, spec: NodeSpec, recipe: Recipe, arguments: Mapping[str, Any]
    ) -> tuple[dict[str, Any], Entry]:
        """The node's values by port, and what the cache is to know of them.

        Raises whatever the node raises, and LoomError when it breaks its word: values of another
        type than its ports', or with `strict` a changed input.
        """
        context = Context(
            node_id=node_id,
            settings=self.settings,
            on_progress=lambda step, total, text: self.emit(
                events.Progress(node_id, step, total, text)
            ),
            on_preview=lambda value: self.emit(events.Preview(node_id, value)),
            is_cancelled=self.is_cancelled,
            hashes=self.hashes,
            make_provenance=partial(self.provenance, node_id),
        )
        before = fingerprint(arguments)[0] if self.strict else ""
        began = time.perf_counter()
        values = self._called(spec, arguments, context)
        entry = self._entry(recipe, values, time.perf_counter() - began, context.written)
        if self.strict and fingerprint(arguments)[0] != before:
            raise LoomError("It changed one of its inputs.", remedy="Return a new value.")
        return values, entry

    def _called(
        self, spec: NodeSpec, arguments: Mapping[str, Any], context: Context
    ) -> dict[str, Any]:
        """What a node makes, tried again as long as `models` knows how when memory runs out."""
        changes: Mapping[str, str] = {}
        while True:
            try:
                with within({**self.environment, **changes}):
                    return spec.call(arguments, context)
            except Exception as error:
                found = self.models.rescue(error, changes) if self.models else None
                if found is None:
                    raise
                changes, words = found
            self.emit(events.Progress(context.node_id, 0, 1, words))

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
        files = tuple(WrittenFile(str(path.absolute()), self.hashes.of(path)) for path in written)
        return Entry(recipe.key, digests, seconds, files, size)
