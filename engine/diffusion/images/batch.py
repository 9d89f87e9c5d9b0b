"""Several values as one batch, and parts of a batch: pictures, masks and latents alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import torch

from engine.diffusion.images.raster import by
from engine.diffusion.values import Batch
from engine.graph.errors import LoomError


def join(batches: Sequence[Batch]) -> Batch:
    """All of them as one batch, in order. Raises LoomError when there is none, or they differ."""
    if not batches:
        raise LoomError("There is nothing to join.", field="batches")
    first = batches[0]
    for other in batches[1:]:
        if type(other) is not type(first):
            reason = f"{type(first).__name__} and {type(other).__name__} can't be one batch."
            raise LoomError(reason, field="batches")
        here, there = items_of(first).shape, items_of(other).shape
        if here[1:] != there[1:]:
            raise LoomError(
                f"A batch holds things of one size, and these are {_size(here)} and "
                f"{_size(there)}.",
                field="batches",
                remedy="Make them the same size first.",
            )
    return with_items(first, torch.cat([items_of(batch) for batch in batches]))


def split(batch: Batch) -> list[Batch]:
    """Each of a batch by itself."""
    return [part(batch, place, 1) for place in range(len(items_of(batch)))]


def part(batch: Batch, first: int, count: int = 0) -> Batch:
    """`count` of a batch from number `first` on (0 is the first, -1 the last); 0 is all the rest.

    Raises LoomError when the batch has not so many.
    """
    items = items_of(batch)
    start = first + len(items) if first < 0 else first
    end = start + count if count else len(items)
    if not 0 <= start < len(items) or end > len(items):
        asked = f"number {first}" if count == 1 else f"{count or 'the rest'} from number {first}"
        raise LoomError(
            f"The batch has {len(items)}, and {asked} is beyond it.",
            field="first",
            remedy=f"Numbers go from 0 to {len(items) - 1}, or from -1 for the last one back.",
        )
    return with_items(batch, items[start:end].contiguous())


def reverse(batch: Batch) -> Batch:
    """The batch, last one first."""
    return with_items(batch, items_of(batch).flip(0))


def repeat(batch: Batch, times: int) -> Batch:
    """The whole batch so many times in a row."""
    return with_items(batch, items_of(batch).repeat(times, 1, 1, 1))


def items_of(batch: Batch) -> torch.Tensor:
    """The tensor (B, …) of a value: its first field."""
    return getattr(batch, fields(batch)[0].name)


def with_items(batch: Batch, items: torch.Tensor) -> Batch:
    """The same value with other items."""
    return replace(batch, **{fields(batch)[0].name: items})


def _size(shape: torch.Size) -> str:
    return by(shape[3], shape[2])
