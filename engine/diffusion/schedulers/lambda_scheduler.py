"""What solvers share that integrate in lambda = log(alpha / sigma), half the log-SNR.

After Lu et al. (2022, "DPM-Solver") and Zhang and Chen (2023, "DEIS").
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from engine.diffusion.schedulers import sigma_tables
from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.flow_scheduler import shifted
from engine.diffusion.schedulers.flow_words import in_lambda
from engine.diffusion.schedulers.sigma_scheduler import SigmaScheduler
from engine.diffusion.schedulers.spacing import spaced_before_zero
from engine.diffusion.schedulers.thresholding import Thresholding
from engine.graph.errors import LoomError

Levels = npt.NDArray[np.floating]
Trained = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class LambdaScheduler(SigmaScheduler, Thresholding):
    """Up to third order; one model call a step."""

    only: ClassVar[Mapping[str, Any]] = {
        "use_dynamic_shifting": False,
        "time_shift_type": "exponential",
    }
    dialect: ClassVar[frozenset[str]] = frozenset(
        {"algorithm_type", "solver_type", "variance_type"}
    )
    few_steps: ClassVar[float] = 15
    """Below this many steps `lower_order_final` takes effect."""

    prediction_type: Literal[  # pyright: ignore[reportIncompatibleVariableOverride]
        "epsilon", "sample", "v_prediction", "flow_prediction"
    ] = "epsilon"
    solver_order: int = 2
    lower_order_final: bool = True
    """Fall to the first order over the last steps of a short run, which would overshoot."""
    use_flow_sigmas: bool = False
    """For flow-matching models: samples are (1 - sigma) x_0 + sigma noise, sigma from 0 to 1."""
    flow_shift: float = 1.0
    """Above 1, more of the steps go to high noise (Esser et al. 2024, section 5.3.2)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require(
            1 <= self.solver_order <= 3, f"solver_order must be 1, 2 or 3, got {self.solver_order}"
        )
        self._require(self.flow_shift > 0, "flow_shift must be above 0")
        flow = self.prediction_type == "flow_prediction"
        self._require(
            self.use_flow_sigmas == flow,
            "use_flow_sigmas and prediction_type='flow_prediction' go together, "
            "and only one of them is set",
        )
        self._require(
            not self.use_flow_sigmas or self.sigma_table == "plain",
            f"flow sigmas can't be spread by the {self.sigma_table} table",
        )

    @classmethod
    def _translated(cls, source: str, config: Mapping[str, Any]) -> Mapping[str, Any]:
        return in_lambda(source, config) if source.startswith("FlowMatch") else config

    def _check_plan(self, plan: StepPlan) -> None:
        super()._check_plan(plan)
        if plan.timesteps is not None and self.use_flow_sigmas:
            raise LoomError(
                f"{type(self).__name__} can't visit given timesteps of a flow-matching model.",
                field="timesteps",
                remedy="Give it a number of steps.",
            )

    def levels(self, plan: StepPlan) -> tuple[Levels, Levels]:
        """The timesteps (S,) of a run, and the S + 1 sigmas that it walks through."""
        trained = sigma_tables.trained_sigmas(self.alphas_cumprod())
        t, sigmas = self._levels(plan, trained)
        return t, np.append(sigmas, self._end(sigmas, trained))

    def _levels(self, plan: StepPlan, trained: Trained) -> tuple[Levels, Levels]:
        steps = plan.count
        if self.use_flow_sigmas:
            sigmas = self._flow(plan)
            return sigmas * self.num_train_timesteps, sigmas
        if plan.timesteps is not None:
            t = np.array(plan.timesteps)
            return t, sigma_tables.plain(t, trained)
        if self.sigma_table == "plain":
            t = self._spaced(steps, self._last(trained))
            return t, sigma_tables.plain(t, trained)
        ends = trained[-1].item(), trained[0].item()
        sigmas = sigma_tables.spread(self.sigma_table, *ends, steps)
        t = sigma_tables.timesteps_of(sigmas, trained)
        return t.round() if self._rounds_timesteps() else t, sigmas

    def _rounds_timesteps(self) -> bool:
        """Whether a table's timesteps are rounded; the others are cut to whole numbers."""
        return self.sigma_table == "karras"

    def _last(self, trained: Trained) -> int:
        """How many of the trained timesteps a run may visit, from 0 on."""
        return len(trained)

    def _spaced(self, steps: int, last: int) -> Levels:
        """The timesteps (S,) of the configuration's spacing over those below `last`."""
        if last < steps + 1 and self.timestep_spacing != "trailing":
            raise LoomError(
                f"{steps} steps need {steps + 1} timesteps, and there are {last}.",
                field="steps",
                remedy="Take fewer steps.",
            )
        trained, offset = self.num_train_timesteps, self.steps_offset
        return spaced_before_zero(self.timestep_spacing, trained, steps, offset, last).round()

    def _flow(self, plan: StepPlan) -> Levels:
        """Sigmas (S,) of a flow-matching model, shifted: from just below 1 in even steps."""
        sigmas = 1 - np.linspace(1 / self.num_train_timesteps, 1, plan.count + 1)[:-1]
        return shifted(sigmas, self.flow_shift)

    @abstractmethod
    def _end(self, sigmas: Levels, trained: Trained) -> float:
        """The sigma at which the last step ends."""

    @property
    def ends_clean(self) -> bool:
        """Whether the last step ends at sigma = 0, infinitely far away in lambda."""
        return False
