"""From words to a picture, node by node, on a tiny model."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import torch

from engine.diffusion.images.files import read_metadata
from engine.diffusion.values import Conditioning, Image, Latents, Noise
from engine.graph.context import Context
from engine.graph.errors import Cancelled, LoomError
from nodes import denoise, image, latents, noise, scheduler, scheduler_lambda, text, vae
from nodes.load import Pipeline


def prompt(parts: Pipeline, words: str, context: Context | None = None) -> Conditioning:
    return text.encode(context or Context(), parts.tokenizer, parts.text_encoder, words)


def denoised(parts: Pipeline, words="a red fish", seed=3, context=None, **options) -> Latents:
    batch = options.pop("batch", 1)
    return denoise.denoise(
        context or Context(),
        parts.unet,
        latents.empty(parts.unet, batch=batch),
        noise.seed(seed),
        scheduler.ddim(parts.scheduler),
        **{"positive": prompt(parts, words), "negative": prompt(parts, ""), "steps": 3, **options},
    ).latents


def test_a_prompt_is_embeddings_of_the_encoders_space(parts: Pipeline):
    found = prompt(parts, "a red fish")
    assert (found.embeds.shape, found.space) == ((1, 12, 32), "tiny")
    assert not torch.equal(found.embeds, prompt(parts, "a blue fish").embeds)
    assert torch.equal(found.embeds, prompt(parts, "a red fish").embeds)


def test_words_that_do_not_fit_are_reported(parts: Pipeline):
    said: list[str] = []
    context = Context(on_progress=lambda step, total, words: said.append(words))
    found = prompt(parts, "a red fish and " * 5 + "a cat", context)
    assert said == list(found.warnings)
    assert "a cat" in said[0]


def test_empty_latents_have_the_size_the_model_was_trained_at(parts: Pipeline):
    found = latents.empty(parts.unet)
    assert (tuple(found.samples.shape), found.size, found.space) == ((1, 4, 8, 8), (32, 32), "tiny")


def test_empty_latents_of_a_size_and_number(parts: Pipeline):
    found = latents.empty(parts.unet, width=48, height=16, batch=2)
    assert (tuple(found.samples.shape), found.size) == ((2, 4, 4, 12), (48, 16))
    assert not found.samples.any()


def test_a_size_that_the_vae_can_not_halve_is_refused(parts: Pipeline):
    coarse = replace(parts.unet, factor=16)
    with pytest.raises(LoomError, match="width of 24 pixels is not a multiple of 16"):
        latents.empty(coarse, width=24, height=32)


def test_a_seed_is_noise_of_that_seed():
    assert noise.seed(11) == Noise((11,))


@pytest.mark.parametrize(
    "made, name",
    [
        (scheduler.ddim(), "DDIMScheduler"),
        (scheduler.euler(), "EulerDiscreteScheduler"),
        (scheduler_lambda.dpm_solver_pp_2m(), "DPMSolverMultistepScheduler"),
    ],
)
def test_a_solver_alone_has_stable_diffusions_noise_schedule(made, name):
    config = made.to_json()
    assert (config["_class_name"], config["beta_start"]) == (name, 0.00085)
    assert config["beta_schedule"] == "scaled_linear"


def test_solvers_keep_the_models_noise_schedule_and_take_their_own_settings(parts: Pipeline):
    config = scheduler.euler(parts.scheduler, sigmas="karras", spacing="trailing").to_json()
    assert (config["beta_start"], config["beta_schedule"]) == (0.0001, "linear")
    assert (config["use_karras_sigmas"], config["timestep_spacing"]) == (True, "trailing")
    assert not config["use_beta_sigmas"]
    assert scheduler.ddim(parts.scheduler, eta=0.3).to_json()["eta"] == 0.3


@pytest.mark.parametrize("solver", [scheduler.euler, scheduler_lambda.dpm_solver_pp_2m])
def test_one_table_of_sigmas_replaces_another(solver):
    again = solver(solver(sigmas="karras"), sigmas="exponential").to_json()
    assert (again["use_karras_sigmas"], again["use_exponential_sigmas"]) == (False, True)


def test_the_loop_follows_seed_prompt_and_guidance_and_nothing_else(parts: Pipeline):
    once = denoised(parts).samples
    assert torch.equal(once, denoised(parts).samples)
    for other in (
        denoised(parts, seed=4),
        denoised(parts, words="a blue cat"),
        denoised(parts, guidance=1.0),
        denoised(parts, steps=4),
    ):
        assert not torch.allclose(once, other.samples, atol=1e-4)


def test_the_loop_without_a_negative_is_not_guided(parts: Pipeline):
    plain = denoised(parts, negative=None).samples
    assert torch.allclose(plain, denoised(parts, guidance=1.0).samples, atol=1e-5)


def test_a_picture_of_a_batch_can_be_made_alone(parts: Pipeline):
    batch = denoised(parts, seed=3, batch=3).samples
    alone = denoised(parts, seed=5).samples
    assert torch.allclose(batch[2:], alone, atol=1e-4)


def test_the_loop_reports_each_step_and_stops_when_asked(parts: Pipeline):
    steps: list[tuple[int, int]] = []
    context = Context(on_progress=lambda step, total, _: steps.append((step, total)))
    denoised(parts, context=context)
    assert steps == [(1, 3), (2, 3), (3, 3)]
    steps.clear()
    context.is_cancelled = lambda: len(steps) >= 2
    with pytest.raises(Cancelled):
        denoised(parts, context=context, steps=50)
    assert len(steps) == 2


def test_a_solver_nobody_knows_is_refused(parts: Pipeline):
    strange = replace(parts.scheduler, class_name="StrangeScheduler")
    with pytest.raises(LoomError, match="StrangeScheduler"):
        denoise.denoise(
            Context(),
            parts.unet,
            latents.empty(parts.unet),
            noise.seed(),
            strange,
            prompt(parts, "a"),
        )


def test_decode_and_encode_go_between_pictures_and_latents(parts: Pipeline):
    picture = vae.decode(Context(), parts.vae, denoised(parts, batch=2))
    assert (picture.pixels.shape, picture.pixels.dtype) == ((2, 3, 32, 32), torch.float32)
    assert picture.pixels.min() >= 0 and picture.pixels.max() <= 1
    back = vae.encode(Context(), parts.vae, picture)
    assert (back.samples.shape, back.space, back.factor) == ((2, 4, 8, 8), "tiny", 4)


def test_saved_pictures_carry_how_they_were_made(tmp_path: Path):
    made = {"workflow": {"loom": 1, "nodes": {}}, "seeds": {"s.value": 5}, "models": {"m": "b2:0"}}
    context = Context(make_provenance=lambda: made)
    pixels = torch.rand(2, 3, 8, 8)
    image.save(context, Image(pixels), "fish", tmp_path / "sub")
    assert [path.name for path in context.written] == ["fish_00001.png", "fish_00002.png"]
    for number, path in enumerate(context.written):
        carried = read_metadata(path)
        assert {name: carried[name] for name in made} == made
        assert (carried["number"], carried["of"]) == (number, 2)
        assert "torch" in carried["versions"]
        with PIL.Image.open(path) as found:
            levels = np.asarray(found).transpose(2, 0, 1)
        assert np.abs(levels / 255 - pixels[number].numpy()).max() <= 0.5 / 255 + 1e-6


def test_a_grid_of_several_links():
    one, two = Image(torch.zeros(1, 3, 4, 4)), Image(torch.ones(2, 3, 4, 4))
    assert image.grid([one, two], columns=3).pixels.shape == (1, 3, 4, 12)
    assert image.grid([one, two]).pixels.mean() == pytest.approx(0.75)
