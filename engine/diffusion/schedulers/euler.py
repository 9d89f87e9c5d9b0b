"""Euler's method in sigma: Algorithm 2 of Karras et al. (2022) without churn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch

from engine.diffusion.schedulers import sigma_tables
from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.run import SchedulerRun, at_least_float32, on_device
from engine.diffusion.schedulers.sigma_scheduler import FinalSigma, SigmaScheduler
from engine.diffusion.schedulers.spacing import spaced
from engine.graph.errors import LoomError


@dataclass(frozen=True, kw_only=True)
class EulerDiscreteScheduler(SigmaScheduler):
    """First order, one model call a step; samples are x_0 + sigma noise.

    A list of sigmas given to `start` includes the level at which the last step ends, mostly 0.
    """

    takes: ClassVar[tuple[str, ...]] = ("timesteps", "sigmas")

    interpolation_type: Literal["linear", "log_linear"] = "linear"
    """Plain sigmas interpolated at the timesteps, or even in log sigma over all trained ones."""
    sigma_min: float | None = None
    """Ends of the Karras, exponential and beta tables, where they differ from the plain table's."""
    sigma_max: float | None = None
    final_sigmas_type: FinalSigma = "zero"
    timestep_type: Literal["discrete", "continuous"] = "discrete"
    """Continuous: the model is told log(sigma) / 4 (the paper's table 1), not the timestep."""

    def __post_init__(self) -> None:
        super().__post_init__()
        low, high = self.sigma_min, self.sigma_max
        self._require(low is None or low > 0, "sigma_min must be above 0")
        self._require(
            low is None or high is None or low < high, "sigma_min must be below sigma_max"
        )
        self._require(
            self.timestep_type == "discrete" or self.prediction_type == "v_prediction",
            "continuous timesteps are for v_prediction models, and this one predicts "
            + self.prediction_type,
        )

    def _check_plan(self, plan: StepPlan) -> None:
        super()._check_plan(plan)
        if plan.sigmas is not None and len(plan.sigmas) < 2:
            raise LoomError(
                "A run from sigma to sigma needs at least two of them.",
                field="sigmas",
                remedy="End the list with 0, the clean picture.",
            )
        if plan.timesteps is not None and (
            self.timestep_type == "continuous" or self.interpolation_type == "log_linear"
        ):
            setting = (
                "timestep_type" if self.timestep_type == "continuous" else "interpolation_type"
            )
            raise LoomError(
                f"With {setting}={getattr(self, setting)!r} the noise levels don't belong to "
                "whole timesteps, so that a list of those can't be followed.",
                field="timesteps",
                remedy="Give sigmas, or a number of steps.",
            )

    def _run(self, plan: StepPlan, device: torch.device | str) -> EulerRun:
        return EulerRun(self, plan, device)


class EulerRun(SchedulerRun):
    """Euler steps from sigma_i to sigma_{i+1}."""

    def __init__(
        self, config: EulerDiscreteScheduler, plan: StepPlan, device: torch.device | str
    ) -> None:
        self.prediction_type = config.prediction_type
        trained = sigma_tables.trained_sigmas(config.alphas_cumprod())
        t, sigmas = _levels(config, plan, trained)
        self.sigmas: list[float] = sigmas.tolist()
        # float32, as published runs computed it: at sigma = 4096 the rounding shows
        sigma = torch.from_numpy(sigmas)
        variance = sigma**2 + 1
        self.variance: list[float] = variance.tolist()
        self.scale: list[float] = (variance**0.5).tolist()
        self.c_out: list[float] = (-sigma / variance**0.5).tolist()
        if config.timestep_type == "continuous":
            self.timesteps = (0.25 * sigma[:-1].log()).to(device)
        else:
            self.timesteps = on_device(t, torch.float32, len(trained), device)
        largest = max(self.sigmas)
        self.init_noise_sigma = (
            (largest**2 + 1) ** 0.5 if config.timestep_spacing == "leading" else largest
        )

    def scale_input(self, i: int, sample: torch.Tensor) -> torch.Tensor:
        """x / sqrt(sigma^2 + 1), of unit variance."""
        return sample / self.scale[i]

    def step(
        self,
        i: int,
        prediction: torch.Tensor,
        sample: torch.Tensor,
        noise: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """One Euler step; `noise` is not used."""
        x = at_least_float32(sample)
        sigma, sigma_next = self.sigmas[i], self.sigmas[i + 1]
        denoised = self.denoised(i, at_least_float32(prediction), x)
        self.predicted_x0 = denoised
        d = (x - denoised) / sigma
        return x + d * (sigma_next - sigma)

    def add_noise(self, i: int, sample: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """x_0 + sigma noise."""
        return at_least_float32(sample) + noise * self.sigmas[i]

    def denoised(self, i: int, prediction: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """D(x; sigma_i), the clean picture, for x = x_0 + sigma noise."""
        if self.prediction_type == "epsilon":
            return x - self.sigmas[i] * prediction
        if self.prediction_type == "sample":
            return prediction
        return self.c_out[i] * prediction + x / self.variance[i]  # x / (sigma^2 + 1) is c_skip x


def _levels(
    config: EulerDiscreteScheduler, plan: StepPlan, trained: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """The timesteps (S,) of a run and the S + 1 sigmas it walks through."""
    if plan.sigmas is not None:
        sigmas = np.array(plan.sigmas, np.float32)
        return sigma_tables.timesteps_of(sigmas[:-1], trained).astype(np.float32), sigmas
    steps = plan.count
    if plan.timesteps is not None:
        t = np.array(plan.timesteps, np.float32)
    else:
        t = spaced(config.timestep_spacing, len(trained), steps, config.steps_offset)
        t = t.astype(np.float32)
    if config.interpolation_type == "linear":
        sigmas = sigma_tables.plain(t, trained)
    else:
        high, low = np.log(trained[-1]).item(), np.log(trained[0]).item()
        # one level more than steps, as published: the last step ends at the smallest, not at 0
        sigmas = torch.linspace(high, low, steps + 1).exp().numpy()
    if config.sigma_table != "plain":
        largest = sigmas[0].item() if config.sigma_max is None else config.sigma_max
        smallest = sigmas[-1].item() if config.sigma_min is None else config.sigma_min
        sigmas = sigma_tables.spread(config.sigma_table, largest, smallest, steps)
        t = sigma_tables.timesteps_of(sigmas, trained).astype(np.float32)
    end = trained[0] if config.final_sigmas_type == "sigma_min" else 0.0
    return t, np.append(sigmas, end).astype(np.float32)
