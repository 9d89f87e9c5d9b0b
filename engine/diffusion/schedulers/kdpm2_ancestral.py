"""DPM-Solver-2 in sigma with fresh noise at every step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from engine.diffusion.schedulers.ancestral import down_and_up
from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.kdpm2 import KDPM2Run
from engine.diffusion.schedulers.run import required
from engine.diffusion.schedulers.sigma_scheduler import SigmaScheduler


@dataclass(frozen=True, kw_only=True)
class KDPM2AncestralDiscreteScheduler(SigmaScheduler):
    """Second order, stochastic, two model calls a step."""

    unpublished: ClassVar[frozenset[str]] = frozenset({"rescale_betas_zero_snr"})

    beta_start: float = 0.00085
    beta_end: float = 0.012

    def _run(self, plan: StepPlan, device: torch.device | str) -> KDPM2AncestralRun:
        return KDPM2AncestralRun(self, plan, device)


class KDPM2AncestralRun(KDPM2Run):
    """Steps from sigma_k below sigma_{k+1}, and up to it by noise."""

    needs_noise = True

    def _ends(self, sigmas: torch.Tensor) -> torch.Tensor:
        down, up = down_and_up(sigmas)
        self.up: list[float] = up.tolist()
        return down

    def _middles(self, starts: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
        return super()._middles(ends, starts)  # rounded the other way, as published

    def step(
        self,
        i: int,
        prediction: torch.Tensor,
        sample: torch.Tensor,
        noise: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """To a step's middle without noise, or to its end with noise."""
        x = super().step(i, prediction, sample)
        if i % 2 == 0:
            return x
        return x + self.up[i // 2] * required(noise, "KDPM2 ancestral")
