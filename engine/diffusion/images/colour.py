"""Colours: by name, as one brightness, and changed. All numbers are sRGB values in [0, 1]."""

from __future__ import annotations

import torch

from engine.diffusion.images.raster import like, tensor_of
from engine.diffusion.values import Image, Picture
from engine.graph.errors import LoomError

LUMA = (0.299, 0.587, 0.114)
"""How much red, green and blue count for brightness: ITU-R BT.601, as Pillow's mode L has it."""


def parse_colour(text: str) -> tuple[float, float, float]:
    """`red`, `#ff8800`, `rgb(255, 136, 0)`, `hsl(32, 100%, 50%)`: as red, green, blue in [0, 1]."""
    from PIL import ImageColor

    try:
        red, green, blue = ImageColor.getrgb(text.strip())[:3]
    except ValueError:
        raise LoomError(
            f"{text!r} is no colour.", field="colour", remedy="Give one as 'red' or '#ff8800'."
        ) from None
    return red / 255, green / 255, blue / 255


def luminance(pixels: torch.Tensor) -> torch.Tensor:
    """The brightness (B, 1, H, W) of colours (B, 3, H, W)."""
    return (pixels * pixels.new_tensor(LUMA).view(3, 1, 1)).sum(1, keepdim=True)


def gray(image: Image) -> Image:
    """The brightness of each pixel, in all three channels."""
    return Image(luminance(image.pixels).expand(-1, 3, -1, -1).contiguous())


def invert(picture: Picture) -> Picture:
    """Black for white, and every colour for its opposite."""
    return like(picture, 1 - tensor_of(picture))


def adjust(
    image: Image,
    brightness: float = 1.0,
    contrast: float = 1.0,
    saturation: float = 1.0,
    gamma: float = 1.0,
) -> Image:
    """`image` with its tones changed, in this order; 1 changes nothing, results are cut to [0, 1].

    `brightness` is a factor; `contrast` scales distances from the picture's mean brightness and
    `saturation` those from each pixel's own; `gamma` takes x to x^(1/gamma), which above 1 lightens
    what lies between black and white.
    """
    pixels = image.pixels * brightness
    if contrast != 1:
        mean = luminance(pixels).mean((1, 2, 3), keepdim=True)
        pixels = mean + contrast * (pixels - mean)
    if saturation != 1:
        tone = luminance(pixels)
        pixels = tone + saturation * (pixels - tone)
    return Image(pixels.clamp(0, 1) ** (1 / gamma))
