"""The scheduler of unCLIP priors and decoders: DDPM over few timesteps (Ramesh et al. 2022)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch

from engine.diffusion.schedulers.alpha_run import AlphaRun, at, visited
from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.beta_scheduler import Spacing
from engine.diffusion.schedulers.posterior import Posterior, split_learned
from engine.diffusion.schedulers.run import at_least_float32, required
from engine.diffusion.schedulers.thresholding import Clipping
from engine.graph.errors import LoomError


@dataclass(frozen=True, kw_only=True)
class UnCLIPScheduler(Clipping):
    """Ancestral sampling on the cosine schedule; for image embeddings as well as pictures."""

    unpublished: ClassVar[frozenset[str]] = frozenset(
        {
            "beta_start",
            "beta_end",
            "trained_betas",
            "timestep_spacing",
            "steps_offset",
            "rescale_betas_zero_snr",
        }
    )
    dialect: ClassVar[frozenset[str]] = frozenset({"variance_type"})

    beta_schedule: Literal["squaredcos_cap_v2"] = "squaredcos_cap_v2"
    prediction_type: Literal["epsilon", "sample"] = "epsilon"
    timestep_spacing: Spacing = "linspace"
    variance_type: Literal["fixed_small_log", "learned_range"] = "fixed_small_log"
    """The noise has the posterior's own variance, or one between beta-tilde and beta that the model
    predicts in a second half of its channels."""

    def _run(self, plan: StepPlan, device: torch.device | str) -> UnCLIPRun:
        if plan.count == 1 and self.timestep_spacing == "linspace":
            raise LoomError(
                "UnCLIP's timesteps reach from the last to the first, and one step can't do both.",
                field="steps",
                remedy="Take 2 steps or more.",
            )
        return UnCLIPRun(self, plan, device)


class UnCLIPRun(AlphaRun):
    """As DDPM, except that the last timestep goes to the one before it, whichever that is."""

    needs_noise = True

    def __init__(self, config: UnCLIPScheduler, plan: StepPlan, device: torch.device | str) -> None:
        t = visited(config, plan)
        betas, table = config.betas(), config.alphas_cumprod()
        super().__init__(config, t, table[t], device)
        before = torch.cat([t[1:], t[-1:] - 1])
        alpha_bar_before = at(table, before, torch.ones(()))
        beta = torch.where(before == t - 1, betas[t], 1 - table[t] / alpha_bar_before)
        self.posterior = Posterior(table[t], alpha_bar_before, 1 - beta, beta)
        self.learned = config.variance_type == "learned_range"
        self.noisy: list[bool] = (t > 0).tolist()
        self.std: list[float] = (0.5 * self.posterior.variance.log()).exp().tolist()

    def step(
        self,
        i: int,
        prediction: torch.Tensor,
        sample: torch.Tensor,
        noise: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """A draw from the posterior of the next timestep, the predicted picture taken as x_0.

        With a learned variance `prediction` has twice the sample's channels. Samples may be
        embeddings (B, D) as well.
        """
        x, prediction = at_least_float32(sample), at_least_float32(prediction)
        learned = x
        if self.learned:
            prediction, learned = split_learned(prediction, x)
        mean = self.posterior.mean(i, self.x0(i, prediction, x), x)
        if not self.noisy[i]:
            return mean
        noise = required(noise, "UnCLIP")
        if self.learned:
            return mean + self.posterior.learned_std(i, learned) * noise
        return mean + self.std[i] * noise
