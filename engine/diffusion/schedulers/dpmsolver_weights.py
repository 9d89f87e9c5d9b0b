"""The weights in DPM-Solver's steps: what they integrate exactly.

A step goes from level s to level t, h = lambda_t - lambda_s > 0 long:
x_t = x x_s + b_0 D_0 + b_1 D_1 + b_2 D_2 + noise, where D_0 is the model output at s, and D_k about
h^k times its k-th derivative in lambda.
"""

from __future__ import annotations

from typing import Literal

import torch

from engine.diffusion.schedulers.lambda_run import Levels

Algorithm = Literal["dpmsolver", "dpmsolver++", "sde-dpmsolver", "sde-dpmsolver++"]
NOISE = ("dpmsolver", "sde-dpmsolver")
"""Algorithms that integrate the predicted noise; the others integrate the predicted picture."""


class Weights:
    """Tables with one entry a starting level, of steps that go `stride` levels on.

    Integrals of exp(±lambda) times powers of lambda ("DPM-Solver", section 3 and appendix B;
    "DPM-Solver++", section 4 and appendix), in float32, as published runs computed them.
    """

    def __init__(self, levels: Levels, algorithm: Algorithm, heun: bool, stride: int = 1) -> None:
        here, there = slice(None, -stride), slice(stride, None)
        alpha, sigma = levels.alpha[there], levels.sigma[there]
        by_alpha, by_sigma = alpha / levels.alpha[here], sigma / levels.sigma[here]
        h = levels.lam[there] - levels.lam[here]
        noise = torch.zeros_like(h)
        if algorithm == "dpmsolver++":
            gain = (-h).exp() - 1
            x, b0 = by_sigma, -(alpha * gain)
            b1 = alpha * (gain / h + 1)
            b2 = -(alpha * ((gain + h) / h**2 - 0.5))
        elif algorithm == "dpmsolver":
            gain = h.exp() - 1
            x, b0 = by_alpha, -(sigma * gain)
            b1 = -(sigma * (gain / h - 1))
            b2 = -(sigma * ((gain - h) / h**2 - 0.5))
        elif algorithm == "sde-dpmsolver++":
            gain = 1 - (-2 * h).exp()
            x, b0 = by_sigma * (-h).exp(), alpha * gain
            b1 = alpha * (gain / (-2 * h) + 1)
            # the integral has + 0.5; published runs have - 0.5, and are followed here
            b2 = alpha * ((gain - 2 * h) / (2 * h) ** 2 - 0.5)
            noise = sigma * gain.sqrt()
        else:  # sde-dpmsolver, of which no third order is published
            gain = h.exp() - 1
            x, b0 = by_alpha, -2 * (sigma * gain)
            b1 = -2 * (sigma * (gain / h - 1))
            b2 = torch.zeros_like(h)
            noise = sigma * ((2 * h).exp() - 1).sqrt()
        self.x: list[float] = x.tolist()
        self.b0: list[float] = b0.tolist()
        self.b1: list[float] = b1.tolist()
        self.b2: list[float] = b2.tolist()
        self.second: list[float] = (b1 if heun else 0.5 * b0).tolist()
        """b_1 in steps of second order, where the midpoint rule may stand for the integral."""
        self.noise: list[float] = noise.tolist()
