"""The state of one run: what the denoise loop talks to."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from copy import copy
from typing import Self

import numpy as np
import numpy.typing as npt
import torch

from engine.graph.errors import LoomError


class SchedulerRun(ABC):
    """One run of a scheduler: S timesteps, and whatever a multistep solver remembers.

    `i` is everywhere an index of `timesteps`, 0 ≤ i < S: one entry a model call, of which some
    solvers make several a step (`starts` says where steps begin). Samples, predictions and noise
    are (B, C, h, w) on one device. No method waits for the device: coefficients are plain numbers,
    tabulated when the run starts.
    """

    timesteps: torch.Tensor
    """(S,) what the model is told at each call, noisiest first; int64 or float32."""
    init_noise_sigma: float = 1.0
    """Standard deviation of the noise a run from nothing begins with."""
    needs_noise: bool = False
    """Whether `step` wants fresh unit noise."""
    predicted_x0: torch.Tensor | None = None
    """The clean picture as the last `step` saw it."""

    @property
    def starts(self) -> Sequence[int]:
        """The indices at which a fresh step begins, rising, the first of them 0.

        A run may be begun and cut there, and after the last index, only: between them the sample is
        an inner stage of a step, and the run remembers the rest.
        """
        return range(len(self.timesteps))

    def copy(self) -> Self:
        """The run as it stands: steps of one leave the other alone. Tensors are shared."""
        other = copy(self)
        for name, value in vars(self).items():
            if isinstance(value, list | dict):
                setattr(other, name, copy(value))
        return other

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


def required(noise: torch.Tensor | None, solver: str) -> torch.Tensor:
    """The fresh noise of a step that adds some; LoomError when there is none."""
    if noise is None:
        raise LoomError(
            f"{solver} adds noise at every step, and none was given.",
            field="noise",
            remedy="Connect a noise seed, or choose a solver without noise.",
        )
    return noise
