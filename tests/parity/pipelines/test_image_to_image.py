"""Image to image (Meng et al. 2022) against the reference pipeline."""

import diffusers
import pytest

from engine.diffusion.sampling import Job
from engine.diffusion.span import Span
from tests.parity.pipelines.tiny import (
    SOLVERS,
    agree,
    decoded,
    encoded,
    generators,
    noise,
    our_scheduler,
    picture,
    quiet,
    their_scheduler,
)

pytestmark = pytest.mark.parity


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("strength", [0.3, 0.75, 1.0])
def test_the_same_picture(tiny, solver: str, strength: float):
    model, scheduler = tiny(), their_scheduler(solver)
    pixels = picture()
    theirs = quiet(
        diffusers.StableDiffusionImg2ImgPipeline(
            **model.theirs,
            scheduler=scheduler,
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
    )(
        ["a red fish"] * 2,
        image=pixels,
        negative_prompt=["a cat"] * 2,
        num_inference_steps=8,
        strength=strength,
        guidance_scale=4.0,
        generator=generators(),
        output_type="pt",
    ).images
    job = Job(
        model.ours["unet"],
        our_scheduler(scheduler),
        encoded(model.ours["vae"], pixels),
        noise(),
        model.prompt("a red fish"),
        model.prompt("a cat"),
        steps=8,
        guidance=4.0,
        span=Span("renoise", strength),
    )
    agree(decoded(model.ours["vae"], job.run().latents), theirs)
