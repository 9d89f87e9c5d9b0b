"""Every pipeline over a multistep, a second-order and an ancestral solver, two prompts at once and
two pictures of each, against the reference's.
"""

from collections.abc import Callable
from typing import Any

import diffusers
import pytest
import torch

from engine.diffusion.extra_channels import for_depth, for_editing, for_inpainting
from engine.diffusion.guidance.instruct_pix2pix import InstructPix2Pix
from engine.diffusion.hooks.keep_outside import keeping
from engine.diffusion.sampling import Job
from engine.diffusion.span import Span
from engine.diffusion.text.combine import batched, with_sizes
from engine.diffusion.values import Conditioning, Image, Latents, Mask, Noise
from tests.parity.pipelines.tiny import (
    SOLVERS,
    Tiny,
    agree,
    decoded,
    depth_estimator,
    encoded,
    generators,
    our_scheduler,
    picture,
    quiet,
    their_scheduler,
    zeros,
)

pytestmark = pytest.mark.parity
PROMPTS, EACH, STEPS = ["a red fish", "a blue dog"], 2, 6
SEEDS = (5, 6, 7, 8)
COUNT = len(PROMPTS) * EACH
UNSAFE = {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
SHARED = {
    "prompt": PROMPTS,
    "negative_prompt": ["a cat"] * len(PROMPTS),
    "num_images_per_prompt": EACH,
    "num_inference_steps": STEPS,
    "guidance_scale": 4.0,
    "output_type": "pt",
}
SIZE = {"height": 64, "width": 64}
MASK = torch.zeros(1, 1, 64, 64)
MASK[..., 16:48, 8:40] = 1


def told(model: Tiny, sizes: tuple[float, ...] = ()) -> dict[str, Conditioning]:
    """The prompts, each as often as pictures are made of it, and the negative one."""

    def encoded_as(words: str) -> Conditioning:
        found = model.prompt(words)
        return with_sizes(found, *sizes) if sizes else found

    each = [encoded_as(words) for words in PROMPTS for _ in range(EACH)]
    return {"positive": batched(each), "negative": encoded_as("a cat")}


def ours(model: Tiny, scheduler: Any, latents: Latents, **options: Any) -> torch.Tensor:
    sizes = options.pop("sizes", ())
    options = {"guidance": 4.0, **told(model, sizes), **options}
    job = Job(
        *(model.ours["unet"], our_scheduler(scheduler), latents, Noise(SEEDS)),
        steps=STEPS,
        **options,
    )
    return decoded(model.ours["vae"], job.run().latents)


def theirs(name: str, model: Tiny, scheduler: Any, options: Any = UNSAFE, **given: Any) -> Any:
    pipeline = getattr(diffusers, name)(**model.theirs, scheduler=scheduler, **options)
    return quiet(pipeline)(**{**SHARED, **given}, generator=generators(SEEDS)).images


def known(model: Tiny) -> Latents:
    """The latents of one picture, once for each that is made of it."""
    found = encoded(model.ours["vae"], picture(1))
    return Latents(found.samples.expand(COUNT, -1, -1, -1), found.space, found.factor)


def text_to_image(tiny: Any, scheduler: Any) -> Any:
    model = tiny()
    made = theirs("StableDiffusionPipeline", model, scheduler, **SIZE)
    return ours(model, scheduler, zeros(COUNT)), made


def image_to_image(tiny: Any, scheduler: Any) -> Any:
    model, name = tiny(), "StableDiffusionImg2ImgPipeline"
    made = theirs(name, model, scheduler, image=picture(1), strength=0.7)
    return ours(model, scheduler, known(model), span=Span("renoise", 0.7)), made


def inpaint(tiny: Any, scheduler: Any, channels: int = 4) -> Any:
    model, name = tiny(in_channels=channels), "StableDiffusionInpaintPipeline"
    made = theirs(name, model, scheduler, image=picture(1), mask_image=MASK, **SIZE)
    if channels == 9:
        extra = for_inpainting(model.ours["vae"], Image(picture(1)), Mask(MASK))
        return ours(model, scheduler, zeros(COUNT), channels=extra), made
    hooks = (keeping(Mask(MASK), known(model)),)
    return ours(model, scheduler, zeros(COUNT), hooks=hooks), made


def inpaint_nine_channels(tiny: Any, scheduler: Any) -> Any:
    return inpaint(tiny, scheduler, 9)


def depth_to_image(tiny: Any, scheduler: Any) -> Any:
    model, name = tiny(in_channels=5), "StableDiffusionDepth2ImgPipeline"
    depth = torch.rand(1, 1, 16, 16, generator=torch.Generator().manual_seed(3))
    given = {"image": picture(1), "depth_map": depth[0], "strength": 0.7}
    made = theirs(name, model, scheduler, depth_estimator(), **given)
    extra = for_depth(Image(depth.expand(1, 3, -1, -1)), known(model))
    latents = known(model)
    return ours(model, scheduler, latents, span=Span("renoise", 0.7), channels=extra), made


def instruct_pix2pix(tiny: Any, scheduler: Any) -> Any:
    model, name = tiny(in_channels=8), "StableDiffusionInstructPix2PixPipeline"
    given = {"image": picture(1), "image_guidance_scale": 1.4}
    made = theirs(name, model, scheduler, **given)
    extra = for_editing(model.ours["vae"], Image(picture(1)))
    guidance = InstructPix2Pix(4.0, 1.4)
    return ours(model, scheduler, zeros(COUNT), channels=extra, guidance=guidance), made


XL = {"add_watermarker": False}
XL_SIZES = (64, 64, 0, 0, 64, 64)


def sdxl(tiny: Any, scheduler: Any) -> Any:
    model = tiny("sdxl")
    made = theirs("StableDiffusionXLPipeline", model, scheduler, XL, **SIZE)
    return ours(model, scheduler, zeros(COUNT), sizes=XL_SIZES), made


def sdxl_image_to_image(tiny: Any, scheduler: Any) -> Any:
    model, name = tiny("sdxl"), "StableDiffusionXLImg2ImgPipeline"
    made = theirs(name, model, scheduler, XL, image=picture(1), strength=0.7)
    latents = known(model)
    return ours(model, scheduler, latents, sizes=XL_SIZES, span=Span("renoise", 0.7)), made


def sdxl_inpaint(tiny: Any, scheduler: Any) -> Any:
    model, name = tiny("sdxl"), "StableDiffusionXLInpaintPipeline"
    given = {"image": picture(1), "mask_image": MASK, "strength": 1.0, **SIZE}
    made = theirs(name, model, scheduler, XL, **given)
    hooks = (keeping(Mask(MASK), known(model)),)
    return ours(model, scheduler, zeros(COUNT), sizes=XL_SIZES, hooks=hooks), made


def sdxl_refiner(tiny: Any, scheduler: Any) -> Any:
    model, name = tiny("refiner"), "StableDiffusionXLImg2ImgPipeline"
    options = {**XL, "text_encoder": None, "tokenizer": None, "requires_aesthetics_score": True}
    given = {"image": picture(1), "strength": 0.5}
    made = theirs(name, model, scheduler, options, **given)
    encode = model.prompt
    each = [with_sizes(encode(words), 64, 64, 0, 0, 6.0) for words in PROMPTS for _ in range(EACH)]
    both = {
        "positive": batched(each),
        "negative": with_sizes(encode("a cat"), 64, 64, 0, 0, 2.5),
    }
    return ours(model, scheduler, known(model), span=Span("renoise", 0.5), **both), made


PIPELINES: list[Callable[[Any, Any], Any]] = [
    *(text_to_image, image_to_image, inpaint, inpaint_nine_channels, depth_to_image),
    *(instruct_pix2pix, sdxl, sdxl_image_to_image, sdxl_inpaint, sdxl_refiner),
]


@pytest.mark.parametrize("pipeline", PIPELINES, ids=lambda one: one.__name__)
@pytest.mark.parametrize("solver", SOLVERS[1:])
def test_the_same_pictures(tiny, pipeline, solver: str):
    found, wanted = pipeline(tiny, their_scheduler(solver))
    assert found.shape == (COUNT, 3, 64, 64)
    agree(found, wanted)


@pytest.mark.parametrize("solver", SOLVERS[1:])
def test_a_model_that_predicts_v(tiny, solver: str):
    scheduler = their_scheduler(solver, prediction_type="v_prediction")
    agree(*text_to_image(tiny, scheduler))
