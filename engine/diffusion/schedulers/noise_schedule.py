"""How much of the picture is left at each trained timestep: betas and their cumulative product.

Notation of Ho et al. (2020): beta_t is the variance of the noise that step t adds, alpha_t = 1 -
beta_t, and alpha_bar_t = prod_{s<=t} alpha_s, so that x_t = sqrt(alpha_bar_t) x_0 + sqrt(1 -
alpha_bar_t) noise.

Everything is float32 on purpose: published models were trained on tables rounded like this.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

import torch


def linear(steps: int, start: float, end: float) -> torch.Tensor:
    """Betas (steps,) rising evenly from `start` to `end` (Ho et al. 2020, section 4)."""
    return torch.linspace(start, end, steps, dtype=torch.float32)


def scaled_linear(steps: int, start: float, end: float) -> torch.Tensor:
    """Betas (steps,) whose square roots rise evenly (latent diffusion, Rombach et al. 2022)."""
    return torch.linspace(start**0.5, end**0.5, steps, dtype=torch.float32) ** 2


def sigmoid(steps: int, start: float, end: float) -> torch.Tensor:
    """Betas (steps,) along the logistic curve from -6 to 6 (GeoDiff, Xu et al. 2022)."""
    u = torch.linspace(-6, 6, steps, dtype=torch.float32)
    return torch.sigmoid(u) * (end - start) + start


def squared_cosine(steps: int) -> torch.Tensor:
    """Betas (steps,) of the cosine schedule, capped (Nichol and Dhariwal 2021, eq. 17)."""
    return _capped(steps, lambda u: math.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2)


def laplace(steps: int) -> torch.Tensor:
    """Betas (steps,), capped, of Laplace noise (Hang et al. 2024, "Improved Noise Schedule").

    The paper's SNR, with mu = 0 and b = 0.5, falls from 1000 through 1 to 1 / 1000; published runs
    take the root of its alpha_bar.
    """

    def alpha_bar(u: float) -> float:
        rest = 1 - 2 * abs(0.5 - u) + 1e-6
        noise = rest**0.5 if u <= 0.5 else rest**-0.5  # per unit of picture, as variances
        return (1 + noise) ** -0.5

    return _capped(steps, alpha_bar)


def _capped(
    steps: int, alpha_bar: Callable[[float], float], largest: float = 0.999
) -> torch.Tensor:
    """The betas (steps,) of alpha_bar(u), u from 0 to 1; none above `largest`."""
    edges = [alpha_bar(i / steps) for i in range(steps + 1)]
    betas = [min(1 - after / before, largest) for before, after in pairwise(edges)]
    return torch.tensor(betas, dtype=torch.float32)


def exponential(steps: int, decay: float = 12.0) -> torch.Tensor:
    """Betas (steps,), all the same, of alpha_bar = exp(-decay u) (Shap-E, Jun and Nichol 2023)."""
    return torch.full((steps,), 1 - math.exp(-decay / steps), dtype=torch.float32)


def zero_terminal_snr(betas: torch.Tensor) -> torch.Tensor:
    """Betas (steps,) stretched so that nothing of the picture is left at the last step.

    Algorithm 1 of Lin et al. (2023): sqrt(alpha_bar) is shifted to end at zero and scaled to begin
    where it did.
    """
    root = torch.cumprod(1.0 - betas, dim=0).sqrt()
    first, last = root[0], root[-1]
    alpha_bar = ((root - last) * (first / (first - last))) ** 2
    alphas = torch.cat([alpha_bar[:1], alpha_bar[1:] / alpha_bar[:-1]])
    return 1 - alphas


def betas(
    schedule: str,
    steps: int,
    start: float,
    end: float,
    trained: Sequence[float] | None = None,
    zero_snr: bool = False,
) -> torch.Tensor:
    """The betas (steps,) of a schedule by its published name, or the `trained` ones as they are.

    `schedule` is linear, scaled_linear, sigmoid, squaredcos_cap_v2, laplace or exp; `zero_snr`
    applies `zero_terminal_snr`.
    """
    if trained is not None:
        table = torch.tensor(trained, dtype=torch.float32)
    elif schedule == "linear":
        table = linear(steps, start, end)
    elif schedule == "scaled_linear":
        table = scaled_linear(steps, start, end)
    elif schedule == "sigmoid":
        table = sigmoid(steps, start, end)
    elif schedule == "squaredcos_cap_v2":
        table = squared_cosine(steps)
    elif schedule == "laplace":
        table = laplace(steps)
    elif schedule == "exp":
        table = exponential(steps)
    else:
        raise ValueError(f"no beta schedule is called {schedule!r}")
    return zero_terminal_snr(table) if zero_snr else table
