"""What the runs of solvers share that walk the trained timesteps.

Their samples are x = sqrt(alpha_bar) x_0 + sqrt(1 - alpha_bar) noise (Ho et al. 2020, eq. 4).
"""

from __future__ import annotations

import torch

from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.beta_scheduler import BetaScheduler
from engine.diffusion.schedulers.mixed_run import MixedRun
from engine.diffusion.schedulers.prediction import to_noise
from engine.diffusion.schedulers.run import on_device
from engine.diffusion.schedulers.spacing import spaced
from engine.graph.errors import LoomError


class AlphaRun(MixedRun[BetaScheduler]):
    """Tables with one entry a model call: the noise level of the sample that the model sees."""

    def __init__(
        self,
        config: BetaScheduler,
        timesteps: torch.Tensor,
        alpha_bar: torch.Tensor,
        device: torch.device | str,
    ) -> None:
        """`timesteps` (S,) is what the model is told, `alpha_bar` (S,) the level it sees then."""
        self.timesteps = timesteps.to(device)
        if config.prediction_type == "epsilon" and bool((alpha_bar == 0).any()):
            raise LoomError(
                "With rescale_betas_zero_snr nothing of the picture is left at the last timestep, "
                "so that predicted noise can't give it back.",
                field="prediction_type",
                remedy="Use a v_prediction model, leading spacing, or no rescale.",
            )
        self.config = config
        self.alpha = alpha_bar.sqrt().tolist()
        self.sigma = (1 - alpha_bar).sqrt().tolist()

    def epsilon(self, i: int, prediction: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """The noise in the sample, as the model predicts it."""
        kind = self.config.prediction_type
        return to_noise(kind, prediction, x, self.alpha[i], self.sigma[i])


def visited(config: BetaScheduler, plan: StepPlan) -> torch.Tensor:
    """The timesteps (S,), int64, asked for, or those of the configuration's spacing."""
    if plan.timesteps is not None:
        return torch.tensor(plan.timesteps).long()
    trained, offset = config.num_train_timesteps, config.steps_offset
    t = spaced(config.timestep_spacing, trained, plan.count, offset).round()
    return on_device(t, torch.int64, trained, "cpu")


def at(table: torch.Tensor, timesteps: torch.Tensor, before_first: torch.Tensor) -> torch.Tensor:
    """`table` (T,) at `timesteps` (S,), int64; `before_first` (a number) at those below 0."""
    return torch.where(timesteps >= 0, table[timesteps.clamp(min=0)], before_first)
