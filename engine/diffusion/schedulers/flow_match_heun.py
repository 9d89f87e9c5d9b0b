"""Heun's method for flow-matching models (Karras et al. 2022, Algorithm 1, on straight paths)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.flow_run import FlowRun
from engine.diffusion.schedulers.flow_scheduler import FlowScheduler, even, shifted
from engine.diffusion.schedulers.run import at_least_float32
from engine.diffusion.schedulers.two_stages import TwoStages, interleaved


@dataclass(frozen=True, kw_only=True)
class FlowMatchHeunDiscreteScheduler(FlowScheduler):
    """Second order, deterministic, two model calls a step."""

    def _run(self, plan: StepPlan, device: torch.device | str) -> FlowMatchHeunRun:
        return FlowMatchHeunRun(self, plan, device)


class FlowMatchHeunRun(TwoStages, FlowRun):
    """An Euler step to sigma_{k+1}, and then the step again with the mean velocity of both ends."""

    def __init__(
        self,
        config: FlowMatchHeunDiscreteScheduler,
        plan: StepPlan,
        device: torch.device | str,
    ) -> None:
        trained = config.num_train_timesteps
        sigmas = shifted(even(trained, plan.count, config.shift), config.shift)
        levels = torch.from_numpy(sigmas.astype(np.float32))
        calls = interleaved(levels, levels[1:])
        super().__init__(calls)
        self.sigmas: list[float] = [*levels.tolist(), 0.0]
        self.timesteps = (calls * trained).to(device)

    def step(
        self,
        i: int,
        prediction: torch.Tensor,
        sample: torch.Tensor,
        noise: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """The first or second half of a step; `noise` is not used."""
        x, v, k = at_least_float32(sample), at_least_float32(prediction), i // 2
        h = self.sigmas[k + 1] - self.sigmas[k]
        self.predicted_x0 = x - self.seen[i] * v
        if i % 2 == 0:
            self.begin(i, x, v)
            return x + h * v
        x, v_start = self.begun(i)
        return x + h * (v_start + v) / 2
