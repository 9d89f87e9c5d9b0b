"""Gaussian blur and unsharp masking."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from engine.diffusion.images.raster import like, tensor_of
from engine.diffusion.values import Image, Picture

TRUNCATE = 4.0
"""How many standard deviations of a Gaussian are kept to each side."""


def gaussian(pixels: torch.Tensor, sigma: float) -> torch.Tensor:
    """(B, C, H, W) convolved with a Gaussian of `sigma` pixels; beyond the border it goes on."""
    if sigma <= 0:
        return pixels
    weights = gaussian_weights(sigma, math.ceil(TRUNCATE * sigma)).to(pixels)
    radius = len(weights) // 2
    planes = pixels.flatten(0, 1).unsqueeze(1)
    planes = F.conv2d(F.pad(planes, (radius, radius, 0, 0), "replicate"), weights.view(1, 1, 1, -1))
    planes = F.conv2d(F.pad(planes, (0, 0, radius, radius), "replicate"), weights.view(1, 1, -1, 1))
    return planes.view(pixels.shape)


def gaussian_weights(sigma: float, radius: int) -> torch.Tensor:
    """The 2·radius + 1 samples of a Gaussian about 0, with sum 1."""
    x = torch.arange(-radius, radius + 1, dtype=torch.float64)
    weights = torch.exp(-(x**2) / (2 * sigma**2))
    return weights / weights.sum()


def blur(picture: Picture, radius: float) -> Picture:
    """`picture` blurred by a Gaussian whose standard deviation is `radius` pixels."""
    return like(picture, gaussian(tensor_of(picture), radius))


def sharpen(image: Image, radius: float = 2.0, amount: float = 1.0, threshold: float = 0) -> Image:
    """What a blur takes away, added `amount` times: unsharp masking.

    Differences of up to `threshold` are left alone, so that flat areas gain no grain.
    """
    detail = image.pixels - gaussian(image.pixels, radius)
    detail = torch.where(detail.abs() > threshold, detail, torch.zeros_like(detail))
    return Image((image.pixels + amount * detail).clamp(0, 1))
