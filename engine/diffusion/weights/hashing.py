"""Content hashes of models, so that a workflow can name a model by what it is.

A hash is `b2:` and 32 hex digits of BLAKE2b. Hashing gigabytes takes seconds, so each file's hash
is remembered under its size, time of change and inode, also from one run to the next.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from engine.diffusion.weights.folder import Component
from engine.graph.errors import LoomError
from engine.graph.files import FileHashes, Stat, write_atomically


class StoredHashes:
    """Hashes of files, remembered in the JSON file `store`.

    Where `store` can't be read or written they are remembered in memory only.
    """

    def __init__(self, store: Path) -> None:
        self._store = store
        self._memo: dict[str, tuple[Stat, str]] = {}
        with contextlib.suppress(OSError, ValueError, TypeError, AttributeError):
            for path, ((size, mtime, inode), found) in json.loads(store.read_text()).items():
                self._memo[path] = ((size, mtime, inode), found)
        self._saved = dict(self._memo)
        self._hashes = FileHashes(self._memo)

    def of(self, files: Iterable[tuple[str, Path]]) -> str:
        """One hash of many files, each with the name it counts under."""
        found = hash_of(files, self._hashes)
        self._save()
        return found

    def of_path(self, path: Path) -> str:
        """The hash of a file or folder that workflows pin; OSError when it can't be read."""
        found = self._hashes.of(path)
        self._save()
        return found

    def _save(self) -> None:
        memo = dict(self._memo)
        if memo == self._saved:
            return
        self._saved = memo
        with contextlib.suppress(OSError):
            self._store.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._store, json.dumps(memo).encode())


def hash_of(files: Iterable[tuple[str, Path]], hashes: FileHashes) -> str:
    """One hash of many files, by the names they count under; LoomError if one can't be read."""
    digest = hashlib.blake2b(digest_size=16)
    for name, file in sorted(files):
        try:
            digest.update(f"{name}\0{hashes.of(file)}\n".encode())
        except OSError as error:
            raise LoomError(f"The model file {file} can't be read: {error.strerror}.") from error
    return f"b2:{digest.hexdigest()}"


@functools.cache
def stored_hashes() -> StoredHashes:
    """The hashes that this user's runs share, in the user's cache folder."""
    from platformdirs import user_cache_path

    return StoredHashes(user_cache_path("latent-loom") / "hashes.json")


_adopted: FileHashes | None = None


def adopt(hashes: FileHashes) -> None:
    """From now on find in `hashes`, and leave there, what is read to hash components.

    A run reads model files for its recipe keys; with the same memory a loader need not read them a
    second time.
    """
    global _adopted
    _adopted = hashes


def component_hash(component: Component, hashes: StoredHashes | None = None) -> str:
    """Hash of the files that decide what `component` computes; moving the folder keeps it."""
    if hashes is None and _adopted is not None:
        return hash_of(component.contents(), _adopted)
    return (hashes or stored_hashes()).of(component.contents())
