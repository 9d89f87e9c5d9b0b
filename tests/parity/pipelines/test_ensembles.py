"""Ensembles of expert denoisers (Balaji et al. 2022): SDXL's base makes the high noise levels, its
refiner the low ones, from text, from a picture and inside a mask.
"""

import sys
from typing import Any

import diffusers
import pytest
import torch

from engine.diffusion.hooks.keep_outside import keeping
from engine.diffusion.latents import SeededNoise
from engine.diffusion.sampling import Job, start_run
from engine.diffusion.schedulers.handles import solver as solver_of
from engine.diffusion.span import Span
from engine.diffusion.text.combine import batched, with_sizes
from engine.diffusion.values import Conditioning, Latents, Mask, Noise
from tests.parity.pipelines.tiny import (
    agree,
    decoded,
    encoded,
    generators,
    our_scheduler,
    picture,
    quiet,
    their_scheduler,
    zeros,
)

pytestmark = pytest.mark.parity
PROMPTS, EACH, STEPS, SEEDS = ["a red fish", "a blue dog"], 2, 10, (5, 6, 7, 8)
COUNT = len(PROMPTS) * EACH
SHARED = {
    "prompt": PROMPTS,
    "negative_prompt": ["a cat"] * len(PROMPTS),
    "num_images_per_prompt": EACH,
    "num_inference_steps": STEPS,
    "guidance_scale": 4.0,
}
BASE_SIZES = {True: (64, 64, 0, 0, 64, 64), False: (64, 64, 0, 0, 64, 64)}
REFINER_SIZES = {True: (64, 64, 0, 0, 6.0), False: (64, 64, 0, 0, 2.5)}
MASK = torch.zeros(1, 1, 64, 64)
MASK[..., 16:48, 8:40] = 1
SMALL = MASK[..., ::8, ::8]
# A solver of one evaluation a step, a multistep and an ancestral one.
ENSEMBLE_SOLVERS = [
    *("DDIMScheduler", "EulerDiscreteScheduler"),
    *("DPMSolverMultistepScheduler", "EulerAncestralDiscreteScheduler"),
]


def told(model: Any, sizes: dict[bool, tuple[float, ...]]) -> dict[str, Conditioning]:
    each = [with_sizes(model.prompt(words), *sizes[True]) for words in PROMPTS for _ in range(EACH)]
    return {
        "positive": batched(each),
        "negative": with_sizes(model.prompt("a cat"), *sizes[False]),
    }


def base(model: Any, scheduler: Any, kind: str, **given: Any) -> Any:
    pipeline = getattr(diffusers, kind)(**model.theirs, scheduler=scheduler, add_watermarker=False)
    return quiet(pipeline)(**SHARED, **given, output_type="latent").images


def refiner(model: Any, scheduler: Any, kind: str, **given: Any) -> Any:
    pipeline = getattr(diffusers, kind)(
        **{"text_encoder": None, "tokenizer": None, **model.theirs},
        scheduler=scheduler,
        add_watermarker=False,
        requires_aesthetics_score=True,
    )
    sizes = {"original_size": (64, 64), "target_size": (64, 64)}
    return quiet(pipeline)(**SHARED, **sizes, **given, output_type="pt").images


def ours(model: Any, scheduler: Any, latents: Latents, sizes: Any, **options: Any) -> Latents:
    job = Job(
        *(model.ours["unet"], our_scheduler(scheduler), latents, Noise(SEEDS)),
        steps=STEPS,
        guidance=4.0,
        **told(model, sizes),
        **options,
    )
    return job.run().latents


def known(model: Any) -> Latents:
    found = encoded(model.ours["vae"], picture(1))
    return Latents(found.samples.expand(COUNT, -1, -1, -1), found.space, found.factor)


def going_on(scheduler: Any, cut: float) -> list[torch.Generator]:
    """Generators whose next draw is what the first step after the cut adds in ours.

    The reference draws on as it happens to have drawn before; ours gives each step its own noise.
    """
    named = our_scheduler(scheduler)
    made = solver_of(named)
    run = start_run(made, named, STEPS, "cpu")
    first, _ = Span("continue", start=cut).indices(run, made.num_train_timesteps)
    drawn = generators(SEEDS)
    for generator in drawn:
        for _ in range(first + 1):
            torch.randn(4, 8, 8, generator=generator)
    return drawn


@pytest.mark.parametrize("solver", ENSEMBLE_SOLVERS)
@pytest.mark.parametrize("cut", [0.5, 0.8])
@pytest.mark.parametrize("strength", [None, 0.75], ids=["text", "picture"])
def test_from_text_and_from_a_picture(tiny, solver: str, cut: float, strength: float | None):
    first, second, scheduler = tiny("sdxl"), tiny("refiner"), their_scheduler(solver)
    kind, span, latents = "StableDiffusionXLPipeline", Span(end=cut), zeros(COUNT)
    given: dict[str, Any] = {"height": 64, "width": 64}
    if strength:
        kind, given = "StableDiffusionXLImg2ImgPipeline", {"image": picture(1)}
        given["strength"] = strength
        span, latents = Span("renoise", strength, end=cut), known(first)
    seam = base(first, scheduler, kind, **given, denoising_end=cut, generator=generators(SEEDS))
    half = ours(first, scheduler, latents, BASE_SIZES, span=span)
    agree(half.samples, seam)
    made = refiner(
        second,
        scheduler,
        "StableDiffusionXLImg2ImgPipeline",
        image=seam,
        denoising_start=cut,
        generator=going_on(scheduler, cut),
    )
    whole = ours(second, scheduler, half, REFINER_SIZES, span=Span("continue", start=cut))
    agree(decoded(second.ours["vae"], whole), made)


@pytest.mark.parametrize("solver", ENSEMBLE_SOLVERS)
def test_inside_a_mask(tiny, monkeypatch: pytest.MonkeyPatch, solver: str):
    """The reference's base hands over what is outside the mask without its noise, and its refiner
    takes what it gets for the picture to keep: each stage is compared from the same latents.
    """
    first, second, scheduler = tiny("sdxl"), tiny("refiner"), their_scheduler(solver)
    kind, cut = "StableDiffusionXLInpaintPipeline", 0.5
    given = {"mask_image": MASK, "strength": 1.0, "height": 64, "width": 64}
    seam = base(
        *(first, scheduler, kind),
        image=picture(1),
        denoising_end=cut,
        generator=generators(SEEDS),
        **given,
    )
    clean = known(first)
    keep = (keeping(Mask(MASK), clean),)
    half = ours(first, scheduler, zeros(COUNT), BASE_SIZES, span=Span(end=cut), hooks=keep)
    agree(SMALL * half.samples + (1 - SMALL) * clean.samples, seam)
    assert float(((1 - SMALL) * (half.samples - clean.samples)).abs().max()) > 0.1

    unit = SeededNoise(SEEDS, (4, 8, 8))(0)
    module = sys.modules[diffusers.StableDiffusionXLInpaintPipeline.__module__]
    monkeypatch.setattr(module, "randn_tensor", lambda *_, **__: unit)
    made = refiner(
        *(second, scheduler, kind),
        image=seam,
        denoising_start=cut,
        generator=going_on(scheduler, cut),
        **given,
    )
    taken = Latents(seam, half.space, half.factor)
    span, keep = Span("continue", start=cut), (keeping(Mask(MASK), taken),)
    whole = ours(second, scheduler, taken, REFINER_SIZES, span=span, hooks=keep)
    agree(decoded(second.ours["vae"], whole), made)


def test_a_solver_of_two_evaluations_a_step_is_cut_between_its_steps(tiny):
    """Against the reference's Heun with its UNets exchanged there: its pipelines cut it elsewhere,
    in the middle of the base's last step.
    """
    first, second = tiny("sdxl"), tiny("refiner")
    scheduler = their_scheduler("HeunDiscreteScheduler")
    half = ours(first, scheduler, zeros(COUNT), BASE_SIZES, span=Span(end=0.5))
    span = Span("continue", start=0.5)
    whole = ours(second, scheduler, half, REFINER_SIZES, span=span)
    scheduler.set_timesteps(STEPS)
    x = SeededNoise(SEEDS, (4, 8, 8))(0) * scheduler.init_noise_sigma
    parts = [(first, told(first, BASE_SIZES)), (second, told(second, REFINER_SIZES))]
    calls = [0, 0]
    for k, t in enumerate(scheduler.timesteps):
        # The first of the two evaluations of a step has an even number.
        stage = int(calls[1] > 0 or (k % 2 == 0 and float(t) < 500))
        calls[stage] += 1
        x = scheduler.step(_guided(*parts[stage], scheduler.scale_model_input(x, t), t), t, x)[0]
    assert min(calls) > 4
    agree(whole.samples, x)


@torch.no_grad()
def _guided(model: Any, both: dict[str, Conditioning], x: torch.Tensor, t: torch.Tensor) -> Any:
    found = []
    for name in ("negative", "positive"):
        one = both[name]
        assert one.pooled is not None and one.sizes is not None
        values = (one.embeds, one.pooled, one.sizes)
        embeds, pooled, sizes = (v.expand(COUNT, *v.shape[1:]) for v in values)
        added = {"text_embeds": pooled, "time_ids": sizes}
        found.append(model.theirs["unet"](x, t, embeds, added_cond_kwargs=added).sample)
    return found[0] + 4.0 * (found[1] - found[0])
