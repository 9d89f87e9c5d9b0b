"""From prompt to picture against the reference library's Stable Diffusion pipeline."""

from pathlib import Path

import pytest
import torch

from engine.diffusion.latents import SeededNoise
from engine.graph.context import Context
from nodes import denoise, latents, noise, scheduler, scheduler_lambda, text, vae
from nodes.load import pipeline
from tests.parity.pipelines.tiny import our_scheduler, their_scheduler

diffusers = pytest.importorskip("diffusers")
pytestmark = pytest.mark.parity

SOLVERS = [
    (scheduler.ddim, "DDIMScheduler"),
    (scheduler.euler, "EulerDiscreteScheduler"),
    (scheduler_lambda.dpm_solver_pp_2m, "DPMSolverMultistepScheduler"),
]


@pytest.fixture(scope="module")
def reference(tiny_model: Path):
    # The pipeline would rewrite these settings of the folder's own scheduler, with a warning.
    scheduler = diffusers.DDIMScheduler(steps_offset=1, clip_sample=False)
    found = diffusers.StableDiffusionPipeline.from_pretrained(
        tiny_model, safety_checker=None, scheduler=scheduler
    )
    found.set_progress_bar_config(disable=True)
    return found


@pytest.mark.parametrize("node, name", SOLVERS, ids=[name for _, name in SOLVERS])
@pytest.mark.parametrize("guidance", [1.0, 4.0])
def test_the_same_picture(tiny_model: Path, reference, node, name: str, guidance: float):
    """With the noise schedule of published models: over the folder's own, which ends in nearly pure
    noise, a random UNet's rounding errors grow 150 times in the first step alone.
    """
    parts = pipeline(tiny_model)
    reference.scheduler = their_scheduler(name)

    def encode(words: str):
        return text.encode(Context(), parts.tokenizer, parts.text_encoder, words)

    ours = vae.decode(
        Context(),
        parts.vae,
        denoise.denoise(
            Context(),
            parts.unet,
            latents.empty(parts.unet, batch=2),
            noise.seed(5),
            node(our_scheduler(reference.scheduler)),
            encode("a red fish on a blue background"),
            encode("a cat"),
            steps=6,
            guidance=guidance,
        ).latents,
    ).pixels
    theirs = reference(
        ["a red fish on a blue background"] * 2,
        negative_prompt=["a cat"] * 2,
        num_inference_steps=6,
        guidance_scale=guidance,
        latents=SeededNoise((5, 6), (4, 8, 8))(0),
        height=32,
        width=32,
        output_type="pt",
    ).images
    assert torch.equal(ours, ours.clamp(0, 1))
    assert (ours - theirs).abs().max() <= 1e-4
