"""Euler's method in sigma: Algorithm 2 of Karras et al. (2022) without churn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch

from engine.diffusion.schedulers import sigma_tables
from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.run import at_least_float32, on_device
from engine.diffusion.schedulers.sigma_run import SigmaRun, visited
from engine.diffusion.schedulers.sigma_scheduler import FinalSigma, SigmaScheduler
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


class EulerRun(SigmaRun):
    """Euler steps from sigma_i to sigma_{i+1}."""

    def __init__(
        self, config: EulerDiscreteScheduler, plan: StepPlan, device: torch.device | str
    ) -> None:
        t, sigmas = _levels(config, plan)
        super().__init__(config, sigmas[:-1])
        self.sigmas: list[float] = sigmas.tolist()
        if config.timestep_type == "continuous":
            self.timesteps = (0.25 * sigmas[:-1].log()).to(device)
        else:
            self.timesteps = on_device(t, torch.float32, config.num_train_timesteps, device)

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
        d = (x - self.denoised(i, prediction, x)) / sigma
        return x + d * (sigma_next - sigma)


def _levels(
    config: EulerDiscreteScheduler, plan: StepPlan
) -> tuple[npt.NDArray[np.floating], torch.Tensor]:
    """The timesteps (S,) of a run and the S + 1 sigmas, float32, that it walks through."""
    trained = sigma_tables.trained_sigmas(config.alphas_cumprod())
    if plan.sigmas is not None:
        sigmas = np.array(plan.sigmas, np.float32)
        t = sigma_tables.timesteps_of(sigmas[:-1].astype(np.float64), trained)
        return t, torch.from_numpy(sigmas)
    t = visited(config, plan)
    if config.interpolation_type == "linear":
        sigmas = sigma_tables.plain(t, trained)
    else:
        high, low = np.log(trained[-1]).item(), np.log(trained[0]).item()
        # one level more than steps, as published: the last step ends at the smallest, not at 0
        sigmas = torch.linspace(high, low, plan.count + 1).exp().numpy()
    if config.sigma_table != "plain":
        largest = sigmas[0].item() if config.sigma_max is None else config.sigma_max
        smallest = sigmas[-1].item() if config.sigma_min is None else config.sigma_min
        sigmas = sigma_tables.spread(config.sigma_table, largest, smallest, plan.count)
        t = sigma_tables.timesteps_of(sigmas, trained)
    end = trained[0] if config.final_sigmas_type == "sigma_min" else 0.0
    return t, torch.from_numpy(np.append(sigmas, end).astype(np.float32))
