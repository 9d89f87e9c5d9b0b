"""What wires carry between the parts of an opened loop; light to import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.diffusion.values import Scheduler, read_fields
from engine.graph import digests
from engine.graph.types import kind

if TYPE_CHECKING:
    import torch

    from engine.diffusion.schedulers.run import SchedulerRun


@kind("Sampling", colour="#ff9070", facets=("space", "channels"))
@dataclass(frozen=True, eq=False)
class Sampling:
    """A run before step `index`: its `sample` (B, C, h, w), and the solver with its memory.

    `seeds` make the noise that some solvers add, counted from step `start`; `end` is one past the
    last step.
    """

    scheduler: Scheduler
    steps: int
    index: int
    end: int
    sample: torch.Tensor
    run: SchedulerRun
    seeds: tuple[int, ...] = ()
    space: str = ""
    factor: int = 8
    start: int = 0


@kind("Prediction", colour="#ffd0a0")
@dataclass(frozen=True, eq=False)
class Prediction:
    """What a UNet predicts of a step: noise, the picture, or v, as it was trained (B, C, h, w)."""

    values: torch.Tensor


digests.reader(Sampling)(read_fields)
digests.reader(Prediction)(read_fields)
