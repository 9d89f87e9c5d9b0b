"""Which of the trained timesteps a run of S steps visits (Lin et al. 2023, table 2).

All functions return float64 arrays, latest (noisiest) timestep first.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Timesteps = npt.NDArray[np.float64]


def linspace(trained: int, steps: int) -> Timesteps:
    """`steps` points from trained - 1 down to 0, not rounded; one step gives [0]."""
    return np.linspace(0, trained - 1, steps)[::-1]


def leading(trained: int, steps: int, offset: int = 0) -> Timesteps:
    """Multiples of trained // steps from 0 on, each raised by `offset`; ends short of the last."""
    ratio = trained // steps
    return (np.arange(steps, dtype=np.float64) * ratio)[::-1] + offset


def trailing(trained: int, steps: int, last: int | None = None) -> Timesteps:
    """Back from the very last timestep in strides of trained / steps, rounded.

    `last` < trained begins that many timesteps in, which leaves fewer than `steps` of them.
    """
    t = np.arange(trained if last is None else last, 0, -trained / steps).round() - 1
    return t[t >= 0]  # with 61 strides of 1000 / 61 a rounding error is left over, and would be -1


def spaced(spacing: str, trained: int, steps: int, offset: int = 0) -> Timesteps:
    """The timesteps of a spacing by its published name: linspace, leading or trailing."""
    if spacing == "linspace":
        return linspace(trained, steps)
    if spacing == "leading":
        return leading(trained, steps, offset)
    if spacing == "trailing":
        return trailing(trained, steps)
    raise ValueError(f"no timestep spacing is called {spacing!r}")


def spaced_before_zero(
    spacing: str, trained: int, steps: int, offset: int = 0, last: int | None = None
) -> Timesteps:
    """Timesteps for solvers whose final step goes to the clean picture itself.

    linspace and leading place steps + 1 points and leave out the last one, which would be t = 0.
    `last` <= trained limits the range to timesteps below it.
    """
    last = trained if last is None else last
    if spacing == "linspace":
        return linspace(last, steps + 1)[:-1]
    if spacing == "leading":
        return leading(last, steps + 1, offset)[:-1]
    if spacing == "trailing":
        return trailing(trained, steps, last)
    raise ValueError(f"no timestep spacing is called {spacing!r}")
