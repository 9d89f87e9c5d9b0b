"""Keeping to a recorded trajectory outside a mask: the third stage of DiffEdit.

Couairon et al. 2023, algorithm 1: outside the mask every step is replaced by the latents that the
picture's inversion had at that level.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.diffusion.hooks.base import Hook, Loop, StepHook
from engine.diffusion.values import Mask, Trajectory
from engine.graph.errors import LoomError

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Follow(Hook):
    """`mask` (B or 1, 1, h, w), 1 = free; `path` (S + 1, B or 1, C, h, w) from clean to noisiest.

    A run that leaves for timestep t_i is at `path[S - i]` outside the mask.
    """

    mask: torch.Tensor
    path: torch.Tensor

    def begin(self, loop: Loop) -> StepHook:
        """LoomError for another size, and for a run with another number of steps."""
        steps = loop.end - loop.start
        if len(self.path) != steps + 1:
            raise LoomError(
                f"The trajectory has {len(self.path) - 1} steps, and this run {steps}.",
                field="steps",
                remedy="Invert and denoise with the same steps and strength.",
            )
        from engine.diffusion.latent_mask import fitted

        mask, _ = fitted(self.mask, self.path[0], loop.shape, loop.device)
        return _Following(loop.start, mask, self.path.to(loop.device).flip(0))


class _Following(StepHook):
    def __init__(self, start: int, mask: torch.Tensor, path: torch.Tensor) -> None:
        self.start, self.mask, self.path = start, mask, path

    def after(self, i: int, sample: torch.Tensor) -> torch.Tensor:
        """mask x + (1 - mask) path, at the level that step `i` reached."""
        return self.mask * sample + (1 - self.mask) * self.path[i - self.start + 1]


def following(mask: Mask, trajectory: Trajectory) -> Follow:
    """The hook for a picture's mask and an inverted trajectory.

    Raises LoomError for a mask of another size, and for an empty one.
    """
    from engine.diffusion.latent_mask import of_latents
    from engine.diffusion.trajectories import step_of

    return Follow(of_latents(mask, step_of(trajectory, 0)), trajectory.samples)
