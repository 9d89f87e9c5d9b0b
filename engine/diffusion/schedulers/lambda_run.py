"""What the runs of solvers share that integrate in lambda = log(alpha / sigma)."""

from __future__ import annotations

import numpy as np
import torch

from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.history import History
from engine.diffusion.schedulers.lambda_scheduler import LambdaScheduler
from engine.diffusion.schedulers.mixed_run import MixedRun
from engine.diffusion.schedulers.prediction import to_noise
from engine.diffusion.schedulers.run import on_device


class LambdaRun(MixedRun[LambdaScheduler]):
    """Step i goes from the i-th of S + 1 levels to the next.

    All is float32, as models were trained and published runs computed.
    """

    def __init__(self, config: LambdaScheduler, plan: StepPlan, device: torch.device | str) -> None:
        t, levels = config.levels(plan)
        self.timesteps = on_device(np.floor(t), torch.int64, config.num_train_timesteps, device)
        self.levels = Levels(levels.astype(np.float32), config.use_flow_sigmas)
        self.alpha = self.levels.alpha.tolist()
        self.sigma = self.levels.sigma.tolist()
        self.config = config
        self.history = History()

    def epsilon(self, i: int, prediction: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """The noise in the sample, that of the bounded picture where thresholding is on."""
        kind, alpha, sigma = self.config.prediction_type, self.alpha[i], self.sigma[i]
        epsilon = to_noise(kind, prediction, x, alpha, sigma)
        if not self.config.thresholding:
            self.x0(i, prediction, x)
            return epsilon
        self.predicted_x0 = self.config.bounded((x - sigma * epsilon) / alpha)
        return (x - alpha * self.predicted_x0) / sigma

    def order(self, i: int) -> int:
        """The order of step `i`, whose own model output the history has already."""
        config, left = self.config, len(self.timesteps) - i
        order = min(config.solver_order, len(self.history.outputs))
        if config.lower_order_final and len(self.timesteps) < config.few_steps:
            order = min(order, left)
        # Only the first order has a limit at sigma = 0, and for a step of no length.
        if (left == 1 and config.ends_clean) or self.levels.length[i] == 0:
            return 1
        return order


class Levels:
    """The S + 1 noise levels of a run: alpha, sigma and lambda, float32 on the CPU."""

    def __init__(self, sigmas: np.ndarray, flow: bool) -> None:
        """`sigmas`: noise per unit of picture, or with `flow` sigma itself, alpha = 1 - sigma."""
        given = torch.from_numpy(sigmas)
        self.alpha = 1 - given if flow else 1 / (given**2 + 1) ** 0.5
        self.sigma = given if flow else given * self.alpha
        self.lam = self.alpha.log() - self.sigma.log()
        self.length: list[float] = (self.lam[1:] - self.lam[:-1]).tolist()
        """How far each step goes in lambda."""
