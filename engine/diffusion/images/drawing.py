"""Masks drawn by hand: a list of shapes as JSON text, which the editor's painter writes.

    {"size": [512, 512],
     "feather": 4,
     "shapes": [{"shape": "stroke", "points": [[40, 60], [200, 90]], "width": 24},
                {"shape": "polygon", "points": [[0, 0], [80, 0], [0, 80]]},
                {"shape": "ellipse", "box": [300, 300, 120, 80]},
                {"shape": "rectangle", "box": [10, 400, 64, 64], "value": 0}]}

Coordinates are pixels from the top left corner of a canvas of `size` (width, height), which is
stretched to the mask that is asked for; without `size` they are that mask's own. A box is x, y,
width and height; the pixel (0, 0) is the box [0, 0, 1, 1]. Shapes are painted in their order, with
`value` (1 where it is left out; 0 takes away). Edges are smooth; `feather` blurs them all by a
Gaussian of so many of the canvas' pixels, none where it is left out.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.diffusion.images.masks import feather
from engine.diffusion.images.pixels import levels
from engine.diffusion.images.raster import check_size
from engine.diffusion.values import Mask
from engine.graph.errors import LoomError

if TYPE_CHECKING:
    import PIL.ImageDraw

Point = tuple[float, float]
FINE = 4  # times as many pixels each way while drawing, so that edges come out smooth
LARGEST = 1 << 26  # pixels while drawing
SOFTEST = 256  # pixels of feather
FAR = 1e6  # further out than this nothing is drawn


@dataclass(frozen=True)
class Shape:
    """One stroke of `width`, or an area when `width` is 0; `points` of boxes are two corners."""

    sort: str
    points: tuple[Point, ...]
    width: float
    value: float


@dataclass(frozen=True)
class Sketch:
    """Shapes on a canvas, blurred by `feather` pixels of it.

    A canvas of 0×0 is as large as the mask that is made of it.
    """

    shapes: tuple[Shape, ...] = ()
    size: tuple[float, float] = (0, 0)
    feather: float = 0.0


def parse(text: str) -> Sketch:
    """The shapes that a text holds; an empty text has none.

    Raises LoomError that says which shape is wrong, and what is wrong with it.
    """
    if not text.strip():
        return Sketch()
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _wrong(f"The drawing is no JSON: {error}.") from None
    if not isinstance(data, dict) or not isinstance(data.get("shapes"), list):
        raise _wrong("The drawing has no list of shapes.")
    size = (0.0, 0.0)
    if "size" in data:
        size = _numbers(data["size"], 2, "The size of the canvas")
        if min(size) < 1:
            raise _wrong("The size of the canvas is not positive.")
    blur = _number(data.get("feather", 0), "The feather of the drawing")
    if not 0 <= blur <= SOFTEST:
        raise _wrong(f"The feather of the drawing is not from 0 to {SOFTEST}.")
    return Sketch(tuple(_shape(item, at) for at, item in enumerate(data["shapes"])), size, blur)


def paint(sketch: Sketch, width: int, height: int) -> Mask:
    """A sketch as a mask (1, 1, height, width)."""
    from PIL import Image as pillow
    from PIL import ImageDraw

    check_size(width, height)
    fine = max(1, min(FINE, math.isqrt(LARGEST // (width * height))))
    canvas = pillow.new("L", (width * fine, height * fine), 0)
    pen = ImageDraw.Draw(canvas)
    scale = (
        fine * width / (sketch.size[0] or width),
        fine * height / (sketch.size[1] or height),
    )
    mean = math.sqrt(scale[0] * scale[1])
    for shape in sketch.shapes:
        points = [(x * scale[0], y * scale[1]) for x, y in shape.points]
        _draw(pen, shape, points, shape.width * mean)
    mask = Mask(levels(canvas.reduce(fine)).unsqueeze(0))
    return feather(mask, sketch.feather * mean / fine) if sketch.feather else mask


def _draw(
    pen: PIL.ImageDraw.ImageDraw, shape: Shape, points: list[Point], thickness: float
) -> None:
    ink = round(255 * shape.value)
    match shape.sort:
        case "stroke":
            pen.line(points, fill=ink, width=max(1, round(thickness)), joint="curve")
            for x, y in points:
                pen.circle((x, y), thickness / 2, fill=ink)
        case "polygon":
            pen.polygon(points, fill=ink)
        case _:
            (left, top), (right, bottom) = points
            if right - left < 1 or bottom - top < 1:
                return
            corners = (left, top, right - 1, bottom - 1)  # Pillow's boxes have both ends in them
            (pen.ellipse if shape.sort == "ellipse" else pen.rectangle)(corners, fill=ink)


def _shape(data: Any, place: int) -> Shape:
    what = f"Shape {place + 1} of the drawing"
    if not isinstance(data, dict):
        raise _wrong(f"{what} is no object.")
    sort = data.get("shape")
    width = 0.0
    if sort in ("stroke", "polygon"):
        given = data.get("points")
        if not isinstance(given, list) or len(given) < (1 if sort == "stroke" else 3):
            raise _wrong(f"{what} has too few points.")
        points = tuple(_numbers(point, 2, f"A point of {what.lower()}") for point in given)
        if sort == "stroke":
            width = _number(data.get("width"), f"The width of {what.lower()}")
            if width <= 0:
                raise _wrong(f"The width of {what.lower()} is not positive.")
    elif sort in ("ellipse", "rectangle"):
        x, y, across, down = _numbers(data.get("box"), 4, f"The box of {what.lower()}")
        points = ((x, y), (x + across, y + down))
    else:
        raise _wrong(f"{what} is a {sort!r}, which is none of stroke, polygon, ellipse, rectangle.")
    value = _number(data.get("value", 1), f"The value of {what.lower()}")
    if not 0 <= value <= 1:
        raise _wrong(f"The value of {what.lower()} is not from 0 to 1.")
    return Shape(str(sort), points, width, value)


def _numbers(data: Any, count: int, what: str) -> Any:
    """A tuple of `count` numbers."""
    if not isinstance(data, Sequence) or isinstance(data, str) or len(data) != count:
        raise _wrong(f"{what} is not {count} numbers.")
    return tuple(_number(item, what) for item in data)


def _number(data: Any, what: str) -> float:
    if isinstance(data, bool) or not isinstance(data, int | float) or not abs(data) <= FAR:
        raise _wrong(f"{what} is no number up to {FAR:g}.")
    return float(data)


def _wrong(reason: str) -> LoomError:
    return LoomError(
        reason,
        field="shapes",
        remedy='It reads {"shapes": [{"shape": "ellipse", "box": [8, 8, 32, 32]}]}.',
    )
