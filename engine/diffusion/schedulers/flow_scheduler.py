"""What solvers of flow-matching models share (Lipman et al. 2023; Esser et al. 2024).

Samples are x = (1 - sigma) x_0 + sigma noise, sigma from 1 down to 0, and the model predicts the
velocity noise - x_0, which is dx / dsigma. It is told sigma times num_train_timesteps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.diffusion.schedulers.base import Scheduler, StepPlan, listed, runs_flow
from engine.diffusion.schedulers.flow_words import in_sigma
from engine.graph.errors import LoomError

Sigmas = npt.NDArray[np.floating]


@dataclass(frozen=True, kw_only=True)
class FlowScheduler(Scheduler):
    """The shift of noise levels towards noise that larger pictures need."""

    shift: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require(self.shift > 0, f"shift must be above 0, got {self.shift}")

    @classmethod
    def _translated(cls, source: str, config: Mapping[str, Any]) -> Mapping[str, Any]:
        if not runs_flow(source, config):
            raise LoomError(
                f"{cls.__name__} can't run a model that was trained with betas, whose scheduler is "
                f"{source}.",
                remedy="Choose one of the other solvers.",
            )
        return config if source.startswith("FlowMatch") else in_sigma(config)

    def _check_plan(self, plan: StepPlan) -> None:
        super()._check_plan(plan)
        for name, values, top in (
            ("timesteps", plan.timesteps or (), self.num_train_timesteps),
            ("sigmas", plan.sigmas or (), 1),
        ):
            if not all(0 < value <= top for value in values):
                raise LoomError(
                    f"The {name} of a flow-matching run are above 0 and at most {top}, "
                    f"and the list has {listed(values)}.",
                    field=name,
                    remedy="Leave out the 0: the run ends there by itself.",
                )


def shifted(sigmas: Sigmas, shift: float) -> Sigmas:
    """shift sigma / (1 + (shift - 1) sigma) (Esser et al. 2024, eq. 23)."""
    return shift * sigmas / (1 + (shift - 1) * sigmas)


def even(trained: int, steps: int, shift: float) -> Sigmas:
    """`steps` levels from 1 evenly down to the smallest trained one, which is itself shifted.

    Published runs shift all of these again, so that they end above the smallest trained level. The
    ends are float32, as there.
    """
    first, last = shifted(np.array([1, 1 / trained], np.float32), shift)
    return np.linspace(float(first), float(last), steps)
