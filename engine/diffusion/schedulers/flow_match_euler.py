"""Euler's method for flow-matching models (Esser et al. 2024)."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

import numpy as np
import torch

from engine.diffusion.schedulers import sigma_tables
from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.flow_run import FlowRun
from engine.diffusion.schedulers.flow_scheduler import FlowScheduler, Sigmas, even, shifted
from engine.diffusion.schedulers.run import at_least_float32, required
from engine.diffusion.schedulers.sigma_tables import chosen_table
from engine.graph.errors import LoomError


@dataclass(frozen=True, kw_only=True)
class FlowMatchEulerDiscreteScheduler(FlowScheduler):
    """First order, one model call a step.

    A list of sigmas given to `start` is shifted as the solver's own ones are; one of timesteps can
    only be followed where nothing is shifted.
    """

    unpublished: ClassVar[frozenset[str]] = frozenset({"mu"})
    takes: ClassVar[tuple[str, ...]] = ("timesteps", "sigmas")

    use_dynamic_shifting: bool = False
    """Shift by `mu`, which depends on the picture's size, in place of `shift`."""
    mu: float | None = None
    """The shift of `use_dynamic_shifting`; `for_tokens` finds it."""
    time_shift_type: Literal["exponential", "linear"] = "exponential"
    """Whether mu is the logarithm of the shift, or the shift itself."""
    base_shift: float | None = 0.5
    """mu for base_image_seq_len tokens."""
    max_shift: float | None = 1.15
    """mu for max_image_seq_len tokens."""
    base_image_seq_len: int = 256
    max_image_seq_len: int = 4096
    shift_terminal: float | None = None
    """Stretch the levels so that the last step begins here."""
    use_karras_sigmas: bool = False
    use_exponential_sigmas: bool = False
    use_beta_sigmas: bool = False
    invert_sigmas: bool = False
    """For models told how much of the picture there is, not how much of the noise."""
    stochastic_sampling: bool = False
    """Predict the picture and noise it afresh at every step."""

    def __post_init__(self) -> None:
        super().__post_init__()
        chosen_table(self)
        self._require(
            self.mu is None or self.time_shift_type == "exponential" or self.mu > 0,
            f"mu must be above 0 where it shifts linearly, got {self.mu}",
        )
        self._require(
            self.shift_terminal is None or 0 <= self.shift_terminal < 1,
            f"shift_terminal must be from 0 to below 1, got {self.shift_terminal}",
        )
        self._require(
            not (self.invert_sigmas and self.stochastic_sampling),
            "stochastic_sampling and invert_sigmas can't be on together",
        )

    def for_tokens(self, tokens: int) -> Self:
        """This scheduler for pictures of `tokens` latent patches: mu on the line between the ends.

        It is unchanged without `use_dynamic_shifting`.
        """
        if not self.use_dynamic_shifting:
            return self
        low, high = self.base_image_seq_len, self.max_image_seq_len
        self._require(
            self.base_shift is not None and self.max_shift is not None and low < high,
            "dynamic shifting by the picture's size needs base_shift, max_shift and "
            "base_image_seq_len < max_image_seq_len",
        )
        first, last = self.base_shift or 0.0, self.max_shift or 0.0
        return replace(self, mu=first + (last - first) * (tokens - low) / (high - low))

    def _check_plan(self, plan: StepPlan) -> None:
        super()._check_plan(plan)
        if plan.timesteps is not None and not self._unchanged:
            raise LoomError(
                "This scheduler shifts or spreads its noise levels, so that they would not belong "
                "to the timesteps of the list.",
                field="timesteps",
                remedy="Give sigmas, which are shifted with their timesteps, or a number of steps.",
            )

    @property
    def _unchanged(self) -> bool:
        """Whether noise levels are taken as they are."""
        return (
            self.shift == 1
            and chosen_table(self) == "plain"
            and not (self.use_dynamic_shifting or self.shift_terminal or self.invert_sigmas)
        )

    def levels(self, plan: StepPlan) -> Sigmas:
        """The S noise levels at which the steps of a run begin."""
        if plan.sigmas is not None:
            sigmas = np.array(plan.sigmas)
        elif plan.timesteps is not None:
            sigmas = np.array(plan.timesteps) / self.num_train_timesteps
        else:
            shift = 1.0 if self.use_dynamic_shifting else self.shift
            sigmas = even(self.num_train_timesteps, plan.count, shift)
        sigmas = shifted(sigmas, self._factor())
        if self.shift_terminal and sigmas[-1] < 1:  # a single step begins at 1 all the same
            sigmas = 1 - (1 - sigmas) * (1 - self.shift_terminal) / (1 - sigmas[-1])
        table = chosen_table(self)
        if table != "plain":
            ends = sigmas[0].item(), sigmas[-1].item()
            sigmas = sigma_tables.spread(table, *ends, plan.count)
        return sigmas

    def _factor(self) -> float:
        """By how much levels are shifted."""
        if not self.use_dynamic_shifting:
            return self.shift
        if self.mu is None:
            raise LoomError(
                "With use_dynamic_shifting the shift depends on the picture's size, which this "
                "scheduler was not told.",
                field="mu",
                remedy="Set mu, or turn use_dynamic_shifting off.",
            )
        return math.exp(self.mu) if self.time_shift_type == "exponential" else self.mu

    def _run(self, plan: StepPlan, device: torch.device | str) -> FlowMatchEulerRun:
        return FlowMatchEulerRun(self, plan, device)


class FlowMatchEulerRun(FlowRun):
    """Euler steps from sigma_i to sigma_{i+1}; where sigmas are inverted, they rise to 1."""

    def __init__(
        self,
        config: FlowMatchEulerDiscreteScheduler,
        plan: StepPlan,
        device: torch.device | str,
    ) -> None:
        noise = torch.from_numpy(config.levels(plan)).float()
        sigmas = 1 - noise if config.invert_sigmas else noise
        super().__init__(noise)
        self.needs_noise = config.stochastic_sampling
        self.sigmas: list[float] = [*sigmas.tolist(), 1.0 if config.invert_sigmas else 0.0]
        self.timesteps = (sigmas * config.num_train_timesteps).to(device)

    def step(
        self,
        i: int,
        prediction: torch.Tensor,
        sample: torch.Tensor,
        noise: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """One Euler step along the predicted velocity, or to the picture and up again by noise."""
        x, v = at_least_float32(sample), at_least_float32(prediction)
        sigma, sigma_next, end = self.sigmas[i], self.sigmas[i + 1], self.sigmas[-1]
        x0 = self.predicted_x0 = x + (end - sigma) * v
        if not self.needs_noise:
            return x + (sigma_next - sigma) * v
        return (1 - sigma_next) * x0 + sigma_next * required(noise, "Stochastic sampling")
