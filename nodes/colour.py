"""Tones and colours of pictures."""

from typing import Annotated

from engine.diffusion.values import Image, Picture
from engine.graph.spec import Range, node

Factor = Annotated[float, Range(0, 10, step=0.05)]


@node("colour.adjust", label="Adjust", runs_on="cpu")
def adjust(
    image: Image,
    brightness: Factor = 1.0,
    contrast: Factor = 1.0,
    saturation: Factor = 1.0,
    gamma: Annotated[float, Range(0.1, 10, step=0.05)] = 1.0,
) -> Image:
    """Brightness, contrast, saturation and gamma, in this order; 1 leaves each as it is.

    Contrast is about the picture's mean brightness; no saturation is grey; a gamma above 1 lightens
    the tones between black and white.
    """
    from engine.diffusion.images.colour import adjust

    return adjust(image, brightness, contrast, saturation, gamma)


@node("colour.gray", label="To grey", runs_on="cpu")
def gray(image: Image) -> Image:
    """Pictures without colour: 0.299 red, 0.587 green and 0.114 blue make the brightness."""
    from engine.diffusion.images.colour import gray

    return gray(image)


@node("colour.invert", label="Invert colours", output="picture", runs_on="cpu")
def invert(picture: Picture) -> Picture:
    """Pictures or masks with black for white, and every colour for its opposite."""
    from engine.diffusion.images.colour import invert

    return invert(picture)
