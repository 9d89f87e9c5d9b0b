"""Cutting out, adding borders, mirroring and turning."""

from __future__ import annotations

import torch

from engine.diffusion.images.choices import Axis, Border, Turn
from engine.diffusion.images.colour import luminance, parse_colour
from engine.diffusion.images.raster import by, check_size, like, size_of, tensor_of
from engine.diffusion.values import Image, Mask, Picture
from engine.graph.errors import LoomError


def crop(picture: Picture, x: int, y: int, width: int, height: int) -> Picture:
    """The part of `picture` whose top left pixel is (x, y).

    Raises LoomError when it has no pixels, or some that the picture has not.
    """
    old = size_of(picture)
    if width < 1 or height < 1:
        raise LoomError(
            f"A part of {by(width, height)} has no pixels.", field="width", remedy="Make it larger."
        )
    if min(x, y) < 0 or x + width > old[0] or y + height > old[1]:
        raise LoomError(
            f"The part from ({x}, {y}) to ({x + width}, {y + height}) leaves the picture, which is "
            f"{by(*old)}.",
            field="x" if x < 0 or x + width > old[0] else "y",
            remedy="Move it, make it smaller, or pad the picture first.",
        )
    return like(picture, tensor_of(picture)[:, :, y : y + height, x : x + width].contiguous())


def crop_centre(picture: Picture, width: int = 0, height: int = 0) -> Picture:
    """The middle of `picture`; 0 keeps a side. Raises LoomError when it is larger than that."""
    old = size_of(picture)
    width, height = width or old[0], height or old[1]
    return crop(picture, (old[0] - width) // 2, (old[1] - height) // 2, width, height)


def pad(
    picture: Picture,
    left: int = 0,
    top: int = 0,
    right: int = 0,
    bottom: int = 0,
    border: Border = "constant",
    colour: str = "black",
) -> Picture:
    """`picture` with so many more pixels on each side.

    They are all of `colour`, or repeat the outermost pixels ("edge"), or mirror the picture about
    them, again and again where that is needed ("reflect").
    """
    width, height = size_of(picture)
    check_size(width + left + right, height + top + bottom, "left")
    columns = torch.arange(-left, width + right)
    rows = torch.arange(-top, height + bottom)
    old = tensor_of(picture)
    wrapped = _mirrored if border == "reflect" else _clamped
    new = old[:, :, wrapped(rows, height)][:, :, :, wrapped(columns, width)]
    if border == "constant":
        outside = _outside(rows, columns, width, height)
        fill = torch.tensor(parse_colour(colour)).view(1, 3, 1, 1)
        new = torch.where(outside, fill if isinstance(picture, Image) else luminance(fill), new)
    return like(picture, new)


def padding(
    picture: Image | Mask, left: int = 0, top: int = 0, right: int = 0, bottom: int = 0
) -> Mask:
    """Where `pad` puts new pixels: 1 there, and 0 on the old ones."""
    width, height = size_of(picture)
    rows, columns = torch.arange(-top, height + bottom), torch.arange(-left, width + right)
    outside = _outside(rows, columns, width, height).float()
    return Mask(outside.expand(len(tensor_of(picture)), 1, -1, -1).contiguous())


def flip(picture: Picture, axis: Axis) -> Picture:
    """`picture` mirrored: left and right change places ("horizontal"), top and bottom, or both."""
    dims = {"horizontal": (3,), "vertical": (2,), "both": (2, 3)}[axis]
    return like(picture, tensor_of(picture).flip(dims))


def rotate(picture: Picture, degrees: Turn) -> Picture:
    """`picture` turned clockwise by quarters."""
    return like(picture, tensor_of(picture).rot90(-degrees // 90, (2, 3)).contiguous())


def _clamped(index: torch.Tensor, size: int) -> torch.Tensor:
    return index.clamp(0, size - 1)


def _mirrored(index: torch.Tensor, size: int) -> torch.Tensor:
    period = max(1, 2 * (size - 1))
    index = index.remainder(period)
    return torch.minimum(index, period - index).clamp(max=size - 1)


def _outside(rows: torch.Tensor, columns: torch.Tensor, width: int, height: int) -> torch.Tensor:
    """(1, 1, rows, columns): which of these places the picture does not have."""
    above = (rows < 0) | (rows >= height)
    beside = (columns < 0) | (columns >= width)
    return (above[:, None] | beside[None, :])[None, None]
