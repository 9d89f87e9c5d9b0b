"""Doubling and halving height and width without weights, in the ways published UNets do."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

Resample = Callable[[Tensor], Tensor]

# The binomial filter of StyleGAN2 (Karras et al. 2020, appendix B), before it is normalised.
_TAPS = (1.0, 3.0, 3.0, 1.0)


def nearest_double(x: Tensor) -> Tensor:
    """Each pixel of (B, C, H, W) four times: (B, C, 2H, 2W)."""
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


def average_halve(x: Tensor) -> Tensor:
    """The means of 2×2 pixels: (B, C, H, W) to (B, C, H // 2, W // 2)."""
    return F.avg_pool2d(x, kernel_size=2, stride=2)


def fir_double(x: Tensor) -> Tensor:
    """Doubling with zeros between the pixels, then the filter at gain four: (B, C, 2H, 2W)."""
    one = x.flatten(0, 1)[:, None]  # (B·C, 1, H, W)
    doubled = F.conv_transpose2d(one, 4 * _filter(x), stride=2, padding=1)
    return doubled.view(*x.shape[:2], *doubled.shape[-2:])


def fir_halve(x: Tensor) -> Tensor:
    """The filter, then every second pixel: (B, C, H, W) to (B, C, H // 2, W // 2)."""
    one = x.flatten(0, 1)[:, None]  # (B·C, 1, H, W)
    halved = F.conv2d(one, _filter(x), stride=2, padding=1)
    return halved.view(*x.shape[:2], *halved.shape[-2:])


def reflected_double(x: Tensor) -> Tensor:
    """`fir_double` of a picture that goes on beyond its edges as in a mirror."""
    one = F.pad(x, (1, 1, 1, 1), "reflect").flatten(0, 1)[:, None]
    doubled = F.conv_transpose2d(one, 4 * _filter(x), stride=2, padding=3)
    return doubled.view(*x.shape[:2], *doubled.shape[-2:])


def reflected_halve(x: Tensor) -> Tensor:
    """`fir_halve` of a picture that goes on beyond its edges as in a mirror."""
    one = F.pad(x, (1, 1, 1, 1), "reflect").flatten(0, 1)[:, None]
    halved = F.conv2d(one, _filter(x), stride=2)
    return halved.view(*x.shape[:2], *halved.shape[-2:])


def _filter(like: Tensor) -> Tensor:
    """The separable filter (1, 1, 4, 4) that sums to one."""
    taps = torch.tensor(_TAPS).to(like)
    taps = taps / taps.sum()
    return torch.outer(taps, taps)[None, None]
