"""The state of one run: what the denoise loop talks to."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import numpy.typing as npt
import torch

from engine.graph.errors import LoomError


class SchedulerRun(ABC):
    """One run of a scheduler: S timesteps, and whatever a multistep solver remembers.

    `i` is everywhere an index of `timesteps`, 0 ≤ i < S. Samples, predictions and noise are (B, C,
    h, w) on one device. No method waits for the device: coefficients are plain numbers, tabulated
    when the run starts.
    """

    timesteps: torch.Tensor
    """(S,) what the model is told at each step, noisiest first; int64 or float32."""
    init_noise_sigma: float = 1.0
    """Standard deviation of the noise a run from nothing begins with."""
    needs_noise: bool = False
    """Whether `step` wants fresh unit noise."""
    predicted_x0: torch.Tensor | None = None
    """The clean picture as the last `step` saw it."""

    def scale_input(self, i: int, sample: torch.Tensor) -> torch.Tensor:
        """`sample` as the model expects to see it at step `i`."""
        return sample

    @abstractmethod
    def step(
        self,
        i: int,
        prediction: torch.Tensor,
        sample: torch.Tensor,
        noise: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """The sample after step `i`, from the model's (guided) prediction; at least float32.

        `noise` is unit noise, needed exactly when `needs_noise`.
        """

    @abstractmethod
    def add_noise(self, i: int, sample: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """The clean `sample` noised to the level at which step `i` begins; at least float32."""


def on_device(
    timesteps: npt.NDArray[np.floating],
    dtype: torch.dtype,
    trained: int,
    device: torch.device | str,
) -> torch.Tensor:
    """The timesteps as a tensor, checked to lie within the trained ones."""
    if timesteps.max() > trained - 1:
        raise LoomError(
            f"{len(timesteps)} steps would begin at timestep {timesteps.max():g}, "
            f"and the model knows 0 to {trained - 1}.",
            field="steps",
            remedy="Take fewer steps, or set steps_offset to 0.",
        )
    return torch.from_numpy(timesteps.copy()).to(device=device, dtype=dtype)


def at_least_float32(x: torch.Tensor) -> torch.Tensor:
    """Half precision as float32, others as they are: solvers subtract nearly equal numbers."""
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x
