"""DDIM inversion: from a picture back to the noise that DDIM would have made it of.

Song, Meng and Ermon (2021), section 4.3, as used by Mokady et al. (2022) and DiffEdit (Couairon et
al. 2022).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

from engine.diffusion.schedulers.alpha_run import AlphaRun, at, visited
from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.run import at_least_float32
from engine.diffusion.schedulers.thresholding import Clipping
from engine.graph.errors import LoomError


@dataclass(frozen=True, kw_only=True)
class DDIMInverseScheduler(Clipping):
    """Begins with a clean picture: the timesteps rise, and nothing random is added."""

    timestep_spacing: Literal["leading", "trailing"] = "leading"
    set_alpha_to_one: bool = True
    """The first step begins at the clean picture; otherwise at the noise level of timestep 0."""

    def _run(self, plan: StepPlan, device: torch.device | str) -> DDIMInverseRun:
        return DDIMInverseRun(self, plan, device)


class DDIMInverseRun(AlphaRun):
    """DDIM's equation backwards: the model is told the timestep that the step goes to."""

    def __init__(
        self, config: DDIMInverseScheduler, plan: StepPlan, device: torch.device | str
    ) -> None:
        t = visited(config, plan).flip(0)
        table = config.alphas_cumprod()
        begin = torch.ones(()) if config.set_alpha_to_one else table[0]
        now = at(table, t - config.num_train_timesteps // plan.count, begin)
        if config.prediction_type == "sample" and bool((now == 1).any()):
            raise LoomError(
                "In a clean picture there is no noise to find, and a model that predicts the "
                "picture can't tell which to add.",
                field="set_alpha_to_one",
                remedy="Turn set_alpha_to_one off.",
            )
        super().__init__(config, t, now, device)
        self.alpha_after: list[float] = table[t].sqrt().tolist()
        self.sigma_after: list[float] = (1 - table[t]).sqrt().tolist()

    def step(
        self,
        i: int,
        prediction: torch.Tensor,
        sample: torch.Tensor,
        noise: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """x_t = alpha_t x_0 + sigma_t times the predicted noise; `noise` is not used."""
        x, prediction = at_least_float32(sample), at_least_float32(prediction)
        x0 = self.x0(i, prediction, x)
        return self.alpha_after[i] * x0 + self.sigma_after[i] * self.epsilon(i, prediction, x)
