"""What solvers that walk a table of noise levels share: which table, and where it ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.beta_scheduler import BetaScheduler, Spacing
from engine.diffusion.schedulers.sigma_tables import Table, chosen_table
from engine.graph.errors import LoomError

FinalSigma = Literal["zero", "sigma_min"]
"""Where the last step ends: at the clean picture, or at the noise level of timestep 0."""


@dataclass(frozen=True, kw_only=True)
class PlainSigmaScheduler(BetaScheduler):
    """Steps go from sigma to sigma, each sigma that of its timestep."""

    timestep_spacing: Spacing = "linspace"

    @property
    def sigma_table(self) -> Table:
        """The table that is on."""
        return "plain"

    def alphas_cumprod(self) -> torch.Tensor:
        """As the base class, but 2^-24 where zero terminal SNR would make sigma infinite."""
        table = super().alphas_cumprod()
        if self.rescale_betas_zero_snr:
            table[-1] = 2**-24
        return table


@dataclass(frozen=True, kw_only=True)
class SigmaScheduler(PlainSigmaScheduler):
    """Steps go from sigma to sigma; at most one of three tables replaces the plain one."""

    use_karras_sigmas: bool = False
    use_exponential_sigmas: bool = False
    use_beta_sigmas: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        chosen_table(self)

    @property
    def sigma_table(self) -> Table:
        return chosen_table(self)

    def _check_plan(self, plan: StepPlan) -> None:
        super()._check_plan(plan)
        if plan.timesteps is not None and self.sigma_table != "plain":
            raise LoomError(
                f"{type(self).__name__} can't both visit given timesteps and spread its noise "
                f"levels by the {self.sigma_table} table.",
                field="timesteps",
                remedy="Use the plain table, or a number of steps.",
            )
