"""Noise levels of a run, and the timestep that belongs to each.

sigma = sqrt((1 - alpha_bar) / alpha_bar) is the noise per unit of picture: x / sqrt(alpha_bar) =
x_0 + sigma noise. Tables are float64, largest sigma first, one entry a step, without the level at
which the last step ends.
"""

from __future__ import annotations

import math
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt
import torch

from engine.diffusion.schedulers.beta_quantile import quantile
from engine.graph.errors import LoomError

Sigmas = npt.NDArray[np.float64]
Table = Literal["plain", "karras", "exponential", "beta", "lu"]


class TableSwitches(Protocol):
    """The published switches, of which at most one is on."""

    @property
    def use_karras_sigmas(self) -> bool: ...
    @property
    def use_exponential_sigmas(self) -> bool: ...
    @property
    def use_beta_sigmas(self) -> bool: ...


def chosen_table(config: TableSwitches) -> Table:
    """The table that is on; LoomError when more than one is."""
    switches: dict[Table, bool] = {
        "karras": config.use_karras_sigmas,
        "exponential": config.use_exponential_sigmas,
        "beta": config.use_beta_sigmas,
    }
    chosen: list[Table] = [table for table, on in switches.items() if on]
    if len(chosen) > 1:
        raise LoomError(
            f"{type(config).__name__}: only one sigma table can be used, "
            f"and {' and '.join(chosen)} are on."
        )
    return chosen[0] if chosen else "plain"


def trained_sigmas(alphas_cumprod: torch.Tensor) -> npt.NDArray[np.float32]:
    """Sigma of every trained timestep (T,), rising."""
    return (((1 - alphas_cumprod) / alphas_cumprod) ** 0.5).numpy()


def plain(timesteps: npt.NDArray[np.floating], trained: npt.NDArray[np.float32]) -> Sigmas:
    """Sigma at each timestep, linear between the trained ones."""
    return np.interp(timesteps, np.arange(len(trained)), trained)


def karras(largest: float, smallest: float, steps: int, rho: float = 7.0) -> Sigmas:
    """Even in sigma^(1/rho) (Karras et al. 2022, eq. 5)."""
    ramp = np.linspace(0, 1, steps)
    first, last = largest ** (1 / rho), smallest ** (1 / rho)
    return (first + ramp * (last - first)) ** rho


def exponential(largest: float, smallest: float, steps: int) -> Sigmas:
    """Even in log sigma."""
    return np.exp(np.linspace(math.log(largest), math.log(smallest), steps))


def beta(largest: float, smallest: float, steps: int, a: float = 0.6, b: float = 0.6) -> Sigmas:
    """Quantiles of a beta distribution: dense at both ends ("Beta Sampling", Lee et al. 2024)."""
    points = np.array([quantile(p, a, b) for p in 1 - np.linspace(0, 1, steps)])
    return smallest + points * (largest - smallest)


def lu(largest: float, smallest: float, steps: int) -> Sigmas:
    """Even in lambda = -log sigma (Lu et al. 2022, "DPM-Solver").

    `exponential` but for rounding: the logarithms of its ends are float32, as published.
    """
    first, last = np.log(np.array([largest, smallest], np.float32)).tolist()
    return np.exp(np.linspace(first, last, steps))


def spread(table: Table, largest: float, smallest: float, steps: int) -> Sigmas:
    """A table that depends on its ends only: karras, exponential, beta or lu."""
    if table == "karras":
        return karras(largest, smallest, steps)
    if table == "exponential":
        return exponential(largest, smallest, steps)
    if table == "beta":
        return beta(largest, smallest, steps)
    if table == "lu":
        return lu(largest, smallest, steps)
    raise ValueError(f"the {table} table is not spread between two ends")


def timesteps_of(sigmas: Sigmas, trained: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """The (fractional) trained timestep of each sigma, linear in log sigma; held at the ends."""
    log_trained = np.log(trained)
    log_sigmas = np.log(np.maximum(sigmas, 1e-10))
    # the last one below: with zero terminal SNR the very last trained sigma may fall again
    reached = log_trained <= log_sigmas[:, np.newaxis]
    below = (reached * np.arange(len(trained))).max(axis=1).clip(max=len(trained) - 2)
    low, high = log_trained[below], log_trained[below + 1]
    w = np.clip((low - log_sigmas) / (low - high), 0, 1)
    return (1 - w) * below + w * (below + 1)
