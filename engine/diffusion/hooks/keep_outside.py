"""Inpainting with a model that was not trained for it: what is outside the mask is put back.

After each step the known picture, noised to the level that the step reached, replaces the part
outside the mask (Lugmayr et al. 2022, equation 8, without its resampling).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.diffusion.hooks.base import Hook, Loop, StepHook
from engine.diffusion.values import Latents, Mask
from engine.graph.errors import LoomError

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class KeepOutside(Hook):
    """`mask` (B or 1, 1, h, w) in 0…1 on the latents' grid, 1 = made anew; `known` (B or 1, C, h,
    w) the clean latents to keep.
    """

    mask: torch.Tensor
    known: torch.Tensor

    def begin(self, loop: Loop) -> StepHook:
        """LoomError for a mask or latents of another size, and a run that has no noise."""
        if loop.noise is None:
            raise LoomError(
                "Keeping what is outside the mask needs the run's noise.",
                field="noise",
                remedy="Connect a noise seed.",
            )
        from engine.diffusion.latent_mask import fitted

        mask, known = fitted(self.mask, self.known, loop.shape, loop.device)
        return _Keeping(loop, mask, known, loop.noise)


class _Keeping(StepHook):
    def __init__(
        self, loop: Loop, mask: torch.Tensor, known: torch.Tensor, noise: torch.Tensor
    ) -> None:
        self.run, self.mask, self.known, self.noise = loop.run, mask, known, noise

    def after(self, i: int, sample: torch.Tensor) -> torch.Tensor:
        """mask x + (1 - mask) known, known at the level of step i + 1; clean after the last."""
        last = i + 1 == len(self.run.timesteps)
        known = self.known if last else self.run.add_noise(i + 1, self.known, self.noise)
        return self.mask * sample + (1 - self.mask) * known


def keeping(mask: Mask, latents: Latents) -> KeepOutside:
    """The hook for a picture's mask and its clean latents.

    Raises LoomError for a mask of another size, and for an empty one.
    """
    from engine.diffusion.latent_mask import of_latents

    return KeepOutside(of_latents(mask, latents), latents.samples)
