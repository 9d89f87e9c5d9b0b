"""Linear multistep method: Adams-Bashforth of fourth order, over uneven steps of sigma."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from numpy.polynomial.polynomial import polyfromroots, polyint, polyval

from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.history import History
from engine.diffusion.schedulers.run import at_least_float32, on_device
from engine.diffusion.schedulers.sigma_run import SigmaRun, levels
from engine.diffusion.schedulers.sigma_scheduler import SigmaScheduler

ORDER = 4
"""How many slopes a step looks at, this one's included."""


@dataclass(frozen=True, kw_only=True)
class LMSDiscreteScheduler(SigmaScheduler):
    """Deterministic; one model call a step, the fourth order from remembering three before."""

    unpublished: ClassVar[frozenset[str]] = frozenset({"rescale_betas_zero_snr"})

    def _run(self, plan: StepPlan, device: torch.device | str) -> LMSRun:
        return LMSRun(self, plan, device)


class LMSRun(SigmaRun):
    """Steps from sigma_i to sigma_{i+1} along the polynomial through the slopes so far.

    Its order grows from 1 with the steps taken, after a start in the middle too.
    """

    def __init__(
        self, config: LMSDiscreteScheduler, plan: StepPlan, device: torch.device | str
    ) -> None:
        t, sigmas = levels(config, plan)
        super().__init__(config, sigmas[:-1])
        self.sigmas: list[float] = sigmas.tolist()
        self.timesteps = on_device(t, torch.float32, config.num_train_timesteps, device)
        self._slopes = History()

    def step(
        self,
        i: int,
        prediction: torch.Tensor,
        sample: torch.Tensor,
        noise: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """One step of as high an order as the steps before it allow; `noise` is not used."""
        x = at_least_float32(sample)
        d = (x - self.denoised(i, prediction, x)) / self.sigmas[i]
        self._slopes = self._slopes.then(i, d, ORDER)
        slopes = self._slopes.outputs
        nodes = [self.sigmas[i - j] for j in range(len(slopes))]
        change = torch.zeros_like(x)
        for weight, slope in zip(weights(nodes, self.sigmas[i + 1]), slopes, strict=True):
            change += weight * slope
        return x + change


def weights(nodes: Sequence[float], end: float) -> list[float]:
    """How much the slope at each of `nodes` counts in a step from the first node to `end`.

    They are the integrals of the Lagrange polynomials over the nodes (Hairer, Norsett and Wanner,
    "Solving Ordinary Differential Equations I", III.5).
    """
    found: list[float] = []
    for node in nodes:
        others = [other for other in nodes if other != node]
        basis = polyfromroots([other - nodes[0] for other in others])
        height = math.prod(node - other for other in others)
        found.append(float(polyval(end - nodes[0], polyint(basis))) / height)
    return found
