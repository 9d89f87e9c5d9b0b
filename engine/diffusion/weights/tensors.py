"""The tensors of weight files, one by one, mapped from disk."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

import torch

from engine.diffusion.weights.files import header_of
from engine.diffusion.weights.mapped import mapped


def tensors(files: Iterable[Path]) -> Iterator[tuple[str, torch.Tensor]]:
    """The tensors of weight files by name, mapped, not read.

    Raises LoomError for a damaged file, and for a pickle that holds more than tensors.
    """
    for file in files:
        if file.suffix == ".safetensors":
            yield from mapped(file, header_of(file), _data_start(file))
        else:
            yield from mapped(file, header_of(file), 0)


def _data_start(file: Path) -> int:
    """Where a safetensors file's data begins: behind eight bytes of length and the header."""
    with file.open("rb") as opened:
        return 8 + struct.unpack("<Q", opened.read(8))[0]
