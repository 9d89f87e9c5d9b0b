"""InstructPix2Pix, depth to image and the ×4 upscaler against the reference pipelines."""

import sys

import diffusers
import pytest
import torch

from engine.diffusion.extra_channels import for_depth, for_editing
from engine.diffusion.guidance.instruct_pix2pix import InstructPix2Pix
from engine.diffusion.sampling import Job
from engine.diffusion.span import Span
from engine.diffusion.upscaling import low_resolution
from engine.diffusion.values import Image, Latents, Noise
from tests.parity.pipelines.tiny import (
    SEEDS,
    SOLVERS,
    agree,
    decoded,
    depth_estimator,
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
UNSAFE = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}


@pytest.mark.parametrize("solver", ["EulerAncestralDiscreteScheduler", "DDIMScheduler"])
def test_instruct_pix2pix(tiny, solver: str):
    model, scheduler = tiny(in_channels=8), their_scheduler(solver)
    pixels = picture()
    theirs = quiet(
        diffusers.StableDiffusionInstructPix2PixPipeline(
            **model.theirs, scheduler=scheduler, **UNSAFE
        )
    )(
        ["a red fish"] * 2,
        image=pixels,
        negative_prompt=["a cat"] * 2,
        num_inference_steps=6,
        guidance_scale=5.0,
        image_guidance_scale=1.4,
        generator=generators(),
        output_type="pt",
    ).images
    job = Job(
        model.ours["unet"],
        our_scheduler(scheduler),
        zeros(),
        noise(),
        model.prompt("a red fish"),
        model.prompt("a cat"),
        steps=6,
        guidance=InstructPix2Pix(5.0, 1.4),
        channels=for_editing(model.ours["vae"], Image(pixels)),
    )
    agree(decoded(model.ours["vae"], job.run().latents), theirs)


@pytest.mark.parametrize("solver", ["DDIMScheduler", "DPMSolverMultistepScheduler"])
def test_depth_to_image(tiny, solver: str):
    model, scheduler = tiny(in_channels=5), their_scheduler(solver)
    pixels = picture()
    depth = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(3))

    theirs = quiet(
        diffusers.StableDiffusionDepth2ImgPipeline(
            **model.theirs, scheduler=scheduler, **depth_estimator()
        )
    )(
        ["a red fish"] * 2,
        image=pixels,
        depth_map=depth[0].expand(2, -1, -1),
        negative_prompt=["a cat"] * 2,
        num_inference_steps=8,
        strength=0.7,
        guidance_scale=4.0,
        generator=generators(),
        output_type="pt",
    ).images
    known = encoded(model.ours["vae"], pixels)
    job = Job(
        model.ours["unet"],
        our_scheduler(scheduler),
        known,
        noise(),
        model.prompt("a red fish"),
        model.prompt("a cat"),
        steps=8,
        guidance=4.0,
        span=Span("renoise", 0.7),
        channels=for_depth(Image(depth.expand(2, 3, -1, -1)), known),
    )
    agree(decoded(model.ours["vae"], job.run().latents), theirs)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("each", [1, 2], ids=["a picture of each", "two of one"])
def test_upscaling(tiny, monkeypatch: pytest.MonkeyPatch, solver: str, each: int):
    """Its level of noise is a class, its latents are as large as the small picture.

    Several made of one small picture see the same noise on that, and begin with their own.
    """
    model = tiny(in_channels=7, num_class_embeds=1000)
    scheduler = their_scheduler(solver, prediction_type="v_prediction")
    low = diffusers.DDPMScheduler(beta_schedule="scaled_linear")
    small = picture(side=8)[: 2 // each]
    drawn = torch.stack([torch.randn(3, 8, 8, generator=g) for g in _second_draws()])[: 2 // each]
    first = torch.stack([torch.randn(4, 8, 8, generator=g) for g in generators()])
    pipeline = diffusers.StableDiffusionUpscalePipeline(
        **model.theirs, scheduler=scheduler, low_res_scheduler=low
    )
    module = sys.modules[type(pipeline).__module__]
    monkeypatch.setattr(module, "randn_tensor", lambda *_, **__: drawn)
    theirs = quiet(pipeline)(
        ["a red fish"] * len(small),
        image=small,
        negative_prompt=["a cat"] * len(small),
        num_images_per_prompt=each,
        num_inference_steps=5,
        guidance_scale=4.0,
        noise_level=20,
        latents=first,
        generator=_generators_after_the_first_draw(),
        output_type="latent",
    ).images
    job = Job(
        model.ours["unet"],
        our_scheduler(scheduler),
        Latents(first * 0),
        noise(),
        model.prompt("a red fish"),
        model.prompt("a cat"),
        steps=5,
        guidance=4.0,
        channels=low_resolution(Image(small), Noise(SEEDS[: len(small)]), 20),
    )
    agree(job.run().latents.samples, theirs)


def _generators_after_the_first_draw():
    found = generators()
    for generator in found:
        torch.randn(4, 8, 8, generator=generator)
    return found


def _second_draws():
    """Generators that have drawn a small picture's noise once."""
    found = [torch.Generator().manual_seed(seed) for seed in SEEDS]
    for generator in found:
        torch.randn(3, 8, 8, generator=generator)
    return found
