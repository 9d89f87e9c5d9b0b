"""The posterior q(x_s | x_t, x_0) of the noising process, from timestep t back to s < t.

Ho et al. (2020), eq. 6 and 7, for strides of any length as in Nichol and Dhariwal (2021), section
4; and the variances that models learn (the latter's eq. 15).
"""

from __future__ import annotations

import torch

from engine.graph.errors import LoomError

SMALLEST = 1e-20
"""The least variance: it is 0 where s is the clean picture, and has a logarithm."""


class Posterior:
    """Tables with one entry a step."""

    def __init__(
        self,
        alpha_bar: torch.Tensor,
        alpha_bar_before: torch.Tensor,
        alpha: torch.Tensor,
        beta: torch.Tensor,
    ) -> None:
        """All (S,), float32: alpha_bar at t and at s, and alpha = 1 - beta of the stride."""
        noise = 1 - alpha_bar
        self.beta = beta
        """The upper bound of the variance ("fixed large")."""
        self.variance = ((1 - alpha_bar_before) / noise * beta).clamp(min=SMALLEST)
        """The lower bound of the variance ("fixed small"): beta-tilde in the paper."""
        self._x0: list[float] = (alpha_bar_before.sqrt() * beta / noise).tolist()
        self._x: list[float] = (alpha.sqrt() * (1 - alpha_bar_before) / noise).tolist()
        self._log_low: list[float] = self.variance.log().tolist()
        self._log_high: list[float] = beta.log().tolist()

    def mean(self, i: int, x0: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """The mean of x_s, from the clean picture and the sample at t."""
        return self._x0[i] * x0 + self._x[i] * x

    def learned_std(self, i: int, v: torch.Tensor) -> torch.Tensor:
        """The deviation of x_s, from a model's v in [-1, 1] between the two bounds."""
        high = (v + 1) / 2
        return (0.5 * (high * self._log_high[i] + (1 - high) * self._log_low[i])).exp()


def split_learned(
    prediction: torch.Tensor, sample: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """What a model predicts (B, 2C, h, w), as the prediction proper and the variance, C each."""
    channels = sample.shape[1]
    if prediction.shape[1] != 2 * channels:
        raise LoomError(
            f"The scheduler expects a model that predicts its variance too, {2 * channels} "
            f"channels for samples of {channels}, and this one predicts {prediction.shape[1]}.",
            field="scheduler",
            remedy="Set variance_type to a fixed one, or use the model's own scheduler.",
        )
    mean, variance = prediction.split(channels, dim=1)
    return mean, variance
