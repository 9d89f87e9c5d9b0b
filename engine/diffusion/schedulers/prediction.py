"""What a network predicts, turned into the clean picture or the noise.

All hold for x = alpha x_0 + sigma noise; x, predictions: (B, C, h, w). For v_prediction alpha^2 +
sigma^2 = 1, and v = alpha noise - sigma x_0 is the velocity of Salimans and Ho (2022), appendix D.
For flow_prediction alpha + sigma = 1, and the flow is noise - x_0 (Lipman et al. 2023).
"""

from __future__ import annotations

import torch


def to_x0(
    kind: str, prediction: torch.Tensor, x: torch.Tensor, alpha: float, sigma: float
) -> torch.Tensor:
    """The clean picture x_0 that an epsilon, sample, v or flow prediction implies."""
    if kind == "epsilon":
        return (x - sigma * prediction) / alpha
    if kind == "sample":
        return prediction
    if kind == "v_prediction":
        return alpha * x - sigma * prediction
    if kind == "flow_prediction":
        return x - sigma * prediction
    raise ValueError(f"no prediction type is called {kind!r}")


def to_noise(
    kind: str, prediction: torch.Tensor, x: torch.Tensor, alpha: float, sigma: float
) -> torch.Tensor:
    """The noise that an epsilon, sample, v or flow prediction implies."""
    if kind == "epsilon":
        return prediction
    if kind == "sample":
        return (x - alpha * prediction) / sigma
    if kind == "v_prediction":
        return alpha * prediction + sigma * x
    if kind == "flow_prediction":
        return x + alpha * prediction
    raise ValueError(f"no prediction type is called {kind!r}")


def dynamic_threshold(x0: torch.Tensor, ratio: float, largest: float) -> torch.Tensor:
    """Pull saturated pixels inwards: clamp each picture to its own s and divide by s (Saharia et
    al. 2022, 2.3).

    s is the `ratio` quantile of the picture's |x0|, within [1, `largest`]. For pixel-space models.
    """
    s = torch.quantile(x0.abs().flatten(1), ratio, dim=1).clamp(1, largest)
    s = s.view(-1, *[1] * (x0.ndim - 1))  # (B, 1, 1, 1)
    return x0.clamp(-s, s) / s
