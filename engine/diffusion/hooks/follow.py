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

    After k steps a run is at `path[S - k]` outside the mask, scaled as its solver's samples are.
    `timesteps` (S,) are the noise levels that the path was recorded at, () where nobody knows.
    """

    mask: torch.Tensor
    path: torch.Tensor
    timesteps: tuple[float, ...] = ()

    def begin(self, loop: Loop) -> StepHook:
        """LoomError for another size, and for a run of other steps than the path has."""
        from engine.diffusion.trajectories import scale_at

        total = len(loop.run.timesteps)
        cuts = [i for i in (*loop.run.starts, total) if loop.start <= i <= loop.end]
        steps = len(cuts) - 1
        if len(self.path) != steps + 1:
            raise LoomError(
                f"The trajectory has {len(self.path) - 1} steps, and this run {steps}.",
                field="steps",
                remedy="Invert and denoise with the same steps and strength.",
            )
        if self.timesteps:
            self._check_levels([float(loop.run.timesteps[i]) for i in cuts[:-1]])
        from engine.diffusion.latent_mask import fitted

        mask, _ = fitted(self.mask, self.path[0], loop.shape, loop.device)
        path = self.path.to(loop.device).flip(0)
        levels = {i: path[k] * scale_at(loop.run, i) for k, i in enumerate(cuts)}
        return _Following(mask, levels)

    def _check_levels(self, run: list[float]) -> None:
        """LoomError where the run, at these timesteps, is further than one step from the path.

        Solvers place the same number of evenly spread steps a little differently.
        """
        path = self.timesteps[::-1]
        apart = (path[0] - path[-1]) / max(1, len(path) - 1)
        for k, (here, there) in enumerate(zip(run, path, strict=False)):
            if abs(here - there) > max(apart, 1):
                raise LoomError(
                    f"Step {k} of this run is at timestep {here:g}, and the trajectory was there "
                    f"at {there:g}.",
                    field="scheduler",
                    remedy="Invert and denoise with schedulers of the same spacing and sigmas.",
                )


class _Following(StepHook):
    def __init__(self, mask: torch.Tensor, levels: dict[int, torch.Tensor]) -> None:
        self.mask, self.levels = mask, levels

    def after(self, i: int, sample: torch.Tensor) -> torch.Tensor:
        """mask x + (1 - mask) path, where a step is complete, at the level that it reached."""
        known = self.levels.get(i + 1)
        return sample if known is None else self.mask * sample + (1 - self.mask) * known


def following(mask: Mask, trajectory: Trajectory) -> Follow:
    """The hook for a picture's mask and an inverted trajectory.

    Raises LoomError for a mask of another size, and for an empty one.
    """
    from engine.diffusion.latent_mask import of_latents
    from engine.diffusion.trajectories import step_of

    found = of_latents(mask, step_of(trajectory, 0))
    return Follow(found, trajectory.samples, trajectory.timesteps)
