"""Solvers that call the model twice a step: at its start, and again at an inner stage."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from engine.diffusion.schedulers.run import SchedulerRun
from engine.graph.errors import LoomError


class TwoStages(SchedulerRun):
    """A run of S steps and 2 S - 1 model calls: step k begins at call 2 k and ends after 2 k + 1.

    The last step has no inner stage: it ends at the clean picture, which no model call sees.
    """

    _begun: tuple[int, torch.Tensor, torch.Tensor] | None = None

    @property
    def starts(self) -> Sequence[int]:
        return range(0, len(self.timesteps), 2)

    def begin(self, i: int, x: torch.Tensor, d: torch.Tensor) -> None:
        """Remember the sample `x` and the slope `d` with which a step begins at call `i`."""
        self._begun = (i, x, d)

    def begun(self, i: int) -> tuple[torch.Tensor, torch.Tensor]:
        """The sample and slope with which the step of the inner stage `i` began."""
        if self._begun is None or self._begun[0] != i - 1:
            raise LoomError(
                f"Model call {i} is the inner stage of a step that this run did not begin.",
                field="start",
                remedy=f"Begin at call {i - 1}.",
            )
        return self._begun[1:]


def interleaved(starts: torch.Tensor, inner: torch.Tensor) -> torch.Tensor:
    """The table (2 S - 1,) of all model calls, from those of S starts and S - 1 inner stages."""
    table = starts.new_empty(2 * len(starts) - 1)
    table[::2], table[1::2] = starts, inner
    return table
