"""How often each level occurs in a picture: as counts, as a summary, and drawn."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import torch

from engine.diffusion.images.colour import luminance
from engine.diffusion.images.pixels import from_pil
from engine.diffusion.values import Image

CHANNELS = ("red", "green", "blue", "brightness")
INKS = ((225, 60, 60), (60, 170, 75), (70, 110, 235), (60, 60, 60))
PAPER = (255, 255, 255)
LINES = (222, 222, 222)
MARGIN = 8
POINTS = (0.01, 0.5, 0.99)  # percentiles of the summary


@dataclass(frozen=True)
class Summary:
    """One channel in numbers, of values in [0, 1]; `black` and `white` are shares at the ends."""

    mean: float
    deviation: float
    low: float
    median: float
    high: float
    black: float
    white: float


def histogram(image: Image, bins: int = 256) -> torch.Tensor:
    """Counts (4, bins) over all pictures of red, green, blue and brightness, in equal bins."""
    channels = _channels(image)
    places = (channels * bins).long().clamp(0, bins - 1)
    return torch.stack([torch.bincount(place, minlength=bins) for place in places])


def summary(image: Image) -> dict[str, Summary]:
    """Each channel in numbers; `low` and `high` are the 1st and 99th percentile."""
    found: dict[str, Summary] = {}
    for name, values in zip(CHANNELS, _channels(image), strict=True):
        ordered = values.sort().values
        low, median, high = (float(ordered[round(p * (len(ordered) - 1))]) for p in POINTS)
        found[name] = Summary(
            float(values.mean()),
            float(values.std(correction=0)),
            low,
            median,
            high,
            float((values <= 0.5 / 255).float().mean()),
            float((values >= 254.5 / 255).float().mean()),
        )
    return found


def as_data(image: Image) -> dict[str, dict[str, float]]:
    """The summary as JSON data, rounded to five places."""
    return {
        name: {key: round(value, 5) for key, value in asdict(one).items()}
        for name, one in summary(image).items()
    }


def draw(counts: torch.Tensor, width: int = 512, height: int = 256) -> Image:
    """Counts (4, bins) as curves: brightness as a grey area, the colours as lines over it.

    The height is that of the square root of a count, so that rare levels are seen beside common
    ones.
    """
    from PIL import Image as pillow
    from PIL import ImageDraw

    sheet = pillow.new("RGB", (width, height), PAPER)
    pen = ImageDraw.Draw(sheet)
    right, bottom = width - MARGIN, height - MARGIN
    for quarter in range(5):
        x = MARGIN + (right - MARGIN) * quarter / 4
        pen.line((x, MARGIN, x, bottom), fill=LINES)
    heights = counts.double().sqrt()
    heights = heights / heights.max().clamp(min=1)
    bins = counts.shape[1]
    xs = [MARGIN + (right - MARGIN) * (place + 0.5) / bins for place in range(bins)]
    curves = [
        [(x, bottom - (bottom - MARGIN) * y) for x, y in zip(xs, curve.tolist(), strict=True)]
        for curve in heights
    ]
    pen.polygon([(xs[0], bottom), *curves[3], (xs[-1], bottom)], fill=LINES)
    for curve, ink in zip(curves, INKS, strict=True):
        pen.line(curve, fill=ink, width=2, joint="curve")
    return from_pil([sheet])


def _channels(image: Image) -> torch.Tensor:
    """(4, all pixels): red, green, blue and brightness."""
    pixels = image.pixels.clamp(0, 1)
    return torch.cat([pixels, luminance(pixels)], 1).transpose(0, 1).flatten(1)
