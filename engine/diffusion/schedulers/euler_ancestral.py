"""Euler's method in sigma with fresh noise at every step, as DDPM samples."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from engine.diffusion.schedulers.ancestral import down_and_up
from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.run import at_least_float32, on_device, required
from engine.diffusion.schedulers.sigma_run import SigmaRun, levels
from engine.diffusion.schedulers.sigma_scheduler import PlainSigmaScheduler


@dataclass(frozen=True, kw_only=True)
class EulerAncestralDiscreteScheduler(PlainSigmaScheduler):
    """First order, stochastic, one model call a step."""

    def _run(self, plan: StepPlan, device: torch.device | str) -> EulerAncestralRun:
        return EulerAncestralRun(self, plan, device)


class EulerAncestralRun(SigmaRun):
    """Euler steps from sigma_i below sigma_{i+1}, and up to it by noise."""

    needs_noise = True

    def __init__(
        self, config: EulerAncestralDiscreteScheduler, plan: StepPlan, device: torch.device | str
    ) -> None:
        t, sigmas = levels(config, plan)
        super().__init__(config, sigmas[:-1])
        down, up = down_and_up(sigmas)
        self.h: list[float] = (down - sigmas[:-1]).tolist()
        self.up: list[float] = up.tolist()
        self.timesteps = on_device(t, torch.float32, config.num_train_timesteps, device)

    def step(
        self,
        i: int,
        prediction: torch.Tensor,
        sample: torch.Tensor,
        noise: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """One Euler step, and noise."""
        x = at_least_float32(sample)
        d = (x - self.denoised(i, prediction, x)) / self.seen[i]
        return x + d * self.h[i] + self.up[i] * required(noise, "Euler ancestral")
