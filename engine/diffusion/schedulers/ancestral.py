"""Ancestral steps: further down than asked for, and up again by fresh noise."""

from __future__ import annotations

import torch


def down_and_up(sigmas: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Where each of S steps ends before noise is added, and the deviation of that noise: (S,) each.

    `sigmas`: the S + 1 levels that the run walks through. With s and t the levels before and after
    a step, up is the deviation of DDPM's posterior (Song et al. 2021, eq. 16 with eta = 1, in terms
    of sigma): up^2 = t^2 (s^2 - t^2) / s^2 and down^2 = t^2 - up^2.
    """
    s, t = sigmas[:-1], sigmas[1:]
    up = (t**2 * (s**2 - t**2) / s**2).sqrt()
    # in the precision of published runs, and exactly where that leaves nothing
    down_squared = t**2 - up**2
    return torch.where(down_squared > 0, down_squared.clamp(min=0).sqrt(), t**2 / s), up
