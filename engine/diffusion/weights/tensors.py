"""The tensors of weight files, one by one, mapped from disk where the format allows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import torch
from safetensors import safe_open

from engine.diffusion.weights.headers import damaged, read_header


def tensors(files: Iterable[Path]) -> Iterator[tuple[str, torch.Tensor]]:
    """The tensors of weight files by name; safetensors are mapped, not read.

    Pickled files go through torch's restricted reader: they can hold tensors and nothing else.
    Raises LoomError for a damaged file.
    """
    for file in files:
        if file.suffix == ".safetensors":
            read_header(file)  # says plainly what is wrong with a damaged file
            with safe_open(file, framework="pt") as opened:
                for name in opened.keys():  # noqa: SIM118 — not a mapping
                    yield name, opened.get_tensor(name)
        else:
            try:
                state = torch.load(file, map_location="cpu", weights_only=True, mmap=True)
            except Exception as error:
                reason = str(error).strip().splitlines()[0]
                raise damaged(file, f"it can't be read as plain tensors ({reason})") from error
            yield from state.items()
