"""What the multistep and singlestep solvers of the DPM-Solver family share.

"DPM-Solver" integrates the predicted noise, "DPM-Solver++" the predicted picture (both Lu et al.
2022), and each has a stochastic kind, which adds noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch

from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.dpmsolver_weights import NOISE, Algorithm
from engine.diffusion.schedulers.lambda_run import LambdaRun
from engine.diffusion.schedulers.lambda_scheduler import LambdaScheduler, Trained
from engine.diffusion.schedulers.lambda_scheduler import Levels as Sigmas
from engine.diffusion.schedulers.posterior import split_learned
from engine.diffusion.schedulers.sigma_scheduler import FinalSigma


@dataclass(frozen=True, kw_only=True)
class DPMSolverScheduler(LambdaScheduler):
    """Settings of both solvers."""

    takes: ClassVar[tuple[str, ...]] = ("timesteps",)

    algorithm_type: Algorithm = "dpmsolver++"
    solver_type: Literal["midpoint", "heun"] = "midpoint"
    """How the second order is reached; midpoint is the papers' own."""
    lambda_min_clipped: float = -float("inf")
    """Leave out timesteps whose lambda is below this; for the cosine schedule, -5.1."""
    final_sigmas_type: FinalSigma = "zero"
    variance_type: Literal["learned", "learned_range"] | None = None
    """Set where the model predicts its variance too, in a second half of its channels; the variance
    is not used."""

    def __post_init__(self) -> None:
        super().__post_init__()
        by_noise = self.algorithm_type in NOISE
        self._require(
            not (by_noise and self.final_sigmas_type == "zero"),
            f"{self.algorithm_type} can't end at sigma = 0, so that final_sigmas_type must be "
            "'sigma_min'",
        )
        self._require(
            not (by_noise and self.use_flow_sigmas),
            f"{self.algorithm_type} is not for flow-matching models; dpmsolver++ is",
        )
        self._require(
            self.variance_type is None or self.prediction_type == "epsilon",
            "models that predict their variance too predict noise, "
            f"and this one {self.prediction_type}",
        )

    def _last(self, trained: Trained) -> int:
        alpha_bar = self.alphas_cumprod()
        lam = alpha_bar.sqrt().log() - (1 - alpha_bar).sqrt().log()
        return int((lam >= self.lambda_min_clipped).sum())

    def _end(self, sigmas: Sigmas, trained: Trained) -> float:
        return trained[0].item() if self.final_sigmas_type == "sigma_min" else 0.0

    @property
    def ends_clean(self) -> bool:
        return self.final_sigmas_type == "zero"


class DPMSolverRun(LambdaRun):
    """Steps of x_t = a x_s + b_0 D_0 + b_1 D_1 + b_2 D_2 + noise: see `Weights`."""

    def __init__(
        self, config: DPMSolverScheduler, plan: StepPlan, device: torch.device | str
    ) -> None:
        super().__init__(config, plan, device)
        self.by_noise = config.algorithm_type in NOISE
        self.needs_noise = config.algorithm_type.startswith("sde")
        self.learned = config.variance_type is not None

    def output(self, i: int, prediction: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """What is integrated, the noise or the clean picture; the latter is kept either way."""
        if self.learned:
            prediction = split_learned(prediction, x)[0]
        return (self.epsilon if self.by_noise else self.x0)(i, prediction, x)
