"""What every way of guiding shares: which predictions a step needs, and how they become one.

Ways of guiding are plain settings, so they travel on wires; nothing here imports torch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.graph.errors import LoomError
from engine.graph.types import kind

if TYPE_CHECKING:
    import torch

POSITIVE, NEGATIVE = "positive", "negative"
Passes = list[tuple[str, ...]]


@kind("Guidance", colour="#e5a050")
@dataclass(frozen=True)
class Guidance(ABC):
    """A way of combining the predictions of several conditionings, the same for a whole run."""

    def contexts(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """The conditionings to predict with, by name, from the `given` positive and negative."""
        return given

    @abstractmethod
    def passes(self, steps: int, available: Collection[str]) -> Passes:
        """For each of the run's `steps`, the names of the conditionings to predict.

        Raises LoomError when one that it can't do without is not `available`.
        """

    @abstractmethod
    def __call__(self, predictions: Mapping[str, torch.Tensor], i: int) -> torch.Tensor:
        """The prediction (B, C, h, w) to follow at step `i` of the run, from those it asked for."""

    def at(self, i: int) -> Any:
        """All that step `i` depends on, as plain values: a step is kept while this stays."""
        return self


def require_positive(available: Collection[str]) -> None:
    """Raise LoomError where there is nothing to denoise towards."""
    if POSITIVE not in available:
        raise LoomError(
            "There is nothing to denoise towards: connect a positive conditioning.",
            field=POSITIVE,
        )
