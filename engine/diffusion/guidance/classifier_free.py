"""Classifier-free guidance (Ho and Salimans 2022), with the rescale of Lin et al. (2023)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.diffusion.guidance.base import (
    NEGATIVE,
    POSITIVE,
    Guidance,
    Passes,
    require_positive,
)
from engine.graph.errors import LoomError

if TYPE_CHECKING:
    import torch

__all__ = ["NEGATIVE", "POSITIVE", "ClassifierFree", "rescaled"]


@dataclass(frozen=True)
class ClassifierFree(Guidance):
    """eps_u + s (eps_c - eps_u), from the predictions called "positive" (c) and "negative" (u).

    `scale` s is one number, or one for each step of the whole run. Steps with s ≤ 1, and runs with
    no negative conditioning, are not guided: they predict the positive alone, in one pass; so do
    the steps outside `start` to `end`, fractions of the run (Kynkäänniemi et al. 2024: guidance on
    a part of the steps costs less and can look better). `rescale` phi in [0, 1] moves the result's
    standard deviation back towards the positive prediction's, against over-exposure at high scales.
    """

    scale: float | tuple[float, ...] = 7.5
    rescale: float = 0.0
    start: float = 0.0
    end: float = 1.0

    def __post_init__(self) -> None:
        if not 0 <= self.rescale <= 1:
            raise LoomError(
                f"Guidance rescale must be from 0 to 1, got {self.rescale}.", field="rescale"
            )
        if not 0 <= self.start < self.end <= 1:
            raise LoomError(
                f"Guidance can't last from {self.start} to {self.end} of the run.",
                field="start",
                remedy="Start before the end, both from 0 to 1.",
            )

    def passes(self, steps: int, available: Collection[str]) -> Passes:
        """Both conditionings where the step is guided, else the positive alone."""
        require_positive(available)
        if isinstance(self.scale, tuple) and len(self.scale) != steps:
            raise LoomError(
                f"The guidance schedule has {len(self.scale)} values, and the run {steps} steps.",
                field="guidance",
                remedy="Give one value a step.",
            )
        first, last = round(self.start * steps), round(self.end * steps)
        both = (NEGATIVE, POSITIVE)
        return [
            both
            if self.scale_at(i) > 1 and NEGATIVE in available and first <= i < last
            else (POSITIVE,)
            for i in range(steps)
        ]

    def scale_at(self, i: int) -> float:
        """s at step `i` of the run."""
        return self.scale[i] if isinstance(self.scale, tuple) else self.scale

    def __call__(self, predictions: Mapping[str, torch.Tensor], i: int) -> torch.Tensor:
        """The guided prediction (B, C, h, w); the positive one at steps that are not guided."""
        conditional = predictions[POSITIVE]
        if NEGATIVE not in predictions:
            return conditional
        unconditional = predictions[NEGATIVE]
        guided = unconditional + self.scale_at(i) * (conditional - unconditional)
        return rescaled(guided, conditional, self.rescale) if self.rescale else guided

    def at(self, i: int) -> Any:
        """The scale and rescale of the step; which steps are guided shows in their passes."""
        return (type(self).__name__, self.scale_at(i), self.rescale)


def rescaled(guided: torch.Tensor, conditional: torch.Tensor, phi: float) -> torch.Tensor:
    """`guided` with its per-picture standard deviation moved by `phi` to `conditional`'s (Lin et
    al. 2023, 3.4).
    """
    dims = list(range(1, guided.ndim))
    ratio = conditional.std(dim=dims, keepdim=True) / guided.std(dim=dims, keepdim=True)
    return guided * (phi * ratio + (1 - phi))
