"""How far two pictures are apart: in numbers, and to look at."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from engine.diffusion.images.batch import split
from engine.diffusion.images.filters import gaussian_weights
from engine.diffusion.images.grid import labelled_grid
from engine.diffusion.images.raster import paired, same_batch
from engine.diffusion.values import Image

WINDOW, SIGMA = 5, 1.5  # of the structural similarity: 11×11 pixels
STABLE = (0.01**2, 0.03**2)
NAMES = ("first", "second")


@dataclass(frozen=True)
class Differences:
    """Of two pictures, over all pixels, channels and pictures of the batch.

    `largest` and `mean` are absolute differences of values in [0, 1]; `psnr` is in decibels,
    infinite for equal pictures; `ssim` is 1 for equal ones.
    """

    largest: float
    mean: float
    psnr: float
    ssim: float

    def text(self) -> str:
        """All of them in a line."""
        return (
            f"largest {self.largest:.4f} ({self.largest * 255:.0f} of 255), mean {self.mean:.5f}, "
            f"PSNR {self.psnr:.2f} dB, SSIM {self.ssim:.4f}"
        )


def differences(first: Image, second: Image) -> Differences:
    """How far two pictures of one size are apart; LoomError with both sizes when they differ."""
    a, b = paired(first, second, NAMES)
    off = (a - b).abs()
    error = float((off.double() ** 2).mean())
    psnr = -10 * math.log10(error) if error > 0 else math.inf
    return Differences(float(off.max()), float(off.mean()), psnr, float(ssim(a, b).mean()))


def ssim(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """Structural similarity (B, C) of (B, C, H, W) in [0, 1].

    Wang, Bovik, Sheikh and Simoncelli (2004), "Image quality assessment: from error visibility to
    structural similarity", equation 13, with their Gaussian window of 11×11 pixels; smaller
    pictures have a smaller one.
    """
    radius = min(WINDOW, (min(a.shape[2:]) - 1) // 2)
    weights = gaussian_weights(SIGMA, radius)

    def local(values: torch.Tensor) -> torch.Tensor:
        planes = values.flatten(0, 1).unsqueeze(1)
        planes = F.conv2d(planes, weights.view(1, 1, 1, -1))
        return F.conv2d(planes, weights.view(1, 1, -1, 1)).view(*values.shape[:2], -1)

    a, b = a.double(), b.double()
    mean_a, mean_b = local(a), local(b)
    variance_a, variance_b = local(a * a) - mean_a**2, local(b * b) - mean_b**2
    covariance = local(a * b) - mean_a * mean_b
    c1, c2 = STABLE
    return (
        (2 * mean_a * mean_b + c1)
        * (2 * covariance + c2)
        / ((mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2))
    ).mean(-1)


def difference(first: Image, second: Image, gain: float = 1.0) -> Image:
    """The absolute difference of every channel, times `gain`, cut off at white."""
    a, b = paired(first, second, NAMES)
    return Image(((a - b).abs() * gain).clamp(0, 1))


def side_by_side(first: Image, second: Image, names: tuple[str, str] = ("", "")) -> Image:
    """Both with their names above, each pair of the batch in a row of its own."""
    batches = same_batch(first.pixels, second.pixels, NAMES)
    left, right = (split(Image(batch)) for batch in batches)
    cells = [image for pair in zip(left, right, strict=True) for image in pair]
    return labelled_grid(cells, names, [""] * len(left))


def slider(first: Image, second: Image, position: float = 0.5) -> Image:
    """The first picture on the left of a line at `position` (0 to 1), the second on its right."""
    a, b = paired(first, second, NAMES)
    width = a.shape[3]
    at = round(position * width)
    result = torch.cat([a[..., :at], b[..., at:]], 3)
    thick = max(1, width // 256)
    for inner, tone in ((2 * thick, 0.0), (thick, 1.0)):  # white between two black lines
        result[..., max(0, at - inner) : min(width, at + inner)] = tone
    return Image(result)
