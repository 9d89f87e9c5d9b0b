"""Any single weight file by its header, remembered while the file stays what it is."""

from __future__ import annotations

import functools
from pathlib import Path

from engine.diffusion.weights.headers import Header, read_header
from engine.diffusion.weights.pickles import read_pickle
from engine.graph.errors import LoomError

REMEMBERED = 32


Stamp = tuple[int, int, int]  # size, time of change in ns, inode


def header_of(path: Path) -> Header:
    """The header of a safetensors or pickled file; places in pickles count from the file's start.

    Raises LoomError when the file is missing, damaged, or holds more than tensors.
    """
    return _read(path, stamp_of(path))


def stamp_of(path: Path) -> Stamp:
    """What changes when a file does; LoomError when it can't be read."""
    try:
        status = path.stat()
    except OSError as error:
        raise LoomError(
            f"The model file {path} can't be read: {error.strerror}.",
            remedy="Check that it exists and that you may read it.",
        ) from error
    return status.st_size, status.st_mtime_ns, status.st_ino


@functools.lru_cache(REMEMBERED)
def _read(path: Path, _: Stamp) -> Header:
    return read_header(path) if path.suffix == ".safetensors" else read_pickle(path)
