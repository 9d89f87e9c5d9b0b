"""Classifier-free guidance (Ho and Salimans 2022), with the rescale of Lin et al. (2023)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import torch

from engine.graph.errors import LoomError

POSITIVE, NEGATIVE = "positive", "negative"


class ClassifierFree:
    """eps_u + s (eps_c - eps_u), from the predictions called "positive" (c) and "negative" (u).

    `scale` s is one number, or one for each step of the whole run. Steps with s ≤ 1, and runs with
    no negative conditioning, are not guided: they predict the positive alone, in one pass.
    `rescale` phi in [0, 1] moves the result's standard deviation back towards the positive
    prediction's, against over-exposure at high scales.
    """

    def __init__(self, scale: float | Sequence[float] = 7.5, rescale: float = 0.0) -> None:
        if not 0 <= rescale <= 1:
            raise LoomError(f"Guidance rescale must be from 0 to 1, got {rescale}.")
        self.scale = scale
        self.rescale = rescale

    def passes(self, steps: int, available: Collection[str]) -> list[tuple[str, ...]]:
        """For each of the run's `steps`, the conditionings to predict; LoomError if they are not
        `available`.
        """
        if POSITIVE not in available:
            raise LoomError("There is nothing to denoise towards: connect a positive conditioning.")
        if not isinstance(self.scale, int | float) and len(self.scale) != steps:
            raise LoomError(
                f"The guidance schedule has {len(self.scale)} values, and the run {steps} steps.",
                field="guidance",
                remedy="Give one value a step.",
            )
        both = (NEGATIVE, POSITIVE)
        return [
            both if self.scale_at(i) > 1 and NEGATIVE in available else (POSITIVE,)
            for i in range(steps)
        ]

    def scale_at(self, i: int) -> float:
        """s at step `i` of the run."""
        return float(self.scale) if isinstance(self.scale, int | float) else float(self.scale[i])

    def __call__(self, predictions: Mapping[str, torch.Tensor], i: int) -> torch.Tensor:
        """The prediction (B, C, h, w) to follow at step `i`, from those that `passes` asked for."""
        conditional = predictions[POSITIVE]
        if NEGATIVE not in predictions:
            return conditional
        unconditional = predictions[NEGATIVE]
        guided = unconditional + self.scale_at(i) * (conditional - unconditional)
        return rescaled(guided, conditional, self.rescale) if self.rescale else guided


def rescaled(guided: torch.Tensor, conditional: torch.Tensor, phi: float) -> torch.Tensor:
    """`guided` with its per-picture standard deviation moved by `phi` to `conditional`'s (Lin et
    al. 2023, 3.4).
    """
    dims = list(range(1, guided.ndim))
    ratio = conditional.std(dim=dims, keepdim=True) / guided.std(dim=dims, keepdim=True)
    return guided * (phi * ratio + (1 - phi))
