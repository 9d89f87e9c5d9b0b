"""DDIM: Denoising Diffusion Implicit Models (Song, Meng and Ermon 2021)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from engine.diffusion.schedulers.alpha_run import AlphaRun, at, visited
from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.run import at_least_float32, required
from engine.diffusion.schedulers.thresholding import Clipping, Thresholding


@dataclass(frozen=True, kw_only=True)
class DDIMScheduler(Thresholding, Clipping):
    """Deterministic with eta = 0, DDPM's ancestral sampling with eta = 1."""

    unpublished: ClassVar[frozenset[str]] = frozenset({"eta", "use_clipped_model_output"})

    set_alpha_to_one: bool = True
    """The last step ends at the clean picture; otherwise at the noise level of timestep 0."""
    eta: float = 0.0
    """How much of DDPM's noise each step adds, 0 to 1."""
    use_clipped_model_output: bool = False
    """Where the predicted picture was clipped, step along the noise that belongs to the clipped
    one (Nichol et al. 2021, GLIDE) instead of the noise that the model predicted."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require(0 <= self.eta <= 1, f"eta must be from 0 to 1, got {self.eta}")

    def _run(self, plan: StepPlan, device: torch.device | str) -> DDIMRun:
        return DDIMRun(self, plan, device)


class DDIMRun(AlphaRun):
    """Equation 12 of the paper; its alpha is `alpha_bar` here, tau_{i-1} is `t - T // S`."""

    def __init__(self, config: DDIMScheduler, plan: StepPlan, device: torch.device | str) -> None:
        t = visited(config, plan)
        table = config.alphas_cumprod()
        alpha_bar = table[t]
        super().__init__(config, t, alpha_bar, device)
        end = torch.ones(()) if config.set_alpha_to_one else table[0]
        before = at(table, t - config.num_train_timesteps // plan.count, end)
        # eq. 16: sigma = eta sqrt((1 - a_prev) / (1 - a)) sqrt(1 - a / a_prev)
        variance = (1 - before) / (1 - alpha_bar) * (1 - alpha_bar / before)
        std = config.eta * variance.sqrt()
        self.alpha_before: list[float] = before.sqrt().tolist()
        self.direction: list[float] = (1 - before - std**2).clamp(min=0).sqrt().tolist()
        self.std: list[float] = std.tolist()
        self.needs_noise = config.eta > 0
        self.follows_clipped = config.use_clipped_model_output

    def step(
        self,
        i: int,
        prediction: torch.Tensor,
        sample: torch.Tensor,
        noise: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """x_{t-1} = alpha_{t-1} x_0 + direction pointing to x_t + random noise."""
        x, prediction = at_least_float32(sample), at_least_float32(prediction)
        x0 = self.x0(i, prediction, x)
        if self.follows_clipped:
            epsilon = (x - self.alpha[i] * x0) / self.sigma[i]
        else:
            epsilon = self.epsilon(i, prediction, x)
        x = self.alpha_before[i] * x0 + self.direction[i] * epsilon
        if not self.needs_noise:
            return x
        return x + self.std[i] * required(noise, "DDIM with eta above 0")
