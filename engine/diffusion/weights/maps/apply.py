"""Tensors from one layout to the other, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import torch

from engine.diffusion.weights.maps.names import How, NameMap
from engine.graph.errors import LoomError

Named = tuple[str, torch.Tensor]


def to_ours(names: NameMap, theirs: Iterable[Named]) -> Iterator[Named]:
    """Our tensors, as views of theirs; what has no name here keeps the one it has."""
    for name, tensor in theirs:
        found = names.to_ours(name)
        if found is None:
            yield name, tensor
            continue
        ours, how = found
        if how is How.STACKED:
            if tensor.shape[0] % len(ours):
                raise LoomError(
                    f"{name} has {tensor.shape[0]} rows, which is not {len(ours)} times."
                )
            yield from zip(ours, tensor.chunk(len(ours)), strict=True)
        else:
            yield ours[0], _ours(tensor, how)


def to_theirs(names: NameMap, ours: Iterable[Named]) -> Iterator[Named]:
    """Their tensors; those made of several of ours come when the last of them has.

    Raises LoomError for a tensor that the other layout has no place for.
    """
    waiting: dict[str, dict[int, torch.Tensor]] = {}
    for name, tensor in ours:
        found = names.to_theirs(name)
        if found is None:
            raise LoomError(f"The original layout has no place for the tensor {name}.")
        theirs, how, index = found
        if how is not How.STACKED:
            yield theirs, _theirs(tensor, how)
            continue
        parts = waiting.setdefault(theirs, {})
        parts[index] = tensor
        if len(parts) == names.parts(theirs):
            del waiting[theirs]
            yield theirs, torch.cat([parts[i] for i in range(len(parts))])


def _ours(tensor: torch.Tensor, how: How) -> torch.Tensor:
    if how is How.TRANSPOSED:
        return tensor.t()
    if how is How.LINEAR and tensor.dim() == 4 and tensor.shape[2:] == (1, 1):
        return tensor[:, :, 0, 0]
    return tensor


def _theirs(tensor: torch.Tensor, how: How) -> torch.Tensor:
    if how is How.TRANSPOSED:
        return tensor.t()
    if how is How.LINEAR and tensor.dim() == 2:
        return tensor[:, :, None, None]
    return tensor
