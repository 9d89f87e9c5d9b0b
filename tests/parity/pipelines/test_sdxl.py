"""SDXL: sizes, two prompts, zeros for none, the refiner and the ensemble of both."""

import diffusers
import pytest

from engine.diffusion.guidance.classifier_free import ClassifierFree
from engine.diffusion.sampling import Job
from engine.diffusion.span import Span
from engine.diffusion.text.combine import with_sizes, zeroed
from engine.graph.errors import LoomError
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
    zeros,
)

pytestmark = pytest.mark.parity
SIZES = (70, 80, 3, 5, 64, 64)


def base_pipeline(model, scheduler, kind="StableDiffusionXLPipeline", **options):
    found = getattr(diffusers, kind)(
        **model.theirs, scheduler=scheduler, add_watermarker=False, **options
    )
    return quiet(found)


def told(model, words: str, second: str | None = None):
    return with_sizes(model.prompt(words, second), *SIZES)


THEIR_SIZES = {
    "original_size": (70, 80),
    "crops_coords_top_left": (3, 5),
    "target_size": (64, 64),
    "negative_original_size": (70, 80),
    "negative_crops_coords_top_left": (3, 5),
    "negative_target_size": (64, 64),
}


@pytest.mark.parametrize("solver", SOLVERS)
def test_text_to_image_with_a_second_prompt(tiny, solver: str):
    model, scheduler = tiny("sdxl"), their_scheduler(solver)
    theirs = base_pipeline(model, scheduler)(
        ["a red fish"] * 2,
        prompt_2=["a blue dog"] * 2,
        negative_prompt=["a cat"] * 2,
        num_inference_steps=6,
        guidance_scale=4.0,
        guidance_rescale=0.6,
        height=64,
        width=64,
        generator=generators(),
        output_type="pt",
        **THEIR_SIZES,
    ).images
    job = Job(
        model.ours["unet"],
        our_scheduler(scheduler),
        zeros(),
        noise(),
        told(model, "a red fish", "a blue dog"),
        told(model, "a cat"),
        steps=6,
        guidance=ClassifierFree(4.0, rescale=0.6),
    )
    agree(decoded(model.ours["vae"], job.run().latents), theirs)


def test_zeros_where_there_is_no_negative_prompt(tiny):
    model, scheduler = tiny("sdxl"), their_scheduler("EulerDiscreteScheduler")
    theirs = base_pipeline(model, scheduler)(
        ["a red fish"] * 2,
        num_inference_steps=4,
        guidance_scale=4.0,
        height=64,
        width=64,
        generator=generators(),
        output_type="pt",
    ).images
    positive = with_sizes(model.prompt("a red fish"), 64, 64, 0, 0, 64, 64)
    job = Job(
        model.ours["unet"],
        our_scheduler(scheduler),
        zeros(),
        noise(),
        positive,
        zeroed(positive),
        steps=4,
        guidance=4.0,
    )
    agree(decoded(model.ours["vae"], job.run().latents), theirs)


@pytest.mark.parametrize("solver", ["DDIMScheduler", "EulerDiscreteScheduler"])
@pytest.mark.parametrize("cut", [0.5, 0.8])
def test_the_ensemble_of_base_and_refiner(tiny, solver: str, cut: float):
    base, refiner, scheduler = tiny("sdxl"), tiny("refiner"), their_scheduler(solver)
    first = base_pipeline(base, scheduler)(
        ["a red fish"] * 2,
        negative_prompt=["a cat"] * 2,
        num_inference_steps=10,
        denoising_end=cut,
        guidance_scale=4.0,
        height=64,
        width=64,
        generator=generators(),
        output_type="latent",
    ).images
    theirs = base_pipeline(
        _refiner(refiner),
        scheduler,
        "StableDiffusionXLImg2ImgPipeline",
        requires_aesthetics_score=True,
    )(
        ["a red fish"] * 2,
        negative_prompt=["a cat"] * 2,
        image=first,
        num_inference_steps=10,
        denoising_start=cut,
        guidance_scale=4.0,
        aesthetic_score=6.5,
        negative_aesthetic_score=2.0,
        original_size=(64, 64),
        target_size=(64, 64),
        output_type="pt",
    ).images
    shared = {"scheduler": our_scheduler(scheduler), "steps": 10, "guidance": 4.0}
    sizes = (64, 64, 0, 0, 64, 64)
    half = Job(
        base.ours["unet"],
        latents=zeros(),
        noise=noise(),
        positive=with_sizes(base.prompt("a red fish"), *sizes),
        negative=with_sizes(base.prompt("a cat"), *sizes),
        span=Span(end=cut),
        **shared,
    ).run()
    agree(half.latents.samples, first)
    whole = Job(
        refiner.ours["unet"],
        latents=half.latents,
        noise=None,
        positive=with_sizes(refiner.prompt("a red fish"), 64, 64, 0, 0, 6.5),
        negative=with_sizes(refiner.prompt("a cat"), 64, 64, 0, 0, 2.0),
        span=Span("continue", start=cut),
        **shared,
    ).run()
    agree(decoded(refiner.ours["vae"], whole.latents), theirs)


def test_the_refiner_on_a_finished_picture(tiny):
    model, scheduler = tiny("refiner"), their_scheduler("EulerDiscreteScheduler")
    pixels = picture()
    theirs = base_pipeline(
        _refiner(model),
        scheduler,
        "StableDiffusionXLImg2ImgPipeline",
        requires_aesthetics_score=True,
    )(
        ["a red fish"] * 2,
        negative_prompt=["a cat"] * 2,
        image=pixels,
        num_inference_steps=10,
        strength=0.3,
        guidance_scale=4.0,
        generator=generators(),
        output_type="pt",
    ).images
    job = Job(
        model.ours["unet"],
        our_scheduler(scheduler),
        encoded(model.ours["vae"], pixels),
        noise(),
        with_sizes(model.prompt("a red fish"), 64, 64, 0, 0, 6.0),
        with_sizes(model.prompt("a cat"), 64, 64, 0, 0, 2.5),
        steps=10,
        guidance=4.0,
        span=Span("renoise", 0.3),
    )
    agree(decoded(model.ours["vae"], job.run().latents), theirs)


def test_one_step_without_guidance(tiny):
    """As SDXL Turbo is run."""
    model = tiny("sdxl")
    scheduler = their_scheduler("EulerAncestralDiscreteScheduler", timestep_spacing="trailing")
    theirs = base_pipeline(model, scheduler)(
        ["a red fish"] * 2,
        num_inference_steps=1,
        guidance_scale=0.0,
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
        with_sizes(model.prompt("a red fish"), 64, 64, 0, 0, 64, 64),
        steps=1,
        guidance=0.0,
    )
    agree(decoded(model.ours["vae"], job.run().latents), theirs)


def test_few_steps_from_a_picture(tiny):
    """As SDXL Turbo redraws one: steps times strength is 1 or more, and nothing is guided."""
    model = tiny("sdxl")
    scheduler = their_scheduler("EulerAncestralDiscreteScheduler", timestep_spacing="trailing")
    pixels = picture()
    theirs = base_pipeline(model, scheduler, "StableDiffusionXLImg2ImgPipeline")(
        ["a red fish"] * 2,
        image=pixels,
        num_inference_steps=4,
        strength=0.5,
        guidance_scale=0.0,
        generator=generators(),
        output_type="pt",
    ).images
    job = Job(
        model.ours["unet"],
        our_scheduler(scheduler),
        encoded(model.ours["vae"], pixels),
        noise(),
        with_sizes(model.prompt("a red fish"), 64, 64, 0, 0, 64, 64),
        steps=4,
        guidance=0.0,
        span=Span("renoise", 0.5),
    )
    agree(decoded(model.ours["vae"], job.run().latents), theirs)


@pytest.mark.parametrize(
    ("family", "words", "sizes", "reason"),
    [
        ("refiner", "refiner", (64, 64, 0, 0, 64, 64), "SDXL's refiner that reads 5 sizes, and"),
        ("sdxl", "sdxl", (64, 64, 0, 0, 6.0), "SDXL's base that reads 6 sizes, and"),
        ("refiner", "sdxl", (64, 64, 0, 0, 6.0), "embeddings 32 wide, and the positive prompt's"),
        ("sdxl", "sdxl", (), "lacks them"),
        ("sd", "refiner", (64, 64, 0, 0, 6.0), "this UNet reads none"),
    ],
)
def test_what_a_unet_can_not_read_is_named(tiny, family, words, sizes, reason: str):
    """A refiner in the base's place, among others."""
    told = tiny(words).prompt("a cat")
    scheduler = our_scheduler(their_scheduler("DDIMScheduler"))
    positive = with_sizes(told, *sizes) if sizes else told
    job = Job(tiny(family).ours["unet"], scheduler, zeros(), noise(), positive, guidance=1.0)
    with pytest.raises(LoomError, match=reason) as caught:
        job.run()
    assert caught.value.field == "positive"


def _refiner(model):
    """The refiner has no first encoder."""
    from dataclasses import replace

    return replace(model, theirs={"text_encoder": None, "tokenizer": None, **model.theirs})
