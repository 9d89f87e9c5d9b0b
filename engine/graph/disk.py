"""The disk tier: results that outlive the process, in a folder that may be deleted at any time.

Values lie in files named by the hash of their bytes, small ones in the index, which is in SQLite
and says which result is made of which values. A file is written whole before the index names it, so
a crash leaves at worst an unnamed file. A value whose bytes no longer have its hash is dropped with
all results made of it.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.graph.blobs import Blobs, blob_name
from engine.graph.database import OtherFormatError, connect, transaction
from engine.graph.errors import CacheError
from engine.graph.files import Stat

FORMAT = 4
INDEX = f"index-{FORMAT}.sqlite"
CHUNK = 500  # keys in one query
SMALL = 4096  # bytes up to which a value lies in the index itself: a file would take longer
SEAL = 32  # characters of the hash before a text in the index

_SCHEMA = """
CREATE TABLE entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL, size INTEGER NOT NULL,
    worth REAL NOT NULL, priority REAL NOT NULL);
CREATE TABLE keys (
    key TEXT PRIMARY KEY, entry INTEGER NOT NULL REFERENCES entries ON DELETE CASCADE);
CREATE TABLE parts (
    entry INTEGER NOT NULL REFERENCES entries ON DELETE CASCADE, blob TEXT NOT NULL, data BLOB,
    PRIMARY KEY (entry, blob));
CREATE INDEX parts_by_blob ON parts (blob);
CREATE INDEX entries_by_priority ON entries (priority);
CREATE INDEX keys_by_entry ON keys (entry);
CREATE TABLE clock (time REAL NOT NULL);
INSERT INTO clock VALUES (0);
CREATE TABLE pins (name TEXT NOT NULL, key TEXT NOT NULL, PRIMARY KEY (name, key));
CREATE TABLE runs (name TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE files (path TEXT PRIMARY KEY, size INTEGER, mtime INTEGER, inode INTEGER, hash TEXT);
"""


# What work on the disk may raise.
TROUBLE = (OSError, sqlite3.Error, UnicodeDecodeError)

log = logging.getLogger("latent_loom")


class Lost(Exception):
    """A kept value is gone or damaged; it has been dropped and has to be made again."""


class DiskTier:
    """Results by key under a cap of bytes. Several processes may share the folder.

    Raises CacheError when the folder can't be made or written to.
    """

    def __init__(self, folder: Path, cap: int = 8 << 30) -> None:
        self.folder = folder
        self.cap = cap
        self._lock = threading.RLock()
        try:
            self._blobs = Blobs(folder / "values")
            self._index, self._total = self._open()
        except TROUBLE as error:
            raise CacheError(
                f"The folder for kept results {folder} can't be used: {error}.",
                remedy="Choose another folder, or run without keeping results.",
            ) from error

    def close(self) -> None:
        """Let the index go."""
        with self._lock:
            self._index.close()

    def find(self, keys: Iterable[str]) -> dict[str, tuple[int, Any]]:
        """The entry number and body of each key that is there; what is damaged is dropped."""
        wanted = list(keys)
        found: dict[str, tuple[int, Any]] = {}
        damaged: set[int] = set()
        with self._lock:
            for start in range(0, len(wanted), CHUNK):
                chunk = wanted[start : start + CHUNK]
                marks = ",".join("?" * len(chunk))
                query = (
                    "SELECT key, id, body FROM keys JOIN entries ON entries.id = keys.entry "
                    f"WHERE key IN ({marks})"
                )
                for key, number, sealed in self._index.execute(query, chunk):
                    if (body := _opened(sealed)) is None:
                        damaged.add(number)
                    else:
                        found[key] = (number, body)
        for number in damaged:
            self.drop(number)
        return found

    def put(
        self, keys: Iterable[str], body: Any, blobs: Iterable[bytes], seconds: float
    ) -> int | None:
        """Keep a result under its keys; the number of its entry, which is never used again.

        None where it is larger than the cap, or than what is not pinned of it: it is not kept then.
        `body` is JSON that names its blobs by `blob_name`; `seconds` is what it took to make.
        Raises one of TROUBLE when it can't be kept, and the index is then as before.
        """
        text = _sealed(body)
        named = {blob_name(data): data for data in blobs}
        size = len(text) + sum(map(len, named.values()))
        if size > self.cap:
            return None
        parts = {name: data if len(data) <= SMALL else None for name, data in named.items()}
        for name, data in named.items():
            if len(data) > SMALL:
                self._blobs.write(name, data)
        worth = seconds / size
        keys = tuple(keys)
        marks = ",".join("?" * len(keys))
        with self._transaction() as index:
            replaced = index.execute(
                f"SELECT DISTINCT entry FROM keys WHERE key IN ({marks})", keys
            ).fetchall()
            number = index.execute(
                "INSERT INTO entries (body, size, worth, priority) "
                "VALUES (?, ?, ?, ? + (SELECT time FROM clock))",
                (text, size, worth, worth),
            ).lastrowid
            assert number is not None
            index.executemany(
                "INSERT OR REPLACE INTO keys VALUES (?, ?)", [(key, number) for key in keys]
            )
            index.executemany(
                "INSERT INTO parts VALUES (?, ?, ?)",
                [(number, name, data) for name, data in parts.items()],
            )
            for (old,) in replaced:
                left = index.execute("SELECT 1 FROM keys WHERE entry = ?", (old,)).fetchone()
                if left is None:
                    self._delete(index, old)
            self._total += size
        if self._total > self.cap:
            return self._shrink(number)
        return number

    def alias(self, key: str, number: int) -> None:
        """Let another key lead to an entry."""
        with self._transaction() as index:
            index.execute(
                "INSERT OR REPLACE INTO keys SELECT ?, id FROM entries WHERE id = ?", (key, number)
            )

    def read(self, name: str) -> bytes:
        """The bytes of a blob; Lost when they are gone or are not what was written."""
        with self._lock:
            row = self._index.execute(
                "SELECT data FROM parts WHERE blob = ? AND data IS NOT NULL", (name,)
            ).fetchone()
        data: bytes | None = row[0] if row else None
        if data is None:
            data = self._blobs.read(name)
        if data is None or blob_name(data) != name:
            self.drop_blob(name)
            raise Lost(name)
        return data

    def drop_blob(self, name: str) -> None:
        """Drop a blob and every result made of it."""
        with self._transaction() as index:
            index.execute(
                "DELETE FROM entries WHERE id IN (SELECT entry FROM parts WHERE blob = ?)", (name,)
            )
        self._blobs.delete(name)

    def drop(self, number: int) -> None:
        """Drop one result."""
        with self._transaction() as index:
            self._delete(index, number)

    def touch(self, numbers: Iterable[int]) -> None:
        """Count a use of each entry, so that it is not the next to go."""
        with self._transaction() as index:
            clock = self._clock()
            index.executemany(
                "UPDATE entries SET priority = ? + worth WHERE id = ?",
                [(clock, number) for number in numbers],
            )

    def pins(self) -> dict[str, set[str]]:
        """The keys whose results must stay, by who wants them to."""
        found: dict[str, set[str]] = {}
        with self._lock:
            for name, key in self._index.execute("SELECT name, key FROM pins"):
                found.setdefault(name, set()).add(key)
        return found

    def pin(self, name: str, keys: Iterable[str]) -> None:
        """Let the results with these keys stay, in place of those that `name` wanted before."""
        with self._transaction() as index:
            index.execute("DELETE FROM pins WHERE name = ?", (name,))
            index.executemany("INSERT INTO pins VALUES (?, ?)", [(name, key) for key in keys])

    @property
    def size(self) -> int:
        """Bytes that all entries count for; one that two share counts twice."""
        with self._lock:
            return _size(self._index)

    # The last run of each workflow

    def run(self, name: str) -> dict[str, Any]:
        """The record of the last run called `name`, empty when there is none."""
        with self._lock:
            row = self._index.execute("SELECT body FROM runs WHERE name = ?", (name,)).fetchone()
        return (row and _opened(row[0])) or {}

    def set_run(self, name: str, record: Mapping[str, Any]) -> None:
        """Keep the record of a run."""
        with self._transaction() as index:
            index.execute("INSERT OR REPLACE INTO runs VALUES (?, ?)", (name, _sealed(record)))

    # Hashes of files

    def file_hashes(self) -> dict[str, tuple[Stat, str]]:
        """Hashes of files with the stat they were read at, by path."""
        with self._lock:
            rows = self._index.execute("SELECT path, size, mtime, inode, hash FROM files")
            return {path: ((size, mtime, inode), found) for path, size, mtime, inode, found in rows}

    def set_file_hashes(self, known: Mapping[str, tuple[Stat, str]]) -> None:
        """Keep hashes of files."""
        with self._transaction() as index:
            index.executemany(
                "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)",
                [(path, *stat, found) for path, (stat, found) in known.items()],
            )

    def _open(self) -> tuple[sqlite3.Connection, int]:
        """The index and its size; one that is no index gives way to an empty one."""
        try:
            index = self._connect()
            try:
                return index, _size(index)
            except BaseException:
                index.close()
                raise
        except TROUBLE as error:
            if not is_damage(error):
                raise
            log.warning(
                "The kept results in %s are damaged (%s): they begin empty.", self.folder, error
            )
            self._remove_index()
            return self._connect(), 0

    def reset(self) -> None:
        """Begin an empty index in place of a damaged one."""
        with self._lock:
            self._index.close()
            self._remove_index()
            self._index = self._connect()
            self._total = 0

    def _connect(self) -> sqlite3.Connection:
        return connect(self.folder / INDEX, _SCHEMA, FORMAT)

    def _remove_index(self) -> None:
        for file in self.folder.glob(f"{INDEX}*"):
            file.unlink()

    @contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        with self._lock, transaction(self._index):
            yield self._index

    def _clock(self) -> float:
        """The priority of what went last: GreedyDual-Size counts from it, as in the memory tier."""
        return self._index.execute("SELECT time FROM clock").fetchone()[0]

    def _shrink(self, newest: int) -> int | None:
        """Drop entries of lowest priority until the cap holds, then files that nothing names.

        Pinned ones stay, even above the cap; the newest goes last. Gives its number if it stays.
        """
        size = self.size
        with self._transaction() as index:
            rows = index.execute(
                "SELECT id, size, priority FROM entries WHERE id NOT IN (SELECT entry FROM keys "
                "JOIN pins ON pins.key = keys.key) ORDER BY id = ?, priority",
                (newest,),
            ).fetchall()
            for number, freed, priority in rows:
                if size <= self.cap:
                    break
                index.execute("UPDATE clock SET time = MAX(time, ?)", (priority,))
                self._delete(index, number)
                size -= freed
                newest = 0 if number == newest else newest
        self._total = size
        self.sweep()
        return newest or None

    def _delete(self, index: sqlite3.Connection, number: int) -> None:
        """Delete an entry, and the blobs that no other entry has."""
        own = index.execute(
            "SELECT blob FROM parts WHERE entry = ? AND data IS NULL AND NOT EXISTS "
            "(SELECT 1 FROM parts AS other WHERE other.blob = parts.blob AND other.entry <> ?)",
            (number, number),
        ).fetchall()
        index.execute("DELETE FROM entries WHERE id = ?", (number,))
        for (name,) in own:
            self._blobs.delete(name)

    def sweep(self) -> None:
        """Delete files that no entry names and that no process can still be about to name."""
        with self._lock:
            rows = self._index.execute("SELECT blob FROM parts WHERE data IS NULL")
            named = {row[0] for row in rows}
        self._blobs.sweep(named)


# A page that makes no sense, another kind of file, tables that are not ours.
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)


def is_damage(error: Exception) -> bool:
    """Whether an error says that the index is none, and not that it can't be reached."""
    # A message of SQLite's may name a damaged name, which is no text then.
    if isinstance(error, UnicodeDecodeError | OtherFormatError):
        return True
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_OK)
    return code == sqlite3.SQLITE_IOERR_SHORT_READ or code & 0xFF in _DAMAGE


def _sealed(data: Any) -> str:
    """JSON text with the hash of itself before it: SQLite does not notice a byte that turned."""
    text = json.dumps(data, separators=(",", ":"))
    return blob_name(text.encode()) + text


def _opened(sealed: str) -> Any:
    """What was sealed, None where it is damaged."""
    seal, text = sealed[:SEAL], sealed[SEAL:]
    return json.loads(text) if blob_name(text.encode()) == seal else None


def _size(index: sqlite3.Connection) -> int:
    return index.execute("SELECT COALESCE(SUM(size), 0) FROM entries").fetchone()[0]
