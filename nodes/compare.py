"""How far two pictures are apart, and what a picture is made of."""

from typing import Annotated, NamedTuple

from engine.diffusion.values import Image
from engine.graph.spec import Range, node


class Distance(NamedTuple):
    """Differences of two pictures; of values in [0, 1], of decibels, and in words."""

    largest: float
    mean: float
    psnr: float
    ssim: float
    text: str


class Levels(NamedTuple):
    """How often each level occurs, drawn, and a summary as JSON."""

    image: Image
    numbers: str


@node("compare.numbers", label="Compare", runs_on="cpu")
def numbers(first: Image, second: Image) -> Distance:
    """How far two pictures of one size are apart.

    The largest and the mean absolute difference (of values from 0 to 1), the peak signal-to-noise
    ratio in decibels (infinite for equal pictures) and the structural similarity (1 for equal ones,
    Wang et al. 2004).
    """
    from engine.diffusion.images.compare import differences

    found = differences(first, second)
    return Distance(found.largest, found.mean, found.psnr, found.ssim, found.text())


@node("compare.difference", label="Difference", runs_on="cpu")
def difference(
    first: Image, second: Image, gain: Annotated[float, Range(0, 1000, step=1)] = 10.0
) -> Image:
    """Where two pictures differ: their absolute difference, made `gain` times as bright."""
    from engine.diffusion.images.compare import difference

    return difference(first, second, gain)


@node("compare.side_by_side", label="Side by side", runs_on="cpu")
def side_by_side(
    first: Image, second: Image, first_name: str = "first", second_name: str = "second"
) -> Image:
    """Two pictures in one, with their names above; each pair of a batch has a row of its own."""
    from engine.diffusion.images.compare import side_by_side

    return side_by_side(first, second, (first_name, second_name))


@node("compare.slider", label="Slider", runs_on="cpu")
def slider(
    first: Image, second: Image, position: Annotated[float, Range(0, 1, step=0.01)] = 0.5
) -> Image:
    """One picture left of a line and another of its size right of it; `position` moves the line."""
    from engine.diffusion.images.compare import slider

    return slider(first, second, position)


@node("compare.histogram", label="Histogram", runs_on="cpu")
def histogram(image: Image) -> Levels:
    """How often each level of red, green, blue and brightness occurs, as curves and in numbers.

    The numbers are JSON: for each channel mean, deviation, 1st, 50th and 99th percentile, and the
    shares of black and white. Curves show the square root, so that rare levels are seen too.
    """
    import json

    from engine.diffusion.images.histogram import as_data, draw, histogram

    return Levels(draw(histogram(image)), json.dumps(as_data(image)))
