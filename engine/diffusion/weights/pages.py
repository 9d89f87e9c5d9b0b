"""The pages of a tensor's memory, which the system finds and clears when they are written first."""

from __future__ import annotations

import ctypes
import functools
import mmap
import sys
from collections.abc import Callable

import torch

# Of Linux 5.14 and later; others answer that they don't know it.
POPULATE_WRITE = 23


def have_pages(tensor: torch.Tensor) -> None:
    """Have the system find the memory of a contiguous `tensor` in one go; its numbers stay.

    It is about to be written: page by page that costs a third more. Does nothing where the system
    has no such call, or no memory left, which writing will then meet.
    """
    advise = _madvise()
    if advise and tensor.nbytes:
        first = tensor.data_ptr() // mmap.PAGESIZE * mmap.PAGESIZE
        advise(first, tensor.data_ptr() + tensor.nbytes - first, POPULATE_WRITE)


@functools.cache
def _madvise() -> Callable[[int, int, int], int] | None:
    if sys.platform != "linux":
        return None
    call = ctypes.CDLL(None).madvise
    call.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
    return call
