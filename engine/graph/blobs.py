"""Bytes in files that are named by the hash of what is in them."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Container
from contextlib import suppress
from pathlib import Path

from engine.graph.files import write_atomically

YOUNG = 3600.0  # seconds before a file that nobody names is taken for a leftover


def blob_name(data: bytes) -> str:
    """The name of a blob: the hash of its bytes."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


class Blobs:
    """The blobs in a folder, which is made; OSError when it can't be."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, name: str, data: bytes) -> None:
        """Keep bytes under their name; OSError when the disk won't take them."""
        path = self._path(name)
        if not path.exists() or path.stat().st_size != len(data):
            path.parent.mkdir(exist_ok=True)
            write_atomically(path, data)

    def read(self, name: str) -> bytes | None:
        """The bytes as they lie there, right or not; None when there are none."""
        with suppress(OSError):
            return self._path(name).read_bytes()
        return None

    def delete(self, name: str) -> None:
        """Let a blob go, should it be there."""
        with suppress(OSError):
            self._path(name).unlink()

    def sweep(self, named: Container[str]) -> None:
        """Delete what is not `named` and what no process can still be about to name."""
        for path in self._folder.glob("*/*"):
            with suppress(OSError):
                if path.name not in named and time.time() - path.stat().st_mtime > YOUNG:
                    path.unlink()

    def _path(self, name: str) -> Path:
        return self._folder / name[:2] / name
