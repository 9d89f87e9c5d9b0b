"""Masks on the grid of latents."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F

from engine.diffusion.values import Latents, Mask
from engine.graph.errors import LoomError


def of_latents(mask: Mask, latents: Latents) -> torch.Tensor:
    """The mask (B, 1, h, w) on the grid of a picture's latents.

    Raises LoomError where the mask is not of that picture's size, or nothing is left of it.
    """
    here, there = tuple(mask.values.shape[:1:-1]), latents.size
    if here != there:
        raise LoomError(
            f"The mask is {here[0]}×{here[1]} pixels, and the latents are of a picture of "
            f"{there[0]}×{there[1]}.",
            field="mask",
            remedy=f"Resize the mask to {there[0]}×{there[1]}.",
        )
    return on_grid(mask.values, *latents.samples.shape[2:])


def on_grid(mask: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """A picture's mask (B, 1, H, W) on a grid of (height, width) cells, nearest neighbour.

    Raises LoomError when nothing is left of it.
    """
    small = F.interpolate(mask.float(), size=(height, width), mode="nearest")
    if not bool((small > 0).any()):
        raise LoomError(
            f"The mask is empty on the {width}×{height} grid of the latents: nothing would change.",
            field="mask",
            remedy="Paint a larger part white.",
        )
    return small


def fitted(
    mask: torch.Tensor, known: torch.Tensor, shape: Sequence[int], device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Mask and latents on `device`.

    Raises LoomError where a run of latents of `shape` (B, C, h, w) can't use them.
    """
    batch, channels, *grid = shape
    for name, tensor, deep in (("mask", mask, 1), ("picture", known, channels)):
        count, found, *cells = tensor.shape
        if cells != grid:
            raise LoomError(
                f"The {name} of a hook is {cells[1]}×{cells[0]} latent cells, and this run's "
                f"pictures are {grid[1]}×{grid[0]}.",
                field="hooks",
                remedy="Give the hook a picture and a mask of the size that is made.",
            )
        if found != deep:
            raise LoomError(
                f"The {name} of a hook has {found} latent channels, and this run's have {deep}.",
                field="hooks",
                remedy="Encode the picture with this model's own VAE.",
            )
        if count not in (1, batch):
            raise LoomError(
                f"A hook has {count} {name}s, and this run makes {batch} pictures.",
                field="hooks",
                remedy="Give it one for all, or one for each.",
            )
    return mask.to(device), known.to(device, torch.float32)
