"""DPM-Solver-2 (Lu et al. 2022, "DPM-Solver", Algorithm 1), in sigma as Karras et al. (2022)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

from engine.diffusion.schedulers import sigma_tables
from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.run import at_least_float32, on_device
from engine.diffusion.schedulers.sigma_run import SigmaRun, levels
from engine.diffusion.schedulers.sigma_scheduler import SigmaScheduler
from engine.diffusion.schedulers.two_stages import TwoStages, interleaved


@dataclass(frozen=True, kw_only=True)
class KDPM2DiscreteScheduler(SigmaScheduler):
    """Second order, deterministic, two model calls a step."""

    unpublished: ClassVar[frozenset[str]] = frozenset({"rescale_betas_zero_snr"})

    beta_start: float = 0.00085
    beta_end: float = 0.012

    def _run(self, plan: StepPlan, device: torch.device | str) -> KDPM2Run:
        return KDPM2Run(self, plan, device)


class KDPM2Run(TwoStages, SigmaRun):
    """A step with the slope at its middle, which is in log sigma: at the geometric mean."""

    def __init__(self, config: SigmaScheduler, plan: StepPlan, device: torch.device | str) -> None:
        t, sigmas = levels(config, plan)
        if config.sigma_table == "karras":
            t = t.round()
        ends = self._ends(sigmas)
        middles = self._middles(sigmas[:-2], ends[:-1])
        super().__init__(config, interleaved(sigmas[:-1], middles))
        # from each step's start to its end, and to its middle; the last goes straight to its end
        self.h: list[float] = (ends - sigmas[:-1]).tolist()
        self.h_middle: list[float] = [*(middles - sigmas[:-2]).tolist(), self.h[-1]]
        trained = sigma_tables.trained_sigmas(config.alphas_cumprod())
        t_middles = sigma_tables.timesteps_of(middles.numpy(), trained)
        calls = interleaved(torch.from_numpy(t.astype(np.float64)), torch.from_numpy(t_middles))
        self.timesteps = on_device(calls.numpy(), torch.float32, len(trained), device)

    def _ends(self, sigmas: torch.Tensor) -> torch.Tensor:
        """Where each step ends, (S,), from the S + 1 levels of the run."""
        return sigmas[1:]

    def _middles(self, starts: torch.Tensor, ends: torch.Tensor) -> torch.Tensor:
        """The geometric means of starts and ends (S - 1,)."""
        return torch.lerp(ends.log(), starts.log(), 0.5).exp()

    def step(
        self,
        i: int,
        prediction: torch.Tensor,
        sample: torch.Tensor,
        noise: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """From a step's start to its middle, or from the start to the end; `noise` is not used."""
        x, k = at_least_float32(sample), i // 2
        d = (x - self.denoised(i, prediction, x)) / self.seen[i]
        if i % 2 == 0:
            self.begin(i, x, d)
            return x + d * self.h_middle[k]
        x, _ = self.begun(i)
        return x + d * self.h[k]
