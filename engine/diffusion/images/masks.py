"""Masks from pictures, their shapes changed and combined. 1 is white: where something is done."""

from __future__ import annotations

import math

import torch

from engine.diffusion.images.choices import Combination
from engine.diffusion.images.colour import luminance, parse_colour
from engine.diffusion.images.connected import reach
from engine.diffusion.images.filters import gaussian
from engine.diffusion.images.raster import paired, size_of
from engine.diffusion.values import Image, Mask
from engine.graph.errors import LoomError

Box = tuple[int, int, int, int]  # x, y, width, height
HALF = 0.5


def from_luminance(image: Image) -> Mask:
    """The brightness of each pixel."""
    return Mask(luminance(image.pixels))


def to_image(mask: Mask) -> Image:
    """The mask as a grey picture."""
    return Image(mask.values.expand(-1, 3, -1, -1).contiguous())


def from_colour(image: Image, colour: str, tolerance: float = 0.1, softness: float = 0.0) -> Mask:
    """1 where a pixel's colour is near one.

    The distance is Euclid's over red, green and blue, divided by √3, so that black and white are 1
    apart. Up to `tolerance` it is near; within `softness` beyond that the mask falls to 0.
    """
    wanted = torch.tensor(parse_colour(colour)).view(1, 3, 1, 1).to(image.pixels)
    distance = ((image.pixels - wanted) ** 2).mean(1, keepdim=True).sqrt()
    if softness <= 0:
        return Mask((distance <= tolerance + 1e-6).float())
    return Mask((1 - (distance - tolerance) / softness).clamp(0, 1))


def threshold(picture: Image | Mask, low: float = HALF, high: float = 1.0) -> Mask:
    """1 where a mask, or a picture's brightness, is from `low` to `high`, both included; else 0."""
    if low > high:
        raise LoomError(
            f"Nothing lies between {low:g} and {high:g}.", field="low", remedy="Make it smaller."
        )
    values = from_luminance(picture).values if isinstance(picture, Image) else picture.values
    return Mask(((values >= low) & (values <= high)).float())


def feather(mask: Mask, radius: float) -> Mask:
    """The mask with soft edges: a Gaussian blur of `radius` pixels."""
    return Mask(gaussian(mask.values, radius).clamp(0, 1))


def grow(mask: Mask, pixels: int) -> Mask:
    """White areas larger by so many pixels all round, smaller for a negative number.

    Dilation and erosion by a disc. Beyond the border the mask goes on, so a white area that touches
    it does not shrink there.
    """
    if pixels >= 0:
        return Mask(_dilated(mask.values, pixels))
    return Mask(1 - _dilated(1 - mask.values, -pixels))


def combine(first: Mask, second: Mask, how: Combination) -> Mask:
    """Two masks as one: in either, in both, or in the first and not in the second.

    Raises LoomError with both sizes when they differ.
    """
    a, b = paired(first, second, ("first", "second"))
    match how:
        case "union":
            return Mask(torch.maximum(a, b))
        case "intersection":
            return Mask(torch.minimum(a, b))
        case "difference":
            return Mask(torch.minimum(a, 1 - b))


def fill_holes(mask: Mask) -> Mask:
    """Dark areas that white ones enclose become white; below a half is dark."""
    filled = mask.values.clone()
    for plane in filled[:, 0]:
        dark = (plane < HALF).cpu().numpy()
        border = torch.ones(plane.shape, dtype=torch.bool)
        border[1:-1, 1:-1] = False
        hole = dark & ~reach(border.numpy(), dark)
        plane[torch.from_numpy(hole)] = 1.0
    return Mask(filled)


def check_not_empty(mask: Mask) -> None:
    """Raises LoomError when nothing of any mask of the batch is at least half white."""
    for number, plane in enumerate(mask.values):
        if plane.max() < HALF:
            which = f" (number {number} of {len(mask.values)})" if len(mask.values) > 1 else ""
            raise LoomError(
                f"The mask{which} is empty: nothing in it is white.",
                field="mask",
                remedy="Paint or choose what it is to cover.",
            )


def box(mask: Mask, padding: int = 0, aspect: float = 0.0) -> Box:
    """x, y, width and height of the smallest box around what is white in any mask of the batch.

    It has `padding` more pixels on each side, and grows on two sides until width over height is
    `aspect` (0 leaves it), as far as the mask's own borders let it. Raises LoomError for an empty
    mask.
    """
    check_not_empty(mask)
    white = (mask.values >= HALF).any(0)[0]
    width, height = size_of(mask)
    left, right = _span(white.any(0), padding, width)
    top, bottom = _span(white.any(1), padding, height)
    if aspect > 0:
        if right - left < aspect * (bottom - top):
            left, right = _stretched(left, right, int(aspect * (bottom - top)), width)
        else:
            top, bottom = _stretched(top, bottom, int((right - left) / aspect), height)
    return left, top, right - left, bottom - top


def _span(flags: torch.Tensor, padding: int, limit: int) -> tuple[int, int]:
    places = flags.nonzero().flatten()
    return max(0, int(places[0]) - padding), min(limit, int(places[-1]) + 1 + padding)


def _stretched(start: int, end: int, length: int, limit: int) -> tuple[int, int]:
    """The span made `length` long about its middle, moved inside 0 … limit."""
    length = min(max(length, end - start), limit)
    start = min(max(0, start - (length - (end - start)) // 2), limit - length)
    return start, start + length


def _dilated(values: torch.Tensor, radius: int) -> torch.Tensor:
    """The largest value within a disc about each pixel.

    The disc is taken row by row from its top, where rows are short, to its middle: each row of it
    is the one before made wider.
    """
    result = row = values
    reached = 0
    for offset in range(radius, -1, -1):
        half = math.isqrt(radius**2 - offset**2)
        while reached < half:
            step = min(half - reached, 2 * reached + 1)
            row = torch.maximum(row, _shifted_both(row, step, 3))
            reached += step
        result = torch.maximum(result, _shifted_both(row, offset, 2) if offset else row)
    return result


def _shifted_both(values: torch.Tensor, by: int, dim: int) -> torch.Tensor:
    """The larger of `values` moved by so many places one way and the other along `dim`."""
    size = values.shape[dim]
    result = torch.zeros_like(values)
    if by < size:
        forward, back = result.narrow(dim, by, size - by), result.narrow(dim, 0, size - by)
        forward.copy_(values.narrow(dim, 0, size - by))
        torch.maximum(back, values.narrow(dim, by, size - by), out=back)
    return result
