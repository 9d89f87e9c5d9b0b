"""Between our tensors and Pillow's pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch

from engine.diffusion.images.raster import paired
from engine.diffusion.values import Image, Mask

if TYPE_CHECKING:
    import PIL.Image


def to_pil(image: Image, alpha: Mask | None = None) -> list[PIL.Image.Image]:
    """Each picture of a batch in eight bits a channel, rounded to the nearest level.

    With `alpha`, opaque where that is white; it has the pictures' size, or LoomError says so.
    """
    from PIL.Image import fromarray

    pixels = image.pixels
    if alpha is not None:
        pixels = torch.cat(paired(image, alpha, ("image", "alpha")), 1)
    levels = (pixels.clamp(0, 1) * 255).round().to(torch.uint8).cpu()
    return [fromarray(picture.permute(1, 2, 0).contiguous().numpy()) for picture in levels]


def mask_to_pil(mask: Mask) -> list[PIL.Image.Image]:
    """Each mask of a batch as 256 levels of grey (mode L), rounded to the nearest."""
    from PIL.Image import fromarray

    levels = (mask.values.clamp(0, 1) * 255).round().to(torch.uint8).cpu()
    return [fromarray(one[0].contiguous().numpy()) for one in levels]


def from_pil(pictures: Sequence[PIL.Image.Image]) -> Image:
    """Pictures of one size, whatever their mode, as a batch."""
    return Image(torch.stack([levels(picture.convert("RGB")) for picture in pictures]))


def levels(picture: PIL.Image.Image) -> torch.Tensor:
    """A picture of mode L or RGB as (1 or 3, H, W), float32 in [0, 1]."""
    import numpy as np

    found = torch.from_numpy(np.asarray(picture, dtype=np.float32) / 255)
    return found.unsqueeze(0) if found.ndim == 2 else found.permute(2, 0, 1).contiguous()
