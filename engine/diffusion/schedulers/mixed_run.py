"""What the runs of solvers share whose samples are alpha x_0 + sigma noise."""

from __future__ import annotations

from typing import Generic, TypeVar

import torch

from engine.diffusion.schedulers.beta_scheduler import BetaScheduler
from engine.diffusion.schedulers.prediction import to_x0
from engine.diffusion.schedulers.run import SchedulerRun, at_least_float32

C = TypeVar("C", bound=BetaScheduler)


class MixedRun(SchedulerRun, Generic[C]):
    """`alpha[i]` and `sigma[i]` are those of the sample that the model sees in call `i`."""

    config: C
    alpha: list[float]
    sigma: list[float]

    def add_noise(self, i: int, sample: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """alpha x_0 + sigma noise."""
        return self.alpha[i] * at_least_float32(sample) + self.sigma[i] * noise

    def x0(self, i: int, prediction: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """The clean picture within the bounds of the configuration; kept as `predicted_x0`."""
        kind = self.config.prediction_type
        x0 = self.config.bounded(to_x0(kind, prediction, x, self.alpha[i], self.sigma[i]))
        self.predicted_x0 = x0
        return x0
