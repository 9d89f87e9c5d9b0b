"""Bounds on the predicted picture, for models of pixels: clipping and dynamic thresholding.

A solver's configuration derives from one of these, or from both as (Thresholding, Clipping), and
its run calls `config.bounded(x0)`. Together with SigmaScheduler, that comes first: it changes a
default. Latents have no such bounds: for them all of this is off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import torch

from engine.diffusion.schedulers.beta_scheduler import BetaScheduler
from engine.diffusion.schedulers.prediction import dynamic_threshold


@dataclass(frozen=True, kw_only=True)
class Thresholding(BetaScheduler):
    """Dynamic thresholding (Saharia et al. 2022, 2.3); where it is on, nothing is clipped."""

    thresholding: bool = False
    dynamic_thresholding_ratio: float = 0.995
    """The part of the picture's values, 0 to 1, that counts as not saturated."""
    sample_max_value: float = 1.0
    """The largest value that isn't saturated."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require(
            0 < self.dynamic_thresholding_ratio <= 1, "dynamic_thresholding_ratio must be in (0, 1]"
        )
        self._require(self.sample_max_value >= 1, "sample_max_value must be at least 1")

    def bounded(self, x0: torch.Tensor) -> torch.Tensor:
        if self.thresholding:
            return dynamic_threshold(x0, self.dynamic_thresholding_ratio, self.sample_max_value)
        return super().bounded(x0)


@dataclass(frozen=True, kw_only=True)
class Clipping(BetaScheduler):
    """Clamp the predicted picture to ± clip_sample_range."""

    # A solver that knows no clipping did not clip: taking up the default would burn out latents.
    when_swapped: ClassVar[Mapping[str, Any]] = {"clip_sample": False}

    clip_sample: bool = True
    clip_sample_range: float = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._require(self.clip_sample_range > 0, "clip_sample_range must be above 0")

    def bounded(self, x0: torch.Tensor) -> torch.Tensor:
        if self.clip_sample:
            return x0.clamp(-self.clip_sample_range, self.clip_sample_range)
        return super().bounded(x0)
