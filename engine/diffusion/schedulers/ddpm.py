"""DDPM: ancestral sampling of Denoising Diffusion Probabilistic Models (Ho et al. 2020)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch

from engine.diffusion.schedulers.alpha_run import AlphaRun, visited
from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.posterior import Posterior, split_learned
from engine.diffusion.schedulers.run import at_least_float32, required
from engine.diffusion.schedulers.thresholding import Clipping, Thresholding
from engine.graph.errors import LoomError

VarianceType = Literal[
    "fixed_small", "fixed_small_log", "fixed_large", "fixed_large_log", "learned", "learned_range"
]


@dataclass(frozen=True, kw_only=True)
class DDPMScheduler(Thresholding, Clipping):
    """Adds noise at every step but one that begins at timestep 0; wants many steps."""

    dialect: ClassVar[frozenset[str]] = frozenset({"variance_type"})
    takes: ClassVar[tuple[str, ...]] = ("timesteps",)

    variance_type: VarianceType = "fixed_small"
    """Which variance the noise has: beta-tilde ("small") or beta ("large") of the paper, or what
    the model says in a second half of its channels: the variance itself ("learned") or its place
    between those two bounds ("learned_range", Nichol and Dhariwal 2021)."""

    def _run(self, plan: StepPlan, device: torch.device | str) -> DDPMRun:
        if self.variance_type == "fixed_large_log":
            raise LoomError(
                "variance_type='fixed_large_log' is the root of a negative number in the published "
                "scheduler, so that there is no run to follow.",
                field="variance_type",
                remedy="Use fixed_large, which is meant.",
            )
        return DDPMRun(self, plan, device)


class DDPMRun(AlphaRun):
    """Algorithm 2 of the paper, from each timestep of the run to the next."""

    needs_noise = True

    def __init__(self, config: DDPMScheduler, plan: StepPlan, device: torch.device | str) -> None:
        t = visited(config, plan)
        alpha_bar = config.alphas_cumprod()[t]
        super().__init__(config, t, alpha_bar, device)
        before = torch.cat([alpha_bar[1:], torch.ones(1)])
        alpha = alpha_bar / before
        self.posterior = Posterior(alpha_bar, before, alpha, 1 - alpha)
        self.variance_type = config.variance_type
        self.noisy: list[bool] = (t > 0).tolist()
        large = config.variance_type == "fixed_large"
        variance = self.posterior.beta if large else self.posterior.variance
        self.std: list[float] = variance.sqrt().tolist()

    def step(
        self,
        i: int,
        prediction: torch.Tensor,
        sample: torch.Tensor,
        noise: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """A draw from the posterior of the next timestep, the predicted picture taken as x_0.

        With a learned variance `prediction` is (B, 2C, h, w).
        """
        x, prediction = at_least_float32(sample), at_least_float32(prediction)
        learned = x
        if self.variance_type in ("learned", "learned_range"):
            prediction, learned = split_learned(prediction, x)
        mean = self.posterior.mean(i, self.x0(i, prediction, x), x)
        if not self.noisy[i]:
            return mean
        noise = required(noise, "DDPM")
        if self.variance_type == "learned":
            return mean + learned.sqrt() * noise
        if self.variance_type == "learned_range":
            return mean + self.posterior.learned_std(i, learned) * noise
        return mean + self.std[i] * noise
