"""DPM-Solver and DPM-Solver++ as multistep methods ("DPM-Solver++", Algorithm 2 and appendix)."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.dpmsolver import DPMSolverRun, DPMSolverScheduler
from engine.diffusion.schedulers.dpmsolver_weights import Weights
from engine.diffusion.schedulers.run import at_least_float32, required
from engine.diffusion.schedulers.sigma_tables import Table


@dataclass(frozen=True, kw_only=True)
class DPMSolverMultistepScheduler(DPMSolverScheduler):
    """Higher orders from remembering the model outputs of the steps before."""

    euler_at_final: bool = False
    """Take the last step in first order always, and the others as if the run were long."""
    use_lu_lambdas: bool = False
    """Noise levels even in lambda, as the first paper has them."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require(
            not self.use_lu_lambdas or super().sigma_table == "plain",
            f"only one sigma table can be used, and {super().sigma_table} and lu are on",
        )
        self._require(
            not (self.algorithm_type == "sde-dpmsolver" and self.solver_order == 3),
            "sde-dpmsolver has no third order",
        )

    @property
    def sigma_table(self) -> Table:
        return "lu" if self.use_lu_lambdas else super().sigma_table

    def _rounds_timesteps(self) -> bool:
        return self.sigma_table in ("karras", "lu") and self.beta_schedule != "squaredcos_cap_v2"

    def _run(self, plan: StepPlan, device: torch.device | str) -> DPMSolverMultistepRun:
        return DPMSolverMultistepRun(self, plan, device)


class DPMSolverMultistepRun(DPMSolverRun):
    """The derivatives of the model output are differences with the outputs of earlier steps."""

    def __init__(
        self, config: DPMSolverMultistepScheduler, plan: StepPlan, device: torch.device | str
    ) -> None:
        super().__init__(config, plan, device)
        self.weights = Weights(self.levels, config.algorithm_type, config.solver_type == "heun")
        self.euler_at_final = config.euler_at_final
        # float32 as well: stochastic steps of third order make much of the last digits
        h = self.levels.lam[1:] - self.levels.lam[:-1]
        r0, r1 = _ratio(h, 1), _ratio(h, 2)  # the steps before, in lengths of this one
        self.inverse_r0: list[float] = (1 / r0).tolist()
        self.inverse_r1: list[float] = (1 / r1).tolist()
        self.share: list[float] = (r0 / (r0 + r1)).tolist()
        self.inverse_r: list[float] = (1 / (r0 + r1)).tolist()

    def order(self, i: int) -> int:
        if self.euler_at_final and i + 1 == len(self.timesteps):
            return 1
        return super().order(i)

    def step(
        self,
        i: int,
        prediction: torch.Tensor,
        sample: torch.Tensor,
        noise: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """One step, of the order for which this run took enough steps before it."""
        x, w = at_least_float32(sample), self.weights
        m0 = self.output(i, at_least_float32(prediction), x)
        self.history = self.history.then(i, m0, self.config.solver_order)
        order, before = self.order(i), self.history.outputs[1:]
        x = w.x[i] * x + w.b0[i] * m0
        if order > 1:
            D1_0 = self.inverse_r0[i] * (m0 - before[0])
            if order == 2:
                x = x + w.second[i] * D1_0
            else:
                D1_1 = self.inverse_r1[i] * (before[0] - before[1])
                D1 = D1_0 + self.share[i] * (D1_0 - D1_1)
                D2 = self.inverse_r[i] * (D1_0 - D1_1)
                x = x + w.b1[i] * D1 + w.b2[i] * D2
        return x + w.noise[i] * required(noise, "DPM-Solver SDE") if self.needs_noise else x


def _ratio(h: torch.Tensor, back: int) -> torch.Tensor:
    """h_{i-back} / h_i (S,), where there is such a step, and 1 elsewhere."""
    ratio = torch.ones_like(h)
    ratio[back:] = h[:-back] / h[back:]
    return ratio
