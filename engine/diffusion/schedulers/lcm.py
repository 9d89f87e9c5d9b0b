"""Multistep sampling of latent consistency models (Luo et al. 2023; Song et al. 2023, alg. 1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

from engine.diffusion.schedulers.alpha_run import AlphaRun, visited
from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.beta_scheduler import BetaSchedule
from engine.diffusion.schedulers.run import at_least_float32, required
from engine.diffusion.schedulers.thresholding import Clipping, Thresholding
from engine.graph.errors import LoomError

SIGMA_DATA = 0.5
"""The deviation of the data, as Karras et al. (2022) assume it."""


@dataclass(frozen=True, kw_only=True)
class LCMScheduler(Thresholding, Clipping):
    """1 to 8 steps: jump to the clean picture, noise it again a little less, and repeat.

    The timesteps are among those of the distillation: `timestep_spacing` and `steps_offset` are
    part of the published configuration and change nothing.
    """

    takes: ClassVar[tuple[str, ...]] = ("timesteps",)

    beta_start: float = 0.00085
    beta_end: float = 0.012
    beta_schedule: BetaSchedule = "scaled_linear"
    clip_sample: bool = False
    set_alpha_to_one: bool = True
    """Published, and without effect: the last step ends at the picture that the model gives."""
    original_inference_steps: int = 50
    """Over how many steps the model was distilled; a run visits some of these."""
    timestep_scaling: float = 10.0
    """How fast the model's output takes over from its input as timesteps rise."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require(
            self.original_inference_steps >= 1, "original_inference_steps must be at least 1"
        )
        self._require(self.timestep_scaling > 0, "timestep_scaling must be above 0")

    def _run(self, plan: StepPlan, device: torch.device | str) -> LCMRun:
        return LCMRun(self, plan, device)


class LCMRun(AlphaRun):
    """The consistency function f(x, t) = c_skip(t) x + c_out(t) x_0(x, t), with f(x, 0) = x."""

    needs_noise = True

    def __init__(self, config: LCMScheduler, plan: StepPlan, device: torch.device | str) -> None:
        t = _visited(config, plan)
        alpha_bar = config.alphas_cumprod()[t]
        super().__init__(config, t, alpha_bar, device)
        scaled = t * config.timestep_scaling
        self.c_skip: list[float] = (SIGMA_DATA**2 / (scaled**2 + SIGMA_DATA**2)).tolist()
        self.c_out: list[float] = (scaled / (scaled**2 + SIGMA_DATA**2) ** 0.5).tolist()

    def step(
        self,
        i: int,
        prediction: torch.Tensor,
        sample: torch.Tensor,
        noise: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """f(x, t), with fresh noise of the next timestep's level except after the last."""
        x, prediction = at_least_float32(sample), at_least_float32(prediction)
        clean = self.c_out[i] * self.x0(i, prediction, x) + self.c_skip[i] * x
        self.predicted_x0 = clean
        if i + 1 == len(self.alpha):
            return clean
        return self.alpha[i + 1] * clean + self.sigma[i + 1] * required(noise, "LCM")


def _visited(config: LCMScheduler, plan: StepPlan) -> torch.Tensor:
    """The timesteps asked for, or as many of the distillation's, evenly from the noisiest on."""
    if plan.timesteps is not None:
        return visited(config, plan)
    trained, original = config.num_train_timesteps, config.original_inference_steps
    if original > trained:
        raise LoomError(
            f"The model can't have been distilled over {original} steps: it was trained with "
            f"{trained} timesteps.",
            field="original_inference_steps",
        )
    if plan.count > original:
        raise LoomError(
            f"LCM can't take {plan.count} steps; the model was distilled over {original}.",
            field="steps",
            remedy=f"Ask for 1 to {original}; 1 to 8 are usual.",
        )
    distilled = torch.arange(original, 0, -1) * (trained // original) - 1
    return distilled[np.linspace(0, original, plan.count, endpoint=False).astype(int)]
