"""What solvers share whose model was trained on a table of betas."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

from engine.diffusion.schedulers import noise_schedule
from engine.diffusion.schedulers.base import Scheduler, StepPlan, listed
from engine.graph.errors import LoomError

BetaSchedule = Literal["linear", "scaled_linear", "sigmoid", "squaredcos_cap_v2", "laplace", "exp"]
PredictionType = Literal["epsilon", "sample", "v_prediction"]
Spacing = Literal["leading", "linspace", "trailing"]


@dataclass(frozen=True, kw_only=True)
class BetaScheduler(Scheduler):
    """The noise schedule of Ho et al. (2020), and which of its timesteps a run visits."""

    beta_start: float = 0.0001
    beta_end: float = 0.02
    beta_schedule: BetaSchedule = "linear"
    trained_betas: tuple[float, ...] | None = None
    """The betas themselves (num_train_timesteps,), in place of the three fields above."""
    prediction_type: PredictionType = "epsilon"
    timestep_spacing: Spacing = "leading"
    steps_offset: int = 0
    """Added to the timesteps of `leading` spacing."""
    rescale_betas_zero_snr: bool = False
    """Leave nothing of the picture at the last timestep (Lin et al. 2023)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require(self.steps_offset >= 0, "steps_offset must not be negative")
        if self.trained_betas is None:
            self._require(
                0 < self.beta_start <= self.beta_end < 1,
                "betas must satisfy 0 < beta_start ≤ beta_end < 1, "
                f"got {self.beta_start} and {self.beta_end}",
            )
        else:
            self._require(
                len(self.trained_betas) == self.num_train_timesteps,
                f"trained_betas has {len(self.trained_betas)} values "
                f"for {self.num_train_timesteps} timesteps",
            )
            self._require(
                all(0 < b < 1 for b in self.trained_betas), "trained_betas must lie between 0 and 1"
            )

    def _check_plan(self, plan: StepPlan) -> None:
        super()._check_plan(plan)
        last = self.num_train_timesteps - 1
        if not all(0 <= t <= last and t == int(t) for t in plan.timesteps or ()):
            raise LoomError(
                f"Timesteps of this model are whole numbers from 0 to {last}, "
                f"and the list has {listed(plan.timesteps or ())}.",
                field="timesteps",
            )

    def betas(self) -> torch.Tensor:
        """The betas (num_train_timesteps,), float32, after `rescale_betas_zero_snr`."""
        return noise_schedule.betas(
            self.beta_schedule,
            self.num_train_timesteps,
            self.beta_start,
            self.beta_end,
            self.trained_betas,
            self.rescale_betas_zero_snr,
        )

    def alphas_cumprod(self) -> torch.Tensor:
        """alpha_bar (num_train_timesteps,), float32: how much of the picture's variance is left."""
        return (1.0 - self.betas()).cumprod(dim=0)

    def bounded(self, x0: torch.Tensor) -> torch.Tensor:
        """The predicted picture (B, C, h, w) within the bounds that the settings put on it."""
        return x0
