"""Inpainting with nine channels and with four, against the reference pipeline."""

import diffusers
import pytest
import torch

from engine.diffusion.extra_channels import for_inpainting
from engine.diffusion.hooks.keep_outside import keeping
from engine.diffusion.sampling import Job
from engine.diffusion.span import Span
from engine.diffusion.values import Image, Mask
from tests.parity.pipelines.tiny import (
    agree,
    decoded,
    encoded,
    generators,
    noise,
    our_scheduler,
    picture,
    quiet,
    their_scheduler,
    zeros,
)

pytestmark = pytest.mark.parity

MASK = torch.zeros(1, 1, 64, 64)
MASK[..., 16:48, 8:40] = 1


@pytest.mark.parametrize("channels", [9, 4])
@pytest.mark.parametrize("solver", ["DDIMScheduler", "EulerDiscreteScheduler"])
@pytest.mark.parametrize("strength", [0.6, 1.0])
def test_the_same_picture(tiny, channels: int, solver: str, strength: float):
    model, scheduler = tiny(in_channels=channels), their_scheduler(solver)
    pixels = picture()
    theirs = quiet(
        diffusers.StableDiffusionInpaintPipeline(
            **model.theirs,
            scheduler=scheduler,
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
    )(
        ["a red fish"] * 2,
        image=pixels,
        mask_image=MASK,
        negative_prompt=["a cat"] * 2,
        num_inference_steps=6,
        strength=strength,
        guidance_scale=4.0,
        height=64,
        width=64,
        generator=generators(),
        output_type="pt",
    ).images
    vae, mask = model.ours["vae"], Mask(MASK)
    known = encoded(vae, pixels)
    extra, hooks = None, ()
    if channels == 9:
        extra = for_inpainting(vae, Image(pixels), mask)
    else:
        hooks = (keeping(mask, known),)
    job = Job(
        model.ours["unet"],
        our_scheduler(scheduler),
        known if strength < 1 else zeros(),
        noise(),
        model.prompt("a red fish"),
        model.prompt("a cat"),
        steps=6,
        guidance=4.0,
        span=Span("renoise", strength) if strength < 1 else Span(),
        channels=extra,
        hooks=hooks,
    )
    agree(decoded(vae, job.run().latents), theirs)
