"""UniPC: a unified predictor-corrector (Zhao et al. 2023)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import torch

from engine.diffusion.schedulers.base import StepPlan, listed
from engine.diffusion.schedulers.flow_scheduler import shifted
from engine.diffusion.schedulers.lambda_run import LambdaRun
from engine.diffusion.schedulers.lambda_scheduler import LambdaScheduler, Levels, Trained
from engine.diffusion.schedulers.run import at_least_float32
from engine.diffusion.schedulers.sigma_scheduler import FinalSigma
from engine.diffusion.schedulers.unipc_weights import UniWeights
from engine.graph.errors import LoomError


@dataclass(frozen=True, kw_only=True)
class UniPCMultistepScheduler(LambdaScheduler):
    """Each step is taken again, one order higher, with the model output at its end.

    That output is needed for the next step anyway, so that correcting costs no model call.
    """

    only: ClassVar[Mapping[str, Any]] = {
        **LambdaScheduler.only,
        "solver_p": None,
        "sigma_min": None,
        "sigma_max": None,
        "shift_terminal": None,
    }
    unpublished: ClassVar[frozenset[str]] = frozenset()
    takes: ClassVar[tuple[str, ...]] = ("sigmas",)
    few_steps: ClassVar[float] = math.inf

    solver_type: Literal["bh1", "bh2"] = "bh2"
    """The paper's B(h): h, or exp(h) - 1, which is better for few steps."""
    predict_x0: bool = True
    """Integrate the predicted picture, not the predicted noise."""
    disable_corrector: tuple[int, ...] = ()
    """Steps, counted from 0, that are left as they were predicted."""
    final_sigmas_type: FinalSigma = "zero"

    def __post_init__(self) -> None:
        super().__post_init__()
        end = "the last step can't end at sigma = 0, and final_sigmas_type must be 'sigma_min'"
        clean = self.ends_clean
        self._require(not clean or self.predict_x0, f"with predict_x0 off {end}")
        self._require(not clean or self.solver_type == "bh2", f"with solver_type='bh1' {end}")
        self._require(
            self.predict_x0 or not self.use_flow_sigmas,
            "predict_x0 must be on for flow-matching models",
        )
        self._require(
            self.predict_x0 or not self.thresholding,
            "thresholding bounds x0: predict_x0 must be on",
        )

    def _check_plan(self, plan: StepPlan) -> None:
        super()._check_plan(plan)
        if plan.sigmas is None:
            return
        if not self.use_flow_sigmas:
            raise LoomError(
                "UniPC takes a list of sigmas for flow-matching models only.",
                field="sigmas",
                remedy="Give it a number of steps.",
            )
        if not all(0 < sigma <= 1 for sigma in plan.sigmas):
            raise LoomError(
                f"The sigmas of a flow-matching run are above 0 and at most 1, and the list has "
                f"{listed(plan.sigmas)}.",
                field="sigmas",
                remedy="Leave out the 0: the run ends there by itself.",
            )

    @property
    def ends_clean(self) -> bool:
        return self.final_sigmas_type == "zero"

    def _end(self, sigmas: Levels, trained: Trained) -> float:
        if self.ends_clean:
            return 0.0
        plain = self.sigma_table == "plain" and not self.use_flow_sigmas
        return trained[0].item() if plain else sigmas[-1].item()

    def _flow(self, plan: StepPlan) -> Levels:
        even = np.linspace(1, 1 / self.num_train_timesteps, plan.count + 1)[:-1]
        sigmas = even if plan.sigmas is None else np.array(plan.sigmas)
        # at 1 nothing of the picture is left, and lambda is minus infinity
        return np.minimum(shifted(sigmas, self.flow_shift), 1 - 1e-6)

    def _run(self, plan: StepPlan, device: torch.device | str) -> UniPCMultistepRun:
        return UniPCMultistepRun(self, plan, device)


class UniPCMultistepRun(LambdaRun):
    """Algorithms 1 (the corrector) and 2 (the predictor) of the paper."""

    def __init__(
        self, config: UniPCMultistepScheduler, plan: StepPlan, device: torch.device | str
    ) -> None:
        super().__init__(config, plan, device)
        self.by_x0 = config.predict_x0
        self.uncorrected = frozenset(config.disable_corrector)
        alpha, sigma = self.levels.alpha, self.levels.sigma
        base, other = (sigma, alpha) if self.by_x0 else (alpha, sigma)
        self.ratio: list[float] = (base[1:] / base[:-1]).tolist()
        self.weights = UniWeights(
            self.levels.lam, other, config.solver_order, config.solver_type, self.by_x0
        )
        self._before = torch.zeros(())  # the sample that the last step began with
        self._order = 1

    def step(
        self,
        i: int,
        prediction: torch.Tensor,
        sample: torch.Tensor,
        noise: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """Correct the step before, if this run took it, and predict the next; no `noise`."""
        x = at_least_float32(sample)
        output = (self.x0 if self.by_x0 else self.epsilon)(i, at_least_float32(prediction), x)
        if self.history.follows(i) and i - 1 not in self.uncorrected:
            x = self._correct(i - 1, output)
        self.history = self.history.then(i, output, self.config.solver_order)
        self._before, self._order = x, self.order(i)
        return self._predict(i)

    def _predict(self, i: int) -> torch.Tensor:
        """UniP: the end of step `i` from its beginning."""
        w = self.weights.of(i, self._order)
        m0, *earlier = self.history.outputs
        x = self.ratio[i] * self._before - w.gain * m0
        terms = [a * (m - m0) / r for a, m, r in zip(w.predictor, earlier, w.places, strict=False)]
        return x - w.scale * sum(terms[1:], start=terms[0]) if terms else x

    def _correct(self, i: int, output: torch.Tensor) -> torch.Tensor:
        """UniC: the end of step `i` again, from its beginning and the model output at its end."""
        w = self.weights.of(i, self._order)
        m0, *earlier = self.history.outputs
        x = self.ratio[i] * self._before - w.gain * m0
        change = w.corrector[-1] * (output - m0)
        for a, m, r in zip(w.corrector, earlier, w.places, strict=False):
            change = a * (m - m0) / r + change
        return x - w.scale * change
