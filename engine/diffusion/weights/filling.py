"""Tensors filled from weight files, converted on the way.

What is used as it lies is mapped, see `mapped`. What becomes something else is read here, in pieces
that stay in the processor's cache until they are converted: no page of the map is ever touched, so
that a file is never in memory beside what was made of it.
"""

from __future__ import annotations

import functools
import os
import threading
from concurrent.futures import ThreadPoolExecutor

import torch

from engine.diffusion.weights.headers import damaged
from engine.diffusion.weights.mapped import Place, place_of
from engine.diffusion.weights.pages import have_pages
from engine.graph.errors import LoomError

PIECE = 1 << 20  # bytes
LEAST = 1 << 16  # bytes: below, asking for pages and reading costs more than it saves


def fill(target: torch.Tensor, source: torch.Tensor) -> None:
    """Fill `target` with `source`, to the last bit as `target.copy_(source)` does.

    Where both are contiguous, on the CPU, and `source` is mapped and not small, it is read from its
    file by as many threads as torch computes with; changes that were made to the map are then not
    seen. Raises LoomError where the file has become shorter or can't be read.
    """
    place = place_of(source) if hasattr(os, "preadv") and source.nbytes >= LEAST else None
    contiguous = source.is_contiguous() and target.is_contiguous()
    if not (place and contiguous and target.is_cpu and target.shape == source.shape):
        target.copy_(source)
        return
    threads = torch.get_num_threads()
    numbers = PIECE // source.itemsize
    share = -(-target.numel() // (threads * numbers)) * numbers or 1
    parts = target.view(-1).split(share)
    starts = (place.start + i * share * source.itemsize for i in range(len(parts)))
    work = functools.partial(_fill_part, place, source.dtype)
    each = map if len(parts) == 1 else _threads(threads).map
    for _ in each(work, starts, parts):
        pass


def _fill_part(place: Place, dtype: torch.dtype, start: int, part: torch.Tensor) -> None:
    """Fill `part` with the numbers of `dtype` from byte `start` of the file on."""
    with torch.inference_mode(part.is_inference()):
        for piece in part.split(PIECE // dtype.itemsize):
            have_pages(piece)
            if piece.dtype == dtype:
                _read(place, start, piece.view(torch.uint8))
            else:
                read = _own.buffer[: piece.numel() * dtype.itemsize]
                _read(place, start, read)
                piece.copy_(read.view(dtype))
            start += piece.numel() * dtype.itemsize


def _read(place: Place, start: int, into: torch.Tensor) -> None:
    """Read as many bytes as `into` has, from byte `start` of the file on."""
    missing = into.numpy().data
    try:
        while missing:
            count = os.preadv(place.descriptor, [missing], start)
            if not count:
                raise damaged(place.file, f"it ended at byte {start} while it was being read")
            missing, start = missing[count:], start + count
    except OSError as error:
        raise LoomError(f"The model file {place.file} can't be read: {error.strerror}.") from error


class _Own(threading.local):
    """What each thread has: the bytes it has read and is about to convert."""

    def __init__(self) -> None:
        self.buffer = torch.empty(PIECE, dtype=torch.uint8)


_own = _Own()


@functools.cache
def _threads(count: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(count, "fill")
