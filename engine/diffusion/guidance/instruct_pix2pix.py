"""Guidance by a picture and an instruction at once (Brooks et al. 2023, equation 3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from engine.diffusion.guidance.base import (
    NEGATIVE,
    POSITIVE,
    Guidance,
    Passes,
    require_positive,
)
from engine.diffusion.values import Conditioning
from engine.graph.errors import LoomError

if TYPE_CHECKING:
    import torch

PICTURE = "picture"


@dataclass(frozen=True)
class InstructPix2Pix(Guidance):
    """e(∅,∅) + s_I (e(I,∅) - e(∅,∅)) + s (e(I,T) - e(I,∅)) for picture I and instruction T.

    The three predictions are those with both, with the picture alone, and with neither, where zeros
    stand in for the picture's channels. `scale` s is the instruction's, `picture_scale` s_I the
    picture's: higher keeps more of it.
    """

    scale: float = 7.5
    picture_scale: float = 1.5

    def contexts(self, given: Mapping[str, Any]) -> Mapping[str, Any]:
        """Positive; the negative with the picture; the negative without."""
        negative = given.get(NEGATIVE)
        if not isinstance(negative, Conditioning) or negative.channels is None:
            raise LoomError(
                "Guidance by a picture needs a negative conditioning and a picture's channels.",
                field="channels",
                remedy="Join the encoded picture to channels, and an empty prompt to negative.",
            )
        without = replace(negative, channels=negative.channels.new_zeros(negative.channels.shape))
        return {**given, PICTURE: negative, NEGATIVE: without}

    def passes(self, steps: int, available: Collection[str]) -> Passes:
        """All three at every step."""
        require_positive(available)
        return [(POSITIVE, PICTURE, NEGATIVE)] * steps

    def __call__(self, predictions: Mapping[str, torch.Tensor], i: int) -> torch.Tensor:
        """The three predictions on their line."""
        both, picture, neither = (predictions[name] for name in (POSITIVE, PICTURE, NEGATIVE))
        return neither + self.scale * (both - picture) + self.picture_scale * (picture - neither)
