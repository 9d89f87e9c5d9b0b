"""The noising of flow-matching models, which their runs share."""

from __future__ import annotations

import torch

from engine.diffusion.schedulers.run import SchedulerRun, at_least_float32


class FlowRun(SchedulerRun):
    """Samples are x = (1 - sigma) x_0 + sigma noise; pure noise is where runs begin."""

    def __init__(self, seen: torch.Tensor) -> None:
        """`seen`: sigma, 1 to 0, of the sample at every model call, (S,) float32 on the CPU."""
        self.seen: list[float] = seen.tolist()

    def add_noise(self, i: int, sample: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """(1 - sigma) x_0 + sigma noise."""
        return (1 - self.seen[i]) * at_least_float32(sample) + self.seen[i] * noise
