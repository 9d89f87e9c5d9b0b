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
        digest = hashlib.blake2b(digest_size=16)
        for name, file in sorted(files):
            try:
                digest.update(f"{name}\0{self._hashes.of(file)}\n".encode())
            except OSError as error:
                raise LoomError(
                    f"The model file {file} can't be read: {error.strerror}."
                ) from error
        self._save()
        return f"b2:{digest.hexdigest()}"

    def _save(self) -> None:
        memo = dict(self._memo)
        if memo == self._saved:
            return
        self._saved = memo
        with contextlib.suppress(OSError):
            self._store.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._store, json.dumps(memo).encode())


@functools.cache
def stored_hashes() -> StoredHashes:
    """The hashes that this user's runs share, in the user's cache folder."""
    from platformdirs import user_cache_path

    return StoredHashes(user_cache_path("latent-loom") / "hashes.json")


def component_hash(component: Component, hashes: StoredHashes | None = None) -> str:
    """Hash of the files that decide what `component` computes; moving the folder keeps it."""
    return (hashes or stored_hashes()).of(component.contents())
