"""The tensors of weight files, one by one, mapped from disk where the format allows."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch

from engine.diffusion.weights.headers import damaged, read_header
from engine.diffusion.weights.mapped import mapped


def tensors(files: Iterable[Path]) -> Iterator[tuple[str, torch.Tensor]]:
    """The tensors of weight files by name; safetensors are mapped, not read.

    Pickled files go through torch's restricted reader: they can hold tensors and nothing else.
    Raises LoomError for a damaged file.
    """
    for file in files:
        if file.suffix == ".safetensors":
            yield from mapped(file, read_header(file), _data_start(file))
        else:
            yield from _pickled(file)


def _data_start(file: Path) -> int:
    """Where a safetensors file's data begins: behind eight bytes of length and the header."""
    with file.open("rb") as opened:
        return 8 + struct.unpack("<Q", opened.read(8))[0]


def _pickled(file: Path) -> Iterator[tuple[str, torch.Tensor]]:
    try:
        state = torch.load(file, map_location="cpu", weights_only=True, mmap=True)
    except Exception as error:
        reason = str(error).strip().splitlines()[0]
        raise damaged(file, f"it can't be read as plain tensors ({reason})") from error
    yield from state.items()
