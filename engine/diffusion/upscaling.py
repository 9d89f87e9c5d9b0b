"""The picture that an upscaling UNet enlarges, with noise that hides what is wrong with it.

Noise conditioning augmentation: Ho et al. 2022 (cascaded diffusion), section 4.
"""

from __future__ import annotations

import torch

from engine.diffusion.latents import SeededNoise
from engine.diffusion.schedulers.registry import from_json
from engine.diffusion.values import ExtraChannels, Image, Noise, Scheduler
from engine.graph.errors import LoomError

# What the published upscaler noises its small pictures with.
LOW_RESOLUTION = {
    "_class_name": "DDPMScheduler",
    "beta_start": 0.0001,
    "beta_end": 0.02,
    "beta_schedule": "scaled_linear",
}


@torch.inference_mode()
def low_resolution(
    image: Image, noise: Noise, level: int = 20, scheduler: Scheduler | None = None
) -> ExtraChannels:
    """The picture (B, 3, h, w) in -1…1, noised to timestep `level` of `scheduler`'s schedule.

    Picture k is noised by its own seed, one further on than its latents' (so that the two are
    never the same). Raises LoomError for a level beyond the schedule.
    """
    from engine.diffusion.sampling import seeds_for

    solver = from_json(scheduler.to_json() if scheduler else LOW_RESOLUTION)
    alphas = solver.alphas_cumprod()  # type: ignore[attr-defined]
    if not 0 <= level < len(alphas):
        raise LoomError(
            f"There is no noise level {level}; there are 0 to {len(alphas) - 1}.",
            field="noise_level",
        )
    batch, *shape = image.pixels.shape
    unit = SeededNoise(seeds_for(noise, batch), shape)(1)
    alpha = alphas[level]
    noised = alpha.sqrt() * (image.pixels * 2 - 1) + (1 - alpha).sqrt() * unit
    return ExtraChannels(noised.clone(), level=torch.full((batch,), level))
