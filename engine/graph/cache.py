"""Results that are kept: one front for the memory tier and the disk tier."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, cast

from engine.graph import codecs
from engine.graph.blobs import blob_name
from engine.graph.disk import TROUBLE, DiskTier, Lost, is_damage
from engine.graph.files import FileHashes, Stat
from engine.graph.memory import MemoryTier

__all__ = ["Cache", "Entry", "Lost", "WrittenFile"]

T = TypeVar("T")
log = logging.getLogger("latent_loom")


@dataclass(frozen=True)
class WrittenFile:
    """A file that an effect node wrote, and the content it then had."""

    path: str
    hash: str


@dataclass(eq=False)
class Entry:
    """One result of one node: digests by output port, what it took, and what it wrote.

    `stored` says how each port lies on disk: a codec and a blob for each value. `number` is the
    entry's number there, None when it is in memory alone.
    """

    name: str
    digests: Mapping[str, str]
    seconds: float
    files: tuple[WrittenFile, ...] = ()
    size: int = 0
    stored: Mapping[str, Any] = field(default_factory=dict[str, Any])
    number: int | None = None


class Cache:
    """Finds, loads and keeps results by key, for any number of threads.

    `memory` is the byte budget of the memory tier; `folder` the place of the disk tier, None for
    none, `disk` its cap in bytes. A disk that fails in the middle of a run costs what it would have
    kept, never the run. Raises CacheError when the folder can't be used to begin with.
    """

    def __init__(
        self, folder: Path | None = None, *, memory: int = 1 << 30, disk: int = 8 << 30
    ) -> None:
        self._memory = MemoryTier(memory)
        self._disk = DiskTier(folder, disk) if folder is not None else None
        self._entries: dict[str, Entry] = {}
        self._runs: dict[str, dict[str, Any]] = {}
        self._used: set[int] = set()
        self._told: set[str] = set()
        self._lock = threading.RLock()  # nobody holds it while bytes are read, written or decoded
        self._memo: dict[str, tuple[Stat, str]] = (
            self._on_disk(lambda disk: disk.file_hashes(), {}) if self._disk else {}
        )
        self._memo_kept = dict(self._memo)
        self._pins: dict[str, set[str]] = self._on_disk(lambda disk: disk.pins(), {})
        self.hashes = FileHashes(self._memo)

    def find(self, keys: Iterable[str]) -> dict[str, Entry]:
        """The entries whose values can be had, by key; files on disk are asked in one query."""
        found: dict[str, Entry] = {}
        missing: list[str] = []
        with self._lock:
            for key in keys:
                entry = self._entries.get(key)
                if entry is not None and (not entry.digests or entry.name in self._memory):
                    found[key] = entry
                else:  # what was on disk may have been dropped there meanwhile
                    missing.append(key)
        if missing and self._disk:
            on_disk = self._on_disk(lambda disk: disk.find(missing), {})
            with self._lock:
                for key, (number, body) in on_disk.items():
                    self._entries[key] = found[key] = _from_body(body, number)
        return found

    def holds(self, entry: Entry) -> bool:
        """Whether an entry's values are in memory, or were on disk when it was last looked for."""
        return entry.number is not None or not entry.digests or entry.name in self._memory

    def stale(self, entry: Entry) -> str:
        """Why an entry no longer holds: a file it wrote is gone or changed; "" when it holds."""
        for file in entry.files:
            try:
                found = self.hashes.of(Path(file.path))
            except OSError:
                return f"{file.path} is gone"
            if found != file.hash:
                return f"{file.path} changed"
        return ""

    def load(self, entry: Entry) -> Mapping[str, Any]:
        """All values of an entry by port; Lost when they are gone or damaged."""
        if not entry.digests:
            return {}
        with self._lock:
            values = self._memory.get(entry.name)
            number = entry.number
        if values is not None:
            return values
        if number is None:
            raise Lost(entry.name)
        try:
            values = {port: self._read(how) for port, how in entry.stored.items()}
        except Exception as error:  # a codec may raise anything on bytes that are not its own
            self._warn("are damaged or gone: what is needed of them is made again")
            self._on_disk(lambda disk: disk.drop(number), None)
            entry.number = None
            raise Lost(entry.name) from error
        with self._lock:
            self._used.add(number)
            self._memory.put(entry.name, values, entry.size, entry.seconds)
        return values

    def at_hand(self, entry: Entry) -> Mapping[str, Any] | None:
        """The values of an entry if they are in memory, which does not count as a use."""
        with self._lock:
            return self._memory.peek(entry.name)

    def store(self, keys: Iterable[str], entry: Entry, values: Mapping[str, Any]) -> None:
        """Keep a result under its keys, in memory and, when its kinds have codecs, on disk."""
        keys = tuple(keys)
        with self._lock:
            self._memory.put(entry.name, values, entry.size, entry.seconds)
            self._entries.update(dict.fromkeys(keys, entry))
            if self._pins:
                self._pin_in_memory()
        if self._disk is None:
            return
        blobs: list[bytes] = []
        stored: dict[str, Any] = {}
        for port, value in values.items():
            try:
                how = _encoded(value, blobs)
            except (
                Exception
            ) as error:  # a codec may raise anything; the result is there all the same
                self._warn(f"can't take a result in ({type(error).__name__}: {error})")
                return
            if how is None:
                return
            stored[port] = how
        entry.stored = stored
        body = _to_body(entry)
        entry.number = self._on_disk(lambda disk: disk.put(keys, body, blobs, entry.seconds), None)

    def alias(self, key: str, entry: Entry) -> None:
        """Let another key lead to an entry."""
        with self._lock:
            self._entries[key] = entry
            number = entry.number
        if number is not None:
            self._on_disk(lambda disk: disk.alias(key, number), None)

    def drop(self, entry: Entry) -> None:
        """Forget an entry."""
        with self._lock:
            self._memory.drop(entry.name)
            number, entry.number = entry.number, None
            name = entry.name
            self._entries = {key: kept for key, kept in self._entries.items() if kept.name != name}
        if number is not None:
            self._on_disk(lambda disk: disk.drop(number), None)

    def pin(self, name: str, keys: Collection[str]) -> None:
        """Let the results with these keys stay, in place of those that `name` wanted before."""
        wanted = set(keys)
        with self._lock:
            if wanted == self._pins.get(name, set()):
                return
            self._pins[name] = wanted
            self._pin_in_memory()
        self._on_disk(lambda disk: disk.pin(name, wanted), None)

    def last_run(self, name: str) -> dict[str, Any]:
        """The record of the last run called `name`: a record for each node."""
        if name not in self._runs:
            self._runs[name] = self._on_disk(lambda disk: disk.run(name), {})
        return self._runs[name]

    def remember_run(self, name: str, record: dict[str, Any]) -> None:
        """Keep the record of a run, and what was learnt about files and use on the way."""
        if record != self.last_run(name):
            self._runs[name] = record
            self._on_disk(lambda disk: disk.set_run(name, record), None)
        self.remember_files()
        with self._lock:
            used, self._used = self._used, set()
        if used:
            self._on_disk(lambda disk: disk.touch(used), None)

    def remember_files(self) -> None:
        """Keep what was learnt about files, so that nobody reads them again to know them."""
        news = {
            path: seen
            for path, seen in self._memo.copy().items()
            if self._memo_kept.get(path) != seen
        }
        if news:
            self._memo_kept.update(news)
            self._on_disk(lambda disk: disk.set_file_hashes(news), None)

    def close(self) -> None:
        """Let the disk tier go."""
        if self._disk:
            self._disk.close()

    def _pin_in_memory(self) -> None:
        pinned = [self._entries.get(key) for keys in self._pins.values() for key in keys]
        self._memory.pinned = {entry.name for entry in pinned if entry is not None}

    def _read(self, how: Mapping[str, Any]) -> Any:
        assert self._disk
        values = [codecs.decode(codec, self._disk.read(blob)) for codec, blob in how["values"]]
        return values if how["many"] else values[0]

    def _on_disk(self, work: Callable[[DiskTier], T], otherwise: T) -> T:
        """What `work` gives on the disk tier, or `otherwise` when there is none or it fails."""
        if self._disk is None:
            return otherwise
        try:
            return work(self._disk)
        except TROUBLE as error:
            if is_damage(error):
                self._warn(f"are damaged ({error}): they begin empty")
                self._disk.reset()
                with self._lock:
                    self._entries.clear()
            else:
                reason = error.strerror if isinstance(error, OSError) else error
                self._warn(f"can't be added to or read ({reason}): the run goes on without")
            return otherwise

    def _warn(self, what: str) -> None:
        """Say what is wrong with the disk tier, once however many results it concerns."""
        assert self._disk
        if what not in self._told:
            self._told.add(what)
            log.warning("The kept results in %s %s.", self._disk.folder, what)


def _encoded(value: Any, blobs: list[bytes]) -> dict[str, Any] | None:
    """How a value lies on disk, its bytes added to `blobs`; None when it can't be kept."""
    many = isinstance(value, list)
    ends: list[tuple[str, str]] = []
    for item in cast(list[Any], value) if many else [value]:
        encoded = codecs.encode(item)
        if encoded is None:
            return None
        name, data = encoded
        blobs.append(data)
        ends.append((name, blob_name(data)))
    return {"many": many, "values": ends}


def _to_body(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "digests": dict(entry.digests),
        "seconds": entry.seconds,
        "files": [[file.path, file.hash] for file in entry.files],
        "size": entry.size,
        "stored": entry.stored,
    }


def _from_body(body: dict[str, Any], number: int) -> Entry:
    files = tuple(WrittenFile(path, found) for path, found in body["files"])
    return Entry(
        body["name"],
        body["digests"],
        body["seconds"],
        files,
        body["size"],
        body["stored"],
        number,
    )
