"""Blur, sharpness and edges."""

from typing import Annotated

from engine.diffusion.values import Image, Picture
from engine.graph.spec import Range, node


@node("filter.blur", label="Blur", output="picture", runs_on="cpu")
def blur(picture: Picture, radius: Annotated[float, Range(0, 256, step=0.5)] = 4.0) -> Picture:
    """Gaussian blur of pictures or masks; the radius is its standard deviation in pixels."""
    from engine.diffusion.images.filters import blur

    return blur(picture, radius)


@node("filter.sharpen", label="Sharpen", runs_on="cpu")
def sharpen(
    image: Image,
    radius: Annotated[float, Range(0, 64, step=0.5)] = 2.0,
    amount: Annotated[float, Range(0, 10, step=0.1)] = 1.0,
    threshold: Annotated[float, Range(0, 1, step=0.01)] = 0.0,
) -> Image:
    """Unsharp masking: what a blur of this radius takes away is added `amount` times.

    Differences of up to `threshold` are left alone, so that flat areas gain no grain.
    """
    from engine.diffusion.images.filters import sharpen

    return sharpen(image, radius, amount, threshold)


@node("filter.canny", label="Canny edges", runs_on="cpu")
def canny(
    image: Image,
    low: Annotated[float, Range(0, 2040, step=1)] = 100.0,
    high: Annotated[float, Range(0, 2040, step=1)] = 200.0,
    blur: Annotated[float, Range(0, 64, step=0.5)] = 0.0,
) -> Image:
    """Edges as thin white lines on black (Canny 1986), as ControlNets for edges read them.

    The thresholds are gradients of 3×3 Sobel filters over 256 levels: a line is made of pixels
    above `low`, and has one above `high`. A blur before leaves out fine grain.
    """
    from engine.diffusion.images.edges import canny

    return canny(image, low, high, blur)
