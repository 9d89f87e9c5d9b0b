"""Resampling to another size with named filters."""

from __future__ import annotations

import math

import torch

from engine.diffusion.images.choices import Filter, How
from engine.diffusion.images.geometry import pad
from engine.diffusion.images.raster import check_size, like, size_of, tensor_of
from engine.diffusion.values import Picture
from engine.graph.errors import LoomError

Box = tuple[float, float, float, float]  # left, top, right, bottom


def resize(
    picture: Picture, width: int, height: int, how: How = "fill", filter: Filter = "lanczos"
) -> Picture:
    """`picture` at another size.

    "stretch" makes it exactly that, "fill" as well but cuts off what has another shape, equally on
    both sides; "fit" keeps all of it within that size, and "surround" as well but then repeats its
    outermost pixels all round until it has that size. A side of 0 follows from the other one and
    the shape. Raises LoomError when both are 0, or the result is too large.
    """
    old = size_of(picture)
    if not width and not height:
        raise LoomError("Width and height are both 0.", field="width", remedy="Give one of them.")
    width = width or max(1, round(old[0] * height / old[1]))
    height = height or max(1, round(old[1] * width / old[0]))
    if how == "surround":
        return _surrounded(picture, width, height, filter)
    if how == "fit":
        factor = min(width / old[0], height / old[1])
        width, height = max(1, round(old[0] * factor)), max(1, round(old[1] * factor))
    check_size(width, height)
    box: Box = (0, 0, *old)
    if how == "fill":
        factor = max(width / old[0], height / old[1])
        left, top = (old[0] - width / factor) / 2, (old[1] - height / factor) / 2
        box = (max(0, left), max(0, top), min(old[0], old[0] - left), min(old[1], old[1] - top))
    return like(picture, resample(tensor_of(picture), width, height, filter, box))


def _surrounded(picture: Picture, width: int, height: int, filter: Filter) -> Picture:
    check_size(width, height)
    old = size_of(picture)
    inner = min(width, max(1, old[0] * height // old[1]))
    high = min(height, max(1, old[1] * width // old[0]))
    small = like(picture, resample(tensor_of(picture), inner, high, filter))
    left, top = width // 2 - inner // 2, height // 2 - high // 2
    return pad(small, left, top, width - inner - left, height - high - top, "edge")


def scale(
    picture: Picture, factor: float, multiple: int = 1, filter: Filter = "lanczos"
) -> Picture:
    """`picture` with its sides times `factor`, each rounded to a multiple of `multiple`."""
    width, height = (
        multiple * max(1, math.floor(side * factor / multiple + 0.5)) for side in size_of(picture)
    )
    check_size(width, height, "factor")
    return like(picture, resample(tensor_of(picture), width, height, filter))


def resample(
    pixels: torch.Tensor, width: int, height: int, filter: Filter, box: Box | None = None
) -> torch.Tensor:
    """(B, C, H, W) in [0, 1] to (B, C, height, width), of the part in `box` alone.

    Every filter widens as the picture shrinks, so that nothing is skipped; "nearest" alone takes
    single pixels. What bicubic and Lanczos overshoot is cut off.
    """
    from PIL import Image as pillow

    if pixels.shape[2:] == (height, width) and box in (None, (0, 0, width, height)):
        return pixels
    kernel = {
        "nearest": pillow.Resampling.NEAREST,
        "bilinear": pillow.Resampling.BILINEAR,
        "bicubic": pillow.Resampling.BICUBIC,
        "lanczos": pillow.Resampling.LANCZOS,
        "area": pillow.Resampling.BOX,
    }[filter]
    planes = pixels.detach().float().cpu().flatten(0, 1).contiguous().numpy()
    resized = [pillow.fromarray(plane).resize((width, height), kernel, box) for plane in planes]
    stacked = torch.stack([_plane(one) for one in resized])
    return stacked.view(*pixels.shape[:2], height, width).clamp_(0, 1)


def _plane(picture: object) -> torch.Tensor:
    import numpy as np

    return torch.from_numpy(np.array(picture, dtype=np.float32))
