"""PNDM: Pseudo Numerical Methods for Diffusion Models on Manifolds (Liu et al. 2022).

Linear multistep (PLMS) by default in Stable Diffusion's files, with or without a Runge-Kutta
warm-up (PRK).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import torch

from engine.diffusion.schedulers.alpha_run import AlphaRun, at, visited
from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.beta_scheduler import BetaScheduler
from engine.diffusion.schedulers.history import History
from engine.diffusion.schedulers.prediction import to_noise
from engine.diffusion.schedulers.run import at_least_float32
from engine.graph.errors import LoomError

# Adams-Bashforth over the noise of the last steps, newest first, and the divisor.
MULTISTEP = (((1,), 1), ((3, -1), 2), ((23, -16, 5), 12), ((55, -59, 37, -9), 24))
WARM_UP = 3
"""Steps that the Runge-Kutta warm-up takes, of four model calls each."""


@dataclass(frozen=True, kw_only=True)
class PNDMScheduler(BetaScheduler):
    """Fourth order from the fourth step on; deterministic.

    Without the warm-up a run calls the model once more than it has steps, twice at the second
    timestep.
    """

    unpublished: ClassVar[frozenset[str]] = frozenset({"rescale_betas_zero_snr"})

    prediction_type: Literal["epsilon", "v_prediction"] = "epsilon"
    skip_prk_steps: bool = False
    """Begin with multistep formulas of rising order, not with three Runge-Kutta steps."""
    set_alpha_to_one: bool = False
    """The last step ends at the clean picture; otherwise at the noise level of timestep 0."""

    def _run(self, plan: StepPlan, device: torch.device | str) -> PNDMRun:
        if not self.skip_prk_steps and plan.count <= WARM_UP:
            raise LoomError(
                f"The Runge-Kutta warm-up alone takes {WARM_UP} steps, and {plan.count} "
                "are asked for.",
                field="steps",
                remedy=f"Take {WARM_UP + 1} steps or more, or set skip_prk_steps.",
            )
        return PNDMRun(self, plan, device)


class PNDMRun(AlphaRun):
    """Section 3.3 of the paper: classical formulas for the noise, and a transfer along the result.

    Begun in the middle, the multistep formulas start anew there: the second call of a run averages
    with the first and takes its step again, as published, whether or not the timestep repeats.
    """

    def __init__(self, config: PNDMScheduler, plan: StepPlan, device: torch.device | str) -> None:
        steps = visited(config, plan)
        stride = config.num_train_timesteps // plan.count
        t = _calls(steps, stride, config.skip_prk_steps)
        table = config.alphas_cumprod()
        if bool((table[t] == 0).any()):
            raise LoomError(
                "With rescale_betas_zero_snr nothing of the picture is left at the last timestep, "
                "and PNDM divides by what is left.",
                field="timestep_spacing",
                remedy="Use leading spacing, another solver, or no rescale.",
            )
        super().__init__(config, t, table[t], device)
        end = torch.ones(()) if config.set_alpha_to_one else table[0]
        self.warm_up = 0 if config.skip_prk_steps else 4 * WARM_UP
        bases, targets = t.clone(), t - stride
        if self.warm_up:
            half = stride // 2
            stages = torch.tensor([half, 0, half, 0] * WARM_UP)
            bases[: self.warm_up] = steps[:WARM_UP].repeat_interleave(4)
            targets[: self.warm_up] = t[: self.warm_up] - stages
        self.onward = Transfer(table[bases], at(table, targets, end))
        again = (t + stride).clamp(max=len(table) - 1)
        self.again = Transfer(table[again], table[t])
        self._history = History()
        self._calls = 0
        # the sample that the step under way began with, and the noise of its stages so far
        self._base = self._sum = torch.zeros(())

    @property
    def starts(self) -> Sequence[int]:
        """Every call, but none within a Runge-Kutta step."""
        return [*range(0, self.warm_up, 4), *range(self.warm_up, len(self.alpha))]

    def step(
        self,
        i: int,
        prediction: torch.Tensor,
        sample: torch.Tensor,
        noise: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """One model call's worth of a step; `noise` is not used."""
        x, prediction = at_least_float32(sample), at_least_float32(prediction)
        if not self._history.follows(i):
            if self.warm_up and i > 0:
                raise LoomError(
                    "A run with a Runge-Kutta warm-up can't begin in the middle.",
                    field="start",
                    remedy="Set skip_prk_steps, or begin with the first step.",
                )
            self._calls, self._history = 0, History()
        self.x0(i, prediction, x)
        x = (self._runge_kutta if i < self.warm_up else self._multistep)(i, prediction, x)
        self._calls += 1
        return x

    def _runge_kutta(self, i: int, prediction: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """A stage of the classical fourth-order step."""
        stage = i % 4
        share = prediction / (6 if stage in (0, 3) else 3)
        if stage == 0:
            self._base, self._sum = x, share
            self._history = self._history.then(i, prediction, 4)
        else:
            self._sum = self._sum + share
            self._history = replace(self._history, last=i)
        return self._transfer(self.onward, i, self._sum if stage == 3 else prediction)

    def _multistep(self, i: int, prediction: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """The noise of up to four steps, weighted; or the second call, which averages the two."""
        if self._calls == 1:
            average = (prediction + self._history.outputs[0]) / 2
            self._history = replace(self._history, last=i)
            return self._transfer(self.again, i, average)
        self._base = x
        self._history = self._history.then(i, prediction, 4)
        outputs = self._history.outputs
        weights, divisor = MULTISTEP[len(outputs) - 1]
        total = weights[0] * outputs[0]
        for weight, output in zip(weights[1:], outputs[1:], strict=True):
            total = total + weight * output
        return self._transfer(self.onward, i, total / divisor)

    def _transfer(self, tables: Transfer, i: int, prediction: torch.Tensor) -> torch.Tensor:
        kind = self.config.prediction_type
        e = to_noise(kind, prediction, self._base, tables.alpha[i], tables.sigma[i])
        return tables.x[i] * self._base - tables.change[i] * e / tables.apart[i]


class Transfer:
    """From the sample at one level to that at another along a noise (section 3.3).

    Tables with one entry a model call.
    """

    def __init__(self, here: torch.Tensor, there: torch.Tensor) -> None:
        """alpha_bar (S,) at both levels."""
        apart = here * (1 - there) ** 0.5 + (here * (1 - here) * there) ** 0.5
        self.x: list[float] = ((there / here) ** 0.5).tolist()
        # not divided here: as published, for where nearly all of the sample is noise
        self.change: list[float] = (there - here).tolist()
        self.apart: list[float] = apart.tolist()
        self.alpha: list[float] = here.sqrt().tolist()
        self.sigma: list[float] = (1 - here).sqrt().tolist()


def _calls(steps: torch.Tensor, stride: int, skip_prk_steps: bool) -> torch.Tensor:
    """The timestep of every model call in a run over the timesteps `steps` (S,)."""
    if skip_prk_steps:
        return torch.cat([steps[:2], steps[1:]])
    ends = steps[1 : WARM_UP + 1]
    middles = ends + stride // 2
    stages = torch.stack([steps[:WARM_UP], middles, middles, ends], dim=1)
    return torch.cat([stages.flatten(), steps[WARM_UP:]])
