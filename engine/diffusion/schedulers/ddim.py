"""DDIM: Denoising Diffusion Implicit Models (Song, Meng and Ermon 2021)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import torch

from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.prediction import to_noise, to_x0
from engine.diffusion.schedulers.run import SchedulerRun, at_least_float32, on_device
from engine.diffusion.schedulers.spacing import spaced
from engine.diffusion.schedulers.thresholding import Clipping, Thresholding
from engine.graph.errors import LoomError


@dataclass(frozen=True, kw_only=True)
class DDIMScheduler(Thresholding, Clipping):
    """Deterministic with eta = 0, DDPM's ancestral sampling with eta = 1."""

    unpublished: ClassVar[frozenset[str]] = frozenset({"eta"})

    set_alpha_to_one: bool = True
    """The last step ends at the clean picture; otherwise at the noise level of timestep 0."""
    eta: float = 0.0
    """How much of DDPM's noise each step adds, 0 to 1."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require(0 <= self.eta <= 1, f"eta must be from 0 to 1, got {self.eta}")

    def _run(self, plan: StepPlan, device: torch.device | str) -> DDIMRun:
        return DDIMRun(self, plan.count, device)


class DDIMRun(SchedulerRun):
    """Equation 12 of the paper; its alpha is `alpha_bar` here, tau_{i-1} is `t - T // S`."""

    def __init__(self, config: DDIMScheduler, steps: int, device: torch.device | str) -> None:
        self.config = config
        self.needs_noise = config.eta > 0
        trained = config.num_train_timesteps
        t = spaced(config.timestep_spacing, trained, steps, config.steps_offset).round()
        self.timesteps = on_device(t, torch.int64, trained, device)

        table = config.alphas_cumprod()
        end = torch.ones(()) if config.set_alpha_to_one else table[0]
        now = torch.from_numpy(t.copy()).long()
        before = now - trained // steps
        alpha_bar = table[now]
        alpha_bar_prev = torch.where(before >= 0, table[before.clamp(min=0)], end)
        if config.prediction_type == "epsilon" and bool((alpha_bar == 0).any()):
            raise LoomError(
                "With rescale_betas_zero_snr nothing of the picture is left at the last timestep, "
                "so that predicted noise can't give it back.",
                field="prediction_type",
                remedy="Use a v_prediction model, leading spacing, or no rescale.",
            )
        # eq. 16: sigma = eta sqrt((1 - a_prev) / (1 - a)) sqrt(1 - a / a_prev)
        variance = (1 - alpha_bar_prev) / (1 - alpha_bar) * (1 - alpha_bar / alpha_bar_prev)
        std = config.eta * variance.sqrt()
        self.alpha: list[float] = alpha_bar.sqrt().tolist()
        self.sigma: list[float] = (1 - alpha_bar).sqrt().tolist()
        self.alpha_prev: list[float] = alpha_bar_prev.sqrt().tolist()
        self.direction: list[float] = (1 - alpha_bar_prev - std**2).clamp(min=0).sqrt().tolist()
        self.std: list[float] = std.tolist()

    def step(
        self,
        i: int,
        prediction: torch.Tensor,
        sample: torch.Tensor,
        noise: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """x_{t-1} = alpha_{t-1} x_0 + direction pointing to x_t + random noise."""
        x, prediction = at_least_float32(sample), at_least_float32(prediction)
        kind, alpha, sigma = self.config.prediction_type, self.alpha[i], self.sigma[i]
        x0 = self.config.bounded(to_x0(kind, prediction, x, alpha, sigma))
        epsilon = to_noise(kind, prediction, x, alpha, sigma)
        self.predicted_x0 = x0
        x = self.alpha_prev[i] * x0 + self.direction[i] * epsilon
        if not self.needs_noise:
            return x
        if noise is None:
            raise LoomError(
                "DDIM with eta above 0 adds noise at every step, and none was given.",
                remedy="Connect a noise seed, or set eta to 0.",
            )
        return x + self.std[i] * noise

    def add_noise(self, i: int, sample: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """sqrt(alpha_bar_t) x_0 + sqrt(1 - alpha_bar_t) noise."""
        return self.alpha[i] * at_least_float32(sample) + self.sigma[i] * noise
