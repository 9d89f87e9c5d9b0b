"""DEIS: Diffusion Exponential Integrator Sampler (Zhang and Chen 2023), the variant in log rho."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
import torch

from engine.diffusion.schedulers.base import StepPlan
from engine.diffusion.schedulers.lambda_run import LambdaRun
from engine.diffusion.schedulers.lambda_scheduler import LambdaScheduler, Trained
from engine.diffusion.schedulers.lambda_scheduler import Levels as Sigmas
from engine.diffusion.schedulers.run import at_least_float32

Levels32 = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class DEISMultistepScheduler(LambdaScheduler):
    """Deterministic; the last step ends at the noise level of timestep 0, or of its table."""

    unpublished: ClassVar[frozenset[str]] = frozenset({"rescale_betas_zero_snr"})

    algorithm_type: Literal["deis"] = "deis"
    solver_type: Literal["logrho"] = "logrho"

    def _end(self, sigmas: Sigmas, trained: Trained) -> float:
        plain = self.sigma_table == "plain" and not self.use_flow_sigmas
        return trained[0].item() if plain else sigmas[-1].item()

    def _run(self, plan: StepPlan, device: torch.device | str) -> DEISMultistepRun:
        return DEISMultistepRun(self, plan, device)


class DEISMultistepRun(LambdaRun):
    """d(x / alpha) = noise d rho, where rho = sigma / alpha.

    The noise of the last steps is integrated as a polynomial in log rho (paper, section 4).
    """

    def __init__(
        self, config: DEISMultistepScheduler, plan: StepPlan, device: torch.device | str
    ) -> None:
        super().__init__(config, plan, device)
        alpha, sigma = self.levels.alpha, self.levels.sigma
        h = self.levels.lam[1:] - self.levels.lam[:-1]
        self.first_x: list[float] = (alpha[1:] / alpha[:-1]).tolist()
        self.first_noise: list[float] = (sigma[1:] * (h.exp() - 1)).tolist()
        rho = (sigma / alpha).numpy()
        self.weights = {order: _weights(rho, order) for order in range(2, config.solver_order + 1)}

    def step(
        self,
        i: int,
        prediction: torch.Tensor,
        sample: torch.Tensor,
        noise: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """One step, of the order for which this run took enough before it; `noise` is not used."""
        x = at_least_float32(sample)
        x0 = self.x0(i, at_least_float32(prediction), x)
        epsilon = (x - self.alpha[i] * x0) / self.sigma[i]
        self.history = self.history.then(i, epsilon, self.config.solver_order)
        order = self.order(i)
        if order == 1:
            return self.first_x[i] * x - self.first_noise[i] * epsilon
        x = x / self.alpha[i]
        for weight, output in zip(self.weights[order][i], self.history.outputs, strict=False):
            x = x + weight * output
        return self.alpha[i + 1] * x


def _weights(rho: Levels32, order: int) -> list[tuple[float, ...]]:
    """For each step, what the outputs at the last `order` levels weigh, the newest first.

    These are integrals of the polynomials through them; empty where there are not enough levels.
    They are differences of nearly equal numbers: in float32, as published, those of third order are
    right to three digits only, and the other digits are matched too.
    """
    primitive = _line if order == 2 else _parabola
    log, steps = np.log(rho), len(rho) - 1
    weights: list[tuple[float, ...]] = [()] * min(order - 1, steps)
    for i in range(order - 1, steps):
        nodes = [i - k for k in range(order)]
        turned = [nodes[k:] + nodes[:k] for k in range(order)]
        weights.append(
            tuple(
                float(primitive(rho, log, i + 1, *n) - primitive(rho, log, i, *n)) for n in turned
            )
        )
    return weights


def _line(rho: Levels32, log: Levels32, t: int, b: int, c: int) -> np.float32:
    """A primitive at rho_t of the line in log rho that is 1 at rho_b and 0 at rho_c."""
    return rho[t] * (-log[c] + log[t] - 1) / (log[b] - log[c])


def _parabola(rho: Levels32, log: Levels32, t: int, b: int, c: int, d: int) -> np.float32:
    """A primitive at rho_t of the parabola in log rho that is 1 at rho_b, 0 at rho_c and rho_d."""
    area = log[c] * (log[d] - log[t] + 1) - log[d] * log[t] + log[d] + log[t] ** 2 - 2 * log[t] + 2
    return rho[t] * area / ((log[b] - log[c]) * (log[b] - log[d]))
