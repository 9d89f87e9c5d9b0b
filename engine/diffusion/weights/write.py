"""Weight files written tensor by tensor: safetensors, in one file or in shards with an index.

No more than one tensor is in memory besides what the caller holds. Files are written into a folder
that nobody else reads yet; see `whole` for how it then takes its place.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import torch

from engine.diffusion.values import tensor_bytes
from engine.diffusion.weights.mapped import DTYPES, release

Tensors = Callable[[], Iterable[tuple[str, torch.Tensor]]]
NAMES = {dtype: name for name, dtype in DTYPES.items()}
OURS, THEIRS = "diffusion_pytorch_model", "model"
# Told bytes written so far and in all.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Planned:
    """One tensor to be written."""

    name: str
    dtype: torch.dtype
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Bytes."""
        return torch.Size(self.shape).numel() * self.dtype.itemsize


def write_weights(
    folder: Path,
    stem: str,
    tensors: Tensors,
    *,
    dtype: torch.dtype | None = None,
    variant: str = "",
    max_shard: int | None = None,
    progress: Progress = lambda *_: None,
) -> tuple[Path, ...]:
    """Write `tensors` as `stem`.safetensors into `folder`, floating point ones as `dtype`.

    `tensors` is called twice, first for names and shapes alone. With `variant` the file is called
    `stem`.VARIANT.safetensors. Where the whole has more than `max_shard` bytes it goes into shards,
    with an index that says which holds what. Returns the files.
    """
    plan = planned(tensors, dtype)
    shards = _shards(plan, max_shard)
    infix = f".{variant}" if variant else ""
    if len(shards) == 1:
        files = [folder / f"{stem}{infix}.safetensors"]
    else:
        count = len(shards)
        files = [
            folder / f"{stem}{infix}-{number:05d}-of-{count:05d}.safetensors"
            for number in range(1, count + 1)
        ]
    write_files(list(zip(files, shards, strict=True)), tensors, progress=progress)
    if len(shards) == 1:
        return tuple(files)
    index = folder / f"{stem}.safetensors.index{infix}.json"
    homes = {
        tensor.name: f.name for f, shard in zip(files, shards, strict=True) for tensor in shard
    }
    content = {
        "metadata": {"total_size": sum(tensor.size for tensor in plan)},
        "weight_map": dict(sorted(homes.items())),
    }
    index.write_text(json.dumps(content, indent=2) + "\n")
    return (*files, index)


def planned(tensors: Tensors, dtype: torch.dtype | None) -> list[Planned]:
    """What `tensors` will be as files hold it, those with the widest numbers first."""
    plan = [Planned(name, _dtype(tensor, dtype), tuple(tensor.shape)) for name, tensor in tensors()]
    return sorted(plan, key=lambda tensor: (-tensor.dtype.itemsize, tensor.name))


def write_files(
    files: Iterable[tuple[Path, list[Planned]]],
    tensors: Tensors,
    *,
    metadata: Mapping[str, str] | None = None,
    progress: Progress = lambda *_: None,
) -> None:
    """Write safetensors files that each hold the planned tensors."""
    with ExitStack() as stack:
        places: dict[str, tuple[IO[bytes], int, Planned]] = {}
        for path, plan in files:
            file = stack.enter_context(path.open("wb"))
            start = file.write(header(plan, metadata or {}))
            for tensor in plan:
                places[tensor.name] = (file, start, tensor)
                start += tensor.size
            file.truncate(start)
        total, done = sum(place[2].size for place in places.values()), 0
        for name, tensor in tensors():
            file, start, place = places.pop(name)
            file.seek(start)
            file.write(tensor_bytes(tensor.to(place.dtype)))
            release(tensor)
            done += place.size
            progress(done, total)


def header(plan: Iterable[Planned], metadata: Mapping[str, str]) -> bytes:
    """The beginning of a safetensors file; the data behind it starts at a multiple of eight."""
    content: dict[str, object] = {"__metadata__": {"format": "pt", **metadata}}
    end = 0
    for tensor in plan:
        start, end = end, end + tensor.size
        content[tensor.name] = {
            "dtype": NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [start, end],
        }
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text


def _dtype(tensor: torch.Tensor, wanted: torch.dtype | None) -> torch.dtype:
    return wanted if wanted and tensor.is_floating_point() else tensor.dtype


def _shards(plan: list[Planned], max_shard: int | None) -> list[list[Planned]]:
    """Runs of at most `max_shard` bytes; a larger tensor has a shard of its own."""
    shards: list[list[Planned]] = [[]]
    room = max_shard
    for tensor in plan:
        if room is not None and max_shard and tensor.size > room and shards[-1]:
            shards.append([])
            room = max_shard
        shards[-1].append(tensor)
        room = None if room is None else room - tensor.size
    return shards
