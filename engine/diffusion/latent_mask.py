"""Masks on the grid of latents."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F

from engine.graph.errors import LoomError


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
    """Mask and latents on `device`, checked to fit latents of `shape` (B, C, h, w)."""
    batch, channels, height, width = shape
    for name, tensor, depth in (("mask", mask, 1), ("latents", known, channels)):
        if tensor.shape[0] not in (1, batch) or tuple(tensor.shape[1:]) != (depth, height, width):
            raise LoomError(
                f"The {name} of shape {tuple(tensor.shape)} can't be used with latents of shape "
                f"{tuple(shape)}.",
                field=name,
                remedy="Use pictures of one size, and one for all or one for each of the batch.",
            )
    return mask.to(device), known.to(device, torch.float32)
