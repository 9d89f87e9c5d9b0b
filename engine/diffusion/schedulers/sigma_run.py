"""What the runs of solvers share whose samples are x = x_0 + sigma noise (Karras et al. 2022)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from engine.diffusion.schedulers import sigma_tables
from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.run import SchedulerRun, at_least_float32
from engine.diffusion.schedulers.sigma_scheduler import PlainSigmaScheduler
from engine.diffusion.schedulers.spacing import spaced


class SigmaRun(SchedulerRun):
    """Tables with one entry a model call: the noise level that the model sees there."""

    def __init__(self, config: PlainSigmaScheduler, seen: torch.Tensor) -> None:
        """`seen`: the sigma of the sample at every model call, (S,) float32 on the CPU."""
        self.config = config
        # float32, as published runs computed it: at sigma = 4096 the rounding shows
        variance = seen**2 + 1
        self.seen: list[float] = seen.tolist()
        self.variance: list[float] = variance.tolist()
        self.scale: list[float] = (variance**0.5).tolist()
        self.c_out: list[float] = (-seen / variance**0.5).tolist()
        leading = config.timestep_spacing == "leading"
        self.init_noise_sigma = max(self.scale) if leading else max(self.seen)

    def scale_input(self, i: int, sample: torch.Tensor) -> torch.Tensor:
        """x / sqrt(sigma^2 + 1), of unit variance."""
        return sample / self.scale[i]

    def add_noise(self, i: int, sample: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """x_0 + sigma noise."""
        return at_least_float32(sample) + noise * self.seen[i]

    def denoised(self, i: int, prediction: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """D(x; sigma_i), the clean picture within the bounds of the configuration, float32."""
        prediction, kind = at_least_float32(prediction), self.config.prediction_type
        if kind == "epsilon":
            x0 = x - self.seen[i] * prediction
        elif kind == "sample":
            x0 = prediction
        else:  # x / (sigma^2 + 1) is c_skip x
            x0 = self.c_out[i] * prediction + x / self.variance[i]
        self.predicted_x0 = self.config.bounded(x0)
        return self.predicted_x0


def levels(
    config: PlainSigmaScheduler, plan: StepPlan
) -> tuple[npt.NDArray[np.floating], torch.Tensor]:
    """The timesteps (S,) of a run, and the S + 1 sigmas, float32, that it walks through to 0."""
    trained = sigma_tables.trained_sigmas(config.alphas_cumprod())
    t: npt.NDArray[np.floating] = visited(config, plan)
    sigmas = sigma_tables.plain(t, trained)
    if config.sigma_table != "plain":
        ends = sigmas[0].item(), sigmas[-1].item()
        sigmas = sigma_tables.spread(config.sigma_table, *ends, plan.count)
        t = sigma_tables.timesteps_of(sigmas, trained)
    return t, torch.from_numpy(np.append(sigmas, 0.0).astype(np.float32))


def visited(config: PlainSigmaScheduler, plan: StepPlan) -> npt.NDArray[np.float32]:
    """The timesteps asked for, or those of the configuration's spacing."""
    if plan.timesteps is not None:
        return np.array(plan.timesteps, np.float32)
    t = spaced(config.timestep_spacing, config.num_train_timesteps, plan.count, config.steps_offset)
    return t.astype(np.float32)
