"""One picture laid over another."""

from __future__ import annotations

import torch

from engine.diffusion.images.choices import Blend
from engine.diffusion.images.raster import paired, same_batch, size_of
from engine.diffusion.values import Image, Mask


def composite(
    base: Image,
    layer: Image,
    mask: Mask | None = None,
    x: int = 0,
    y: int = 0,
    opacity: float = 1.0,
    blend: Blend = "normal",
) -> Image:
    """`layer` over `base`, its top left pixel at (x, y) of the base; what sticks out is cut off.

    The colour of a pixel is B where `mask`·`opacity` is 1, the base's where that is 0, and mixed
    between: with base b and layer l in [0, 1], B is l ("normal"), b·l ("multiply"),
    1 − (1 − b)(1 − l) ("screen") or |b − l| ("difference"). Raises LoomError when mask and layer
    are of different sizes, or the numbers of pictures don't go together.
    """
    if mask is None:
        over, cover = layer.pixels, layer.pixels.new_ones(1, 1, 1, 1)
    else:
        over, cover = paired(layer, mask, ("layer", "mask"))
    under, over = same_batch(base.pixels, over, ("base", "layer"))
    width, height = size_of(base)
    right, bottom = min(width, x + over.shape[3]), min(height, y + over.shape[2])
    left, top = max(0, x), max(0, y)
    if right <= left or bottom <= top:
        return base
    there = slice(top - y, bottom - y), slice(left - x, right - x)
    if mask is not None:
        cover = cover[:, :, there[0], there[1]]
    result = under.clone()
    below = result[:, :, top:bottom, left:right]
    blended = _blend(below, over[:, :, there[0], there[1]], blend)
    result[:, :, top:bottom, left:right] = torch.lerp(below, blended, cover * opacity)
    return Image(result)


def _blend(base: torch.Tensor, layer: torch.Tensor, blend: Blend) -> torch.Tensor:
    match blend:
        case "normal":
            return layer
        case "multiply":
            return base * layer
        case "screen":
            return 1 - (1 - base) * (1 - layer)
        case "difference":
            return (base - layer).abs()
