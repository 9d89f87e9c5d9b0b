"""Pictures and masks of another size or shape."""

from typing import Annotated, NamedTuple

from engine.diffusion.images.choices import Axis, Border, Filter, How, Turn
from engine.diffusion.values import Image, Mask, Picture
from engine.graph.spec import Range, node

Place = Annotated[int, Range(-65536, 65536)]
Side = Annotated[int, Range(0, 8192)]
Added = Annotated[int, Range(0, 4096)]


class Cut(NamedTuple):
    """The part of a picture that a mask is about, of the mask, and where they were."""

    image: Image
    mask: Mask
    x: int
    y: int
    width: int
    height: int


@node("transform.resize", label="Resize", output="picture", runs_on="cpu")
def resize(
    picture: Picture,
    width: Side = 512,
    height: Side = 512,
    how: How = "fill",
    filter: Filter = "lanczos",
) -> Picture:
    """Pictures or masks at another size.

    "fill" covers width × height and cuts off what has another shape, "fit" keeps all of the picture
    within that size, "surround" also repeats its outermost pixels until it has that size, "stretch"
    changes its shape. A side of 0 follows from the other one. Every filter but "nearest" averages
    where the picture shrinks.
    """
    from engine.diffusion.images.resize import resize

    return resize(picture, width, height, how, filter)


@node("transform.scale", label="Scale", output="picture", runs_on="cpu")
def scale(
    picture: Picture,
    factor: Annotated[float, Range(0.01, 64, step=0.25)] = 1.0,
    multiple: Annotated[int, Range(1, 1024)] = 8,
    filter: Filter = "lanczos",
) -> Picture:
    """Pictures or masks with their sides times a factor, rounded to multiples of a number.

    Models take sides that are multiples of 8, some of 64: with a factor of 1 this makes them so.
    """
    from engine.diffusion.images.resize import scale

    return scale(picture, factor, multiple, filter)


@node("transform.crop", label="Crop", output="picture", runs_on="cpu")
def crop(
    picture: Picture, x: Place = 0, y: Place = 0, width: Side = 512, height: Side = 512
) -> Picture:
    """The part of pictures or masks whose top left pixel is (x, y); it must lie inside."""
    from engine.diffusion.images.geometry import crop

    return crop(picture, x, y, width, height)


@node("transform.crop_centre", label="Crop centre", output="picture", runs_on="cpu")
def crop_centre(picture: Picture, width: Side = 512, height: Side = 512) -> Picture:
    """The middle of pictures or masks, of this width and height; 0 keeps a side."""
    from engine.diffusion.images.geometry import crop_centre

    return crop_centre(picture, width, height)


@node("transform.crop_to_mask", label="Crop to mask", runs_on="cpu")
def crop_to_mask(
    image: Image,
    mask: Mask,
    padding: Annotated[int, Range(0, 4096)] = 32,
    width: Side = 0,
    height: Side = 0,
) -> Cut:
    """The part of a picture around what is white in a mask, with some padding.

    `width` and `height` give the shape the part is to have, for a Resize to that size; 0 leaves the
    shape. To put a repainted part back, resize it to the `width` and `height` that come out here
    and lay it over the picture at `x` and `y`, with the mask that comes out here. Where the picture
    is too small for that shape, "surround" on the way out and "fill" on the way back keep it
    undistorted; otherwise "stretch" does both.
    """
    from engine.diffusion.images.geometry import crop
    from engine.diffusion.images.masks import box
    from engine.diffusion.images.raster import paired

    paired(image, mask)
    place = box(mask, padding, width / height if width and height else 0.0)
    return Cut(crop(image, *place), crop(mask, *place), *place)


@node("transform.pad", label="Pad", output="picture", runs_on="cpu")
def pad(
    picture: Picture,
    left: Added = 0,
    top: Added = 0,
    right: Added = 0,
    bottom: Added = 0,
    border: Border = "constant",
    colour: str = "black",
) -> Picture:
    """Pictures or masks with more pixels on each side.

    They are of one colour ("constant"; `red`, `#ff8800`), repeat the outermost pixels ("edge"), or
    mirror the picture ("reflect"). The node Padding makes the mask of them, for outpainting.
    """
    from engine.diffusion.images.geometry import pad

    return pad(picture, left, top, right, bottom, border, colour)


@node("transform.flip", label="Flip", output="picture", runs_on="cpu")
def flip(picture: Picture, axis: Axis = "horizontal") -> Picture:
    """Pictures or masks mirrored: left and right change places, or top and bottom, or both."""
    from engine.diffusion.images.geometry import flip

    return flip(picture, axis)


@node("transform.rotate", label="Rotate", output="picture", runs_on="cpu")
def rotate(picture: Picture, degrees: Turn = 90) -> Picture:
    """Pictures or masks turned clockwise."""
    from engine.diffusion.images.geometry import rotate

    return rotate(picture, degrees)
