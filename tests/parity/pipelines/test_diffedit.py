"""DiffEdit's mask and inversion against the reference; its last stage against the paper."""

import pytest
import torch
from diffusers import DDIMInverseScheduler

from engine.diffusion.diffedit import difference_mask, noisy_end
from engine.diffusion.hooks.follow import following
from engine.diffusion.latents import SeededNoise
from engine.diffusion.sampling import Job
from engine.diffusion.schedulers.handles import inverse
from engine.diffusion.span import Span
from engine.diffusion.values import Mask, Noise
from tests.parity.pipelines.tiny import (
    SOLVERS,
    agree,
    encoded,
    our_scheduler,
    picture,
    quiet,
    their_scheduler,
)

pytestmark = pytest.mark.parity
MAPS, STEPS = 3, 10


@pytest.fixture(scope="module")
def pipeline():
    kind = pytest.importorskip(
        "diffusers.pipelines.deprecated.stable_diffusion_diffedit"
    ).StableDiffusionDiffEditPipeline

    def build(model, scheduler):
        return quiet(
            kind(
                **model.theirs,
                scheduler=scheduler,
                inverse_scheduler=DDIMInverseScheduler.from_config(scheduler.config),
                safety_checker=None,
                feature_extractor=None,
                requires_safety_checker=False,
            )
        )

    return build


def test_the_mask(tiny, pipeline, monkeypatch: pytest.MonkeyPatch):
    model, scheduler = tiny(), their_scheduler("DDIMScheduler")
    pixels = picture(1)
    known = encoded(model.ours["vae"], pixels)
    drawn = SeededNoise((5,), (4, 8, 8))
    maps = torch.cat([drawn(k) for k in range(MAPS)])
    original = type(scheduler).add_noise
    monkeypatch.setattr(
        type(scheduler), "add_noise", lambda self, x, given, t: original(self, x, maps, t)
    )
    theirs = pipeline(model, scheduler).generate_mask(
        image=pixels,
        source_prompt="a red fish",
        target_prompt="a blue dog",
        source_negative_prompt="a cat",
        target_negative_prompt="a cat",
        num_maps_per_mask=MAPS,
        num_inference_steps=STEPS,
        guidance_scale=4.0,
        mask_thresholding_ratio=1.5,
        output_type="np",
    )
    ours = difference_mask(
        model.ours["unet"],
        our_scheduler(scheduler),
        known,
        Noise((5,)),
        model.prompt("a red fish"),
        model.prompt("a blue dog"),
        model.prompt("a cat"),
        steps=STEPS,
        maps=MAPS,
        guidance=4.0,
        ratio=1.5,
    )
    assert 0 < theirs.mean() < 1
    assert torch.equal(ours.values[0, 0, ::8, ::8], torch.from_numpy(theirs[0]).float())


def test_the_inversion(tiny, pipeline):
    model, scheduler = tiny(), their_scheduler("DDIMScheduler")
    pixels = picture(1)
    theirs = pipeline(model, scheduler).invert(
        prompt="a red fish",
        negative_prompt="a cat",
        image=pixels,
        num_inference_steps=STEPS,
        inpaint_strength=0.7,
        guidance_scale=4.0,
        num_reg_steps=0,
    )
    ours = _inverted(model, scheduler, pixels)
    assert ours.samples.shape[0] == 8 and list(ours.timesteps) == sorted(ours.timesteps)
    agree(ours.samples[1:].flip(0)[:, 0], theirs.latents[0])


def _inverted(model, scheduler, pixels):
    return (
        Job(
            model.ours["unet"],
            inverse(our_scheduler(scheduler)),
            encoded(model.ours["vae"], pixels),
            None,
            model.prompt("a red fish"),
            model.prompt("a cat"),
            steps=STEPS,
            guidance=4.0,
            span=Span("continue", 0.7),
        )
        .run(record=True)
        .trajectory
    )


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_last_stage(tiny, solver: str):
    """Algorithm 1 of the paper, written out with the reference's parts.

    The reference's own last stage keeps to the level before the one that a step reached, and takes
    DDIM's latents into solvers whose samples are larger: it can be followed with its parts only.
    """
    model, scheduler = tiny(), their_scheduler(solver)
    pixels, mask = picture(1), torch.zeros(1, 1, 64, 64)
    mask[..., :32] = 1
    path = _inverted(model, scheduler, pixels)
    ours = (
        Job(
            model.ours["unet"],
            our_scheduler(scheduler),
            noisy_end(path, our_scheduler(scheduler), STEPS, 0.7),
            Noise((5,)),
            model.prompt("a blue dog"),
            model.prompt("a cat"),
            steps=STEPS,
            guidance=4.0,
            span=Span("continue", 0.7),
            hooks=(following(Mask(mask), path),),
        )
        .run()
        .latents.samples
    )
    scheduler.set_timesteps(STEPS)
    scales = torch.ones(len(scheduler.timesteps) + 1)
    if scheduler.init_noise_sigma > 1:
        scales = (scheduler.sigmas**2 + 1).sqrt()
    generator = torch.Generator().manual_seed(5)
    for _ in range(4):  # what the run began with, and the steps that are left out
        torch.randn(4, 8, 8, generator=generator)
    takes = {"generator": generator} if "Ancestral" in solver else {}
    first = 3 * scheduler.order
    x, small, k = path.samples[-1] * scales[first], mask[..., ::8, ::8], 0
    told = torch.cat([model.prompt("a cat").embeds, model.prompt("a blue dog").embeds])
    for i, t in enumerate(scheduler.timesteps[first:], first + 1):
        with torch.no_grad():
            found = model.theirs["unet"](
                scheduler.scale_model_input(torch.cat([x, x]), t), t, told
            ).sample
        u, c = found.chunk(2)
        x = scheduler.step(u + 4.0 * (c - u), t, x, **takes).prev_sample
        if i % scheduler.order == 0 or i == len(scheduler.timesteps):
            k += 1
            x = small * x + (1 - small) * path.samples[-1 - k] * scales[i]
    assert k == 7
    agree(ours, x)
    assert torch.equal(ours[..., 4:], path.samples[0][..., 4:])
