"""Heun's method in sigma: Algorithm 1 of Karras et al. (2022)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.run import at_least_float32, on_device
from engine.diffusion.schedulers.sigma_run import SigmaRun, levels
from engine.diffusion.schedulers.sigma_scheduler import SigmaScheduler
from engine.diffusion.schedulers.thresholding import Clipping
from engine.diffusion.schedulers.two_stages import TwoStages, interleaved


@dataclass(frozen=True, kw_only=True)
class HeunDiscreteScheduler(SigmaScheduler, Clipping):
    """Second order, deterministic, two model calls a step."""

    unpublished: ClassVar[frozenset[str]] = frozenset({"rescale_betas_zero_snr"})
    takes: ClassVar[tuple[str, ...]] = ("timesteps",)

    beta_start: float = 0.00085
    beta_end: float = 0.012
    clip_sample: bool = False

    def _run(self, plan: StepPlan, device: torch.device | str) -> HeunRun:
        return HeunRun(self, plan, device)


class HeunRun(TwoStages, SigmaRun):
    """An Euler step to sigma_{k+1}, and then the step again with the mean slope of both ends."""

    def __init__(
        self, config: HeunDiscreteScheduler, plan: StepPlan, device: torch.device | str
    ) -> None:
        t, sigmas = levels(config, plan)
        super().__init__(config, interleaved(sigmas[:-1], sigmas[1:-1]))
        self.h: list[float] = sigmas.diff().tolist()
        times = on_device(t, torch.float32, config.num_train_timesteps, device)
        self.timesteps = interleaved(times, times[1:])

    def step(
        self,
        i: int,
        prediction: torch.Tensor,
        sample: torch.Tensor,
        noise: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """The first or second half of a step; `noise` is not used."""
        x, h = at_least_float32(sample), self.h[i // 2]
        d = (x - self.denoised(i, prediction, x)) / self.seen[i]
        if i % 2 == 0:
            self.begin(i, x, d)
            return x + d * h
        x, d_start = self.begun(i)
        return x + (d_start + d) / 2 * h
