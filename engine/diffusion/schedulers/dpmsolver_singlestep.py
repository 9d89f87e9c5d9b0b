"""DPM-Solver and DPM-Solver++ as singlestep methods ("DPM-Solver", Algorithms 1 and 2).

"Singlestep" is the papers' word: a step of order k makes k model calls, the first k - 1 of them at
levels on the way, and remembers nothing of the step before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch

from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.dpmsolver import DPMSolverRun, DPMSolverScheduler
from engine.diffusion.schedulers.dpmsolver_weights import Algorithm, Weights
from engine.diffusion.schedulers.lambda_run import Levels
from engine.diffusion.schedulers.run import at_least_float32, required


@dataclass(frozen=True, kw_only=True)
class DPMSolverSinglestepScheduler(DPMSolverScheduler):
    """As many model calls as steps are asked for: three of these make one of third order."""

    unpublished: ClassVar[frozenset[str]] = frozenset(
        {"timestep_spacing", "steps_offset", "rescale_betas_zero_snr"}
    )

    algorithm_type: Literal["dpmsolver", "dpmsolver++", "sde-dpmsolver++"] = "dpmsolver++"
    lower_order_final: bool = False
    """End with steps of lower order; where the number of steps is no multiple of `solver_order`, or
    the last ends at sigma = 0, that is so whatever this says."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require(
            not (self.thresholding and self.algorithm_type == "dpmsolver"),
            "dpmsolver integrates the noise and can't bound the picture; "
            "use dpmsolver++, or turn thresholding off",
        )

    def _run(self, plan: StepPlan, device: torch.device | str) -> DPMSolverSinglestepRun:
        return DPMSolverSinglestepRun(self, plan, device)


class DPMSolverSinglestepRun(DPMSolverRun):
    """The sample between two calls of a step is what a lower order makes of the calls so far."""

    def __init__(
        self, config: DPMSolverSinglestepScheduler, plan: StepPlan, device: torch.device | str
    ) -> None:
        super().__init__(config, plan, device)
        self.orders = _orders(config, len(self.timesteps))
        self.heun = config.solver_type == "heun"
        self.blocks = [
            Block(self.levels, config.algorithm_type, self.heun, stride)
            for stride in range(1, 1 + min(config.solver_order, len(self.timesteps)))
        ]
        self._base = torch.zeros(())  # the sample that the step under way began with

    def step(
        self,
        i: int,
        prediction: torch.Tensor,
        sample: torch.Tensor,
        noise: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """From the level where this step began to level i + 1, of the order of the calls so far."""
        x = at_least_float32(sample)
        m0 = self.output(i, at_least_float32(prediction), x)
        self.history = self.history.then(i, m0, self.config.solver_order)
        outputs = self.history.outputs
        order = min(self.orders[i], len(outputs))
        if order == 1:
            self._base = x
        w, s = self.blocks[order - 1], i + 1 - order
        x = w.x[s] * self._base + w.b0[s] * outputs[order - 1]
        if order > 1:
            D1_0 = (1 / w.r0[s]) * (m0 - outputs[order - 1])
            if order == 2:
                x = x + w.second[s] * D1_0
            elif not self.heun:
                x = x + w.b1[s] * D1_0
            else:
                D1_1 = (1 / w.r1[s]) * (outputs[1] - outputs[2])
                D1 = (w.r0[s] * D1_1 - w.r1[s] * D1_0) / w.r[s]
                D2 = 2 * (D1_0 - D1_1) / w.r[s]
                x = x + w.b1[s] * D1 + w.b2[s] * D2
        return x + w.noise[s] * required(noise, "DPM-Solver SDE") if self.needs_noise else x


class Block(Weights):
    """The weights, and where the model calls of a step lie between its ends, 0 to 1."""

    def __init__(self, levels: Levels, algorithm: Algorithm, heun: bool, stride: int) -> None:
        super().__init__(levels, algorithm, heun, stride)
        steps = len(levels.lam) - stride
        start, end = levels.lam[:steps], levels.lam[stride:]
        inside = [
            (levels.lam[call : call + steps] - start) / (end - start) for call in range(stride)
        ]
        self.r0: list[float] = inside[-1].tolist()
        """Of the last call; it is 0 where that is the first."""
        self.r1: list[float] = inside[-2:][0].tolist()
        """Of the call before the last."""
        self.r: list[float] = (inside[-1] - inside[-2:][0]).tolist()


def _orders(config: DPMSolverSinglestepScheduler, steps: int) -> list[int]:
    """The order with which each of `steps` model calls ends: 1, 2, 3, 1, 2, 3, …"""
    order = config.solver_order
    cycle = list(range(1, order + 1))
    if not (config.lower_order_final or steps % order or config.ends_clean):
        return cycle * (steps // order)
    whole = (steps - 1) // order
    rest = steps - whole * order
    if rest == order > 1:  # the last step is divided: 3 = 2 + 1, 2 = 1 + 1
        orders = cycle * whole + [*range(1, order), 1]
    else:
        orders = cycle * whole + list(range(1, rest + 1))
    if config.ends_clean:
        orders[-1] = 1
    return orders
