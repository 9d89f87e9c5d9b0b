"""Files by content: hashes memoised by (size, mtime, inode), and writes that are all or nothing."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from collections.abc import MutableMapping
from pathlib import Path

from engine.graph.cancelling import check_cancel

Stat = tuple[int, int, int]  # size, mtime_ns, inode
Memo = MutableMapping[str, tuple[Stat, str]]

# A file that changed within the clock's grain keeps its stat, so a young stat is no proof.
GRAIN_NS = 2_000_000_000
CHUNK = 1 << 20  # bytes read between looks whether the run was cancelled


class FileHashes:
    """Content hashes of files and folders: `b2:` and 32 hex digits of BLAKE2b.

    `memo` keeps what was read between calls; give a mapping that lasts to keep it between runs.
    """

    def __init__(self, memo: Memo | None = None) -> None:
        self._memo: Memo = {} if memo is None else memo

    def of(self, path: Path) -> str:
        """The hash of a file, or of a folder: the names and hashes of all files in it.

        Hidden files and folders don't count. Raises OSError when something can't be read, and
        Cancelled soon after the run that it is read for was cancelled.
        """
        if not path.is_dir():
            return f"b2:{self._file(path)}"
        digest = hashlib.blake2b(digest_size=16)
        for file in sorted(_visible_files(path), key=lambda file: file.as_posix()):
            digest.update(f"{file.relative_to(path).as_posix()}\0{self._file(file)}\n".encode())
        return f"b2:{digest.hexdigest()}"

    def _file(self, path: Path) -> str:
        status = path.stat()
        stat = (status.st_size, status.st_mtime_ns, status.st_ino)
        name = str(path.absolute())
        known = self._memo.get(name)
        if known and known[0] == stat:
            return known[1]
        found = _content(path)
        if time.time_ns() - status.st_mtime_ns > GRAIN_NS:
            self._memo[name] = (stat, found)
        return found


def _content(path: Path) -> str:
    digest = hashlib.blake2b(digest_size=16)
    chunk = memoryview(bytearray(CHUNK))
    with path.open("rb", buffering=0) as file:
        while length := file.readinto(chunk):
            check_cancel()
            digest.update(chunk[:length])
    return digest.hexdigest()


def write_atomically(path: Path, data: bytes) -> None:
    """Write a whole file or nothing: a reader sees the old content or the new, never a part.

    Raises OSError, and leaves no temporary file behind.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with part.open("xb") as file:
            file.write(data)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _visible_files(folder: Path) -> list[Path]:
    found: list[Path] = []
    for root, folders, files in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(root, name) for name in files if not name.startswith(".")]
    return found
