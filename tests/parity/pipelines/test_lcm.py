"""Latent consistency models: few steps, and the guidance scale as an input of the UNet."""

import diffusers
import pytest

from engine.diffusion.sampling import Job
from tests.parity.pipelines.tiny import (
    agree,
    decoded,
    generators,
    noise,
    our_scheduler,
    quiet,
    zeros,
)

pytestmark = pytest.mark.parity


@pytest.mark.parametrize("steps", [1, 4])
def test_the_same_picture(tiny, steps: int):
    model, scheduler = tiny(time_cond_proj_dim=16), diffusers.LCMScheduler()
    theirs = quiet(
        diffusers.LatentConsistencyModelPipeline(
            **model.theirs,
            scheduler=scheduler,
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
    )(
        ["a red fish"] * 2,
        num_inference_steps=steps,
        guidance_scale=8.5,
        height=64,
        width=64,
        generator=generators(),
        output_type="pt",
    ).images
    job = Job(
        model.ours["unet"],
        our_scheduler(scheduler),
        zeros(),
        noise(),
        model.prompt("a red fish"),
        steps=steps,
        guidance=8.5,
    )
    agree(decoded(model.ours["vae"], job.run().latents), theirs)
