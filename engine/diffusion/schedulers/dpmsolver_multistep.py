"""DPM-Solver++ multistep, first and second order (Lu et al. 2022, "DPM-Solver++", Algorithm 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import torch

from engine.diffusion.schedulers import sigma_tables
from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.prediction import to_x0
from engine.diffusion.schedulers.run import SchedulerRun, at_least_float32, on_device
from engine.diffusion.schedulers.sigma_scheduler import FinalSigma, SigmaScheduler
from engine.diffusion.schedulers.spacing import spaced_before_zero
from engine.diffusion.schedulers.thresholding import Thresholding
from engine.graph.errors import LoomError

FEW_STEPS = 15
"""Below this many steps `lower_order_final` takes effect."""


@dataclass(frozen=True, kw_only=True)
class DPMSolverMultistepScheduler(SigmaScheduler, Thresholding):
    """Deterministic; one model call a step, the second order from remembering the one before."""

    only: ClassVar[Mapping[str, Any]] = {
        "algorithm_type": "dpmsolver++",
        "use_lu_lambdas": False,
        "use_flow_sigmas": False,
        "use_dynamic_shifting": False,
        "variance_type": None,
    }
    takes: ClassVar[tuple[str, ...]] = ("timesteps",)

    solver_order: int = 2
    solver_type: Literal["midpoint", "heun"] = "midpoint"
    """How the second order is reached; midpoint is the paper's 2M."""
    lower_order_final: bool = True
    """Take the last step in first order when there are fewer than 15."""
    euler_at_final: bool = False
    """Take the last step in first order always."""
    lambda_min_clipped: float = -float("inf")
    """Leave out timesteps whose log-SNR lambda is below this; for the cosine schedule, -5.1."""
    final_sigmas_type: FinalSigma = "zero"

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require(
            self.solver_order in (1, 2), f"solver_order must be 1 or 2, got {self.solver_order}"
        )

    def _run(self, plan: StepPlan, device: torch.device | str) -> DPMSolverMultistepRun:
        return DPMSolverMultistepRun(self, plan, device)


class DPMSolverMultistepRun(SchedulerRun):
    """Exponential integration of the data prediction in lambda = log(alpha / sigma).

    Tables have one entry a step, from s = t_{i-1} to t = t_i in the paper's notation.
    """

    def __init__(
        self, config: DPMSolverMultistepScheduler, plan: StepPlan, device: torch.device | str
    ) -> None:
        self.config = config
        alphas_cumprod = config.alphas_cumprod()
        trained = sigma_tables.trained_sigmas(alphas_cumprod)
        t, levels = _levels(config, plan, alphas_cumprod, trained)
        self.timesteps = on_device(t, torch.int64, len(trained), device)

        # float32, as models were trained and published runs computed
        ve = torch.from_numpy(levels.astype(np.float32))
        alpha = 1 / (ve**2 + 1) ** 0.5
        sigma = ve * alpha
        lam = alpha.log() - sigma.log()
        h = lam[1:] - lam[:-1]
        self.alpha: list[float] = alpha.tolist()
        self.sigma: list[float] = sigma.tolist()
        self.ratio: list[float] = (sigma[1:] / sigma[:-1]).tolist()  # sigma_t / sigma_s
        self.phi: list[float] = (alpha[1:] * ((-h).exp() - 1)).tolist()  # alpha_t (e^-h - 1)
        # a step of no length (from the table's own last sigma to sigma_min) changes nothing
        heun = torch.where(h == 0, 0, ((-h).exp() - 1) / h + 1)
        self.heun: list[float] = (alpha[1:] * heun).tolist()
        self.r0: list[float] = [1.0, *(h[:-1] / h[1:]).tolist()]  # the step before over this one
        self._remembered: tuple[int, torch.Tensor] | None = None

    def step(
        self,
        i: int,
        prediction: torch.Tensor,
        sample: torch.Tensor,
        noise: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """One step, second order if this run took the one before it; `noise` is not used."""
        x = at_least_float32(sample)
        m0 = self._data_prediction(i, at_least_float32(prediction), x)
        before, self._remembered, self.predicted_x0 = self._remembered, (i, m0), m0
        x = self.ratio[i] * x - self.phi[i] * m0
        if before is None or before[0] != i - 1 or self._first_order(i):
            return x
        D1 = (m0 - before[1]) * (1 / self.r0[i])
        if self.config.solver_type == "midpoint":
            return x - 0.5 * self.phi[i] * D1
        return x + self.heun[i] * D1

    def add_noise(self, i: int, sample: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """alpha_s x_0 + sigma_s noise."""
        return self.alpha[i] * at_least_float32(sample) + self.sigma[i] * noise

    def _data_prediction(self, i: int, prediction: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        c = self.config
        x0 = to_x0(c.prediction_type, prediction, x, self.alpha[i], self.sigma[i])
        return c.bounded(x0)

    def _first_order(self, i: int) -> bool:
        c, steps = self.config, len(self.alpha) - 1
        if c.solver_order == 1 or i < steps - 1:
            return c.solver_order == 1
        # a last step to sigma = 0 is infinitely long in lambda: only the first order has a limit
        return (
            c.final_sigmas_type == "zero"
            or c.euler_at_final
            or (c.lower_order_final and steps < FEW_STEPS)
        )


def _levels(
    config: DPMSolverMultistepScheduler,
    plan: StepPlan,
    alphas_cumprod: torch.Tensor,
    trained: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The timesteps (S,) of a run and the S + 1 sigmas it walks through."""
    end = trained[0] if config.final_sigmas_type == "sigma_min" else 0.0
    table, steps = config.sigma_table, plan.count
    if plan.timesteps is not None:
        t = np.array(plan.timesteps)
        return t, np.append(sigma_tables.plain(t, trained), end)
    if table != "plain":
        sigmas = sigma_tables.spread(table, trained[-1].item(), trained[0].item(), steps)
        t = sigma_tables.timesteps_of(sigmas, trained)
        if table == "karras" and config.beta_schedule != "squaredcos_cap_v2":
            t = t.round()
        return t, np.append(sigmas, end)
    lam = alphas_cumprod.sqrt().log() - (1 - alphas_cumprod).sqrt().log()
    last = int((lam >= config.lambda_min_clipped).sum())
    if last < steps + 1 and config.timestep_spacing != "trailing":
        raise LoomError(
            f"{steps} steps need {steps + 1} timesteps, and there are {last} above "
            f"lambda_min_clipped={config.lambda_min_clipped}.",
            field="steps",
            remedy="Take fewer steps.",
        )
    t = spaced_before_zero(
        config.timestep_spacing, len(trained), steps, config.steps_offset, last
    ).round()
    return t, np.append(sigma_tables.plain(t, trained), end)
