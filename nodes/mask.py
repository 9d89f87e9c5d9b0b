"""Masks: white is where something is done."""

from typing import Annotated

from engine.diffusion.images.choices import Combination
from engine.diffusion.values import Image, Mask, Picture
from engine.graph.spec import Drawing, Range, node

Share = Annotated[float, Range(0, 1, step=0.01)]
Added = Annotated[int, Range(0, 4096)]


@node("mask.draw", label="Draw mask", runs_on="cpu")
def draw(
    shapes: Annotated[str, Drawing()] = "",
    like: Image | None = None,
    width: Annotated[int, Range(1, 8192)] = 512,
    height: Annotated[int, Range(1, 8192)] = 512,
) -> Mask:
    """A mask drawn by hand, as large as the picture `like`, or else width × height.

    The shapes are JSON: strokes and polygons with points, ellipses and rectangles with boxes (x, y,
    width, height) in pixels of a canvas of `size`, which is stretched over the mask:
    `{"size": [512, 512], "shapes": [{"shape": "stroke", "points": [[40, 60], [200, 90]], "width":
    24}, {"shape": "ellipse", "box": [300, 300, 120, 80], "value": 0}]}`. A value of 0 takes away.
    """
    from engine.diffusion.images.drawing import paint, parse
    from engine.diffusion.images.raster import size_of

    return paint(parse(shapes), *(size_of(like) if like else (width, height)))


@node("mask.from_luminance", label="Picture to mask", runs_on="cpu")
def from_luminance(image: Image) -> Mask:
    """The brightness of pictures as a mask: 0.299 red, 0.587 green and 0.114 blue."""
    from engine.diffusion.images.masks import from_luminance

    return from_luminance(image)


@node("mask.from_colour", label="Mask from colour", runs_on="cpu")
def from_colour(
    image: Image, colour: str = "white", tolerance: Share = 0.1, softness: Share = 0.0
) -> Mask:
    """White where a picture is of a colour, such as `red` or `#ff8800`.

    Colours up to `tolerance` away count as that colour (black and white are 1 apart); within
    `softness` beyond that the mask falls to black.
    """
    from engine.diffusion.images.masks import from_colour

    return from_colour(image, colour, tolerance, softness)


@node("mask.threshold", label="Threshold", runs_on="cpu")
def threshold(picture: Picture, low: Share = 0.5, high: Share = 1.0) -> Mask:
    """White where a mask, or a picture's brightness, is from `low` to `high`; black elsewhere."""
    from engine.diffusion.images.masks import threshold

    return threshold(picture, low, high)


@node("mask.padding", label="Padding", runs_on="cpu")
def padding(
    image: Image, left: Added = 0, top: Added = 0, right: Added = 0, bottom: Added = 0
) -> Mask:
    """White where the node Pad adds pixels to a picture: what outpainting is to paint."""
    from engine.diffusion.images.geometry import padding

    return padding(image, left, top, right, bottom)


@node("mask.feather", label="Feather", runs_on="cpu")
def feather(mask: Mask, radius: Annotated[float, Range(0, 256, step=0.5)] = 4.0) -> Mask:
    """A mask with soft edges: a Gaussian blur of so many pixels."""
    from engine.diffusion.images.masks import feather

    return feather(mask, radius)


@node("mask.grow", label="Grow or shrink", runs_on="cpu")
def grow(mask: Mask, pixels: Annotated[int, Range(-512, 512)] = 4) -> Mask:
    """White areas larger by so many pixels all round, or smaller for a negative number."""
    from engine.diffusion.images.masks import grow

    return grow(mask, pixels)


@node("mask.combine", label="Combine masks", runs_on="cpu")
def combine(first: Mask, second: Mask, how: Combination = "union") -> Mask:
    """What is white in either mask, in both, or in the first and not in the second."""
    from engine.diffusion.images.masks import combine

    return combine(first, second, how)


@node("mask.fill_holes", label="Fill holes", runs_on="cpu")
def fill_holes(mask: Mask) -> Mask:
    """Dark areas that white ones enclose become white."""
    from engine.diffusion.images.masks import fill_holes

    return fill_holes(mask)


@node("mask.to_image", label="Mask to picture", runs_on="cpu")
def to_image(mask: Mask) -> Image:
    """A mask as a grey picture."""
    from engine.diffusion.images.masks import to_image

    return to_image(mask)
