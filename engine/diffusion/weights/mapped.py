"""Weight files mapped into memory: their tensors cost nothing until they are read.

A map is private: writing to a tensor copies the page it is on and never reaches the file. It lasts
as long as a tensor of it does, also when the file is deleted or another is put in its place. Only a
file that is overwritten where it lies changes under its tensors, so models are saved under another
name and then renamed.
"""

from __future__ import annotations

import mmap
import os
import threading
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

from engine.diffusion.weights.headers import Header, TensorInfo
from engine.graph.errors import LoomError

# The types that the format and torch have in common.
DTYPES = {
    **{"BOOL": torch.bool, "U8": torch.uint8, "I8": torch.int8},
    **{"U16": torch.uint16, "U32": torch.uint32, "U64": torch.uint64},
    **{"I16": torch.int16, "I32": torch.int32, "I64": torch.int64},
    **{"F16": torch.float16, "BF16": torch.bfloat16, "F32": torch.float32, "F64": torch.float64},
    **{"F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2, "C64": torch.complex64},
}


@dataclass(frozen=True)
class Place:
    """Where numbers lie: from byte `start` of `file` on, which is open as `descriptor`."""

    file: Path
    descriptor: int
    start: int


class _Map(mmap.mmap):
    """A map, and the file it is of, which stays open as long as it lasts."""

    file: Path
    descriptor: int


# Address → the map that begins there, while there is one.
_maps: weakref.WeakValueDictionary[int, _Map] = weakref.WeakValueDictionary()
_lock = threading.Lock()  # models load beside one another


def mapped(file: Path, header: Header, base: int) -> Iterator[tuple[str, torch.Tensor]]:
    """The tensors of `header` by name, in the order they lie in `file`, counted from byte `base`.

    Raises LoomError for a file that can't be mapped, or has a type that torch lacks.
    """
    for name, info in header.tensors.items():
        if info.dtype not in DTYPES:
            raise LoomError(f"The model file {file} has {name} as {info.dtype}, which torch lacks.")
    try:
        with file.open("rb") as opened:
            if hasattr(os, "posix_fadvise"):  # weights are read from first to last
                os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
            memory = _Map(opened.fileno(), 0, access=mmap.ACCESS_COPY)
            memory.file, memory.descriptor = file, os.dup(opened.fileno())
            weakref.finalize(memory, os.close, memory.descriptor)
    except OSError as error:
        raise LoomError(f"The model file {file} can't be mapped: {error.strerror}.") from error
    with _lock:
        _maps[torch.frombuffer(memory, dtype=torch.uint8, count=1).data_ptr()] = memory
    for name, info in sorted(header.tensors.items(), key=lambda entry: entry[1].start):
        yield name, _tensor(memory, base + info.start, info)


def release(tensor: torch.Tensor) -> None:
    """Take a mapped tensor that was copied elsewhere out of memory; it can still be read again.

    Without this, a file that is converted while it loads would be in memory twice. Does nothing for
    a tensor that is not mapped.
    """
    found = _map_of(tensor) if hasattr(mmap, "MADV_DONTNEED") else None
    if found:
        memory, start, end = found
        first = -(-start // mmap.PAGESIZE) * mmap.PAGESIZE
        last = end // mmap.PAGESIZE * mmap.PAGESIZE
        if first < last:
            memory.madvise(mmap.MADV_DONTNEED, first, last - first)


def send_for(tensor: torch.Tensor) -> None:
    """Have the system read a mapped tensor from disk, if it must, while something else is done."""
    found = _map_of(tensor) if hasattr(mmap, "MADV_WILLNEED") else None
    if found:
        memory, start, end = found
        first = start // mmap.PAGESIZE * mmap.PAGESIZE
        if first < end:
            memory.madvise(mmap.MADV_WILLNEED, first, end - first)


def place_of(tensor: torch.Tensor) -> Place | None:
    """Where in a file the numbers of a mapped tensor begin; None for one that is not mapped.

    The file is open for as long as there are tensors of its map.
    """
    found = _map_of(tensor)
    if not found:
        return None
    memory, start, _ = found
    offset = tensor.data_ptr() - tensor.untyped_storage().data_ptr()
    return Place(memory.file, memory.descriptor, start + offset)


def _map_of(tensor: torch.Tensor) -> tuple[_Map, int, int] | None:
    """The map that a tensor lies in, and where in it its storage begins and ends."""
    storage = tensor.untyped_storage()  # of a part of a tensor, the whole
    start, end = storage.data_ptr(), storage.data_ptr() + storage.nbytes()
    with _lock:
        maps = list(_maps.items())
    for address, memory in maps:
        if address <= start and end <= address + len(memory):
            return memory, start - address, end - address
    return None


def _tensor(memory: mmap.mmap, start: int, info: TensorInfo) -> torch.Tensor:
    dtype = DTYPES[info.dtype]
    if info.start == info.end:
        return torch.empty(info.shape, dtype=dtype)
    count = (info.end - info.start) // dtype.itemsize
    flat = torch.frombuffer(memory, dtype=dtype, count=count, offset=start)
    # Files may begin their data at any byte, and kernels expect whole numbers.
    flat = flat if flat.data_ptr() % dtype.itemsize == 0 else flat.clone()
    return (
        flat.view(info.shape) if info.strides is None else flat.as_strided(info.shape, info.strides)
    )
