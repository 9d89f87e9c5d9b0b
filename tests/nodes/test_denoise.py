"""Previews of a run, through a tiny autoencoder or a linear map, that change nothing."""

from pathlib import Path

import pytest
import torch

from engine.diffusion.models.autoencoder_tiny import AutoencoderTiny, AutoencoderTinyConfig
from engine.diffusion.preview import picture
from engine.diffusion.values import VAE, Image, Latents
from engine.diffusion.weights.save import save_model
from engine.graph.context import Context
from nodes import denoise, latents, noise, text
from nodes.load import pipeline


@pytest.fixture
def decoder(tmp_path: Path) -> VAE:
    torch.manual_seed(0)
    config = AutoencoderTinyConfig(
        encoder_block_out_channels=(16, 16, 16, 16),
        decoder_block_out_channels=(16, 16, 16, 16),
    )
    save_model(AutoencoderTiny(config), tmp_path / "tiny_vae")
    return VAE(str(tmp_path / "tiny_vae"), "", "AutoencoderTiny", "b2:tiny", factor=8)


def run(tiny_model: Path, preview: VAE | None) -> tuple[Latents, list[Image]]:
    parts, shown = pipeline(tiny_model), []
    prompt = text.encode(Context(), parts.tokenizer, parts.text_encoder, "a red fish")
    found = denoise.denoise(
        Context(on_preview=shown.append),
        parts.unet,
        latents.empty(parts.unet, 64, 64),
        noise.seed(5),
        parts.scheduler,
        prompt,
        preview=preview,
        steps=3,
        guidance=1.0,
    )
    return found.latents, shown


def test_previews_are_events_and_no_part_of_the_result(
    tiny_model: Path, decoder: VAE, monkeypatch: pytest.MonkeyPatch
):
    from engine.runtime.denoising import forget

    plain, mapped = run(tiny_model, None)
    forget()
    tiny, decoded = run(tiny_model, decoder)
    assert torch.equal(plain.samples, tiny.samples)
    assert mapped and decoded
    height, width = plain.samples.shape[2:]
    assert decoded[0].pixels.shape == (1, 3, 8 * height, 8 * width)
    assert mapped[0].pixels.shape == picture(plain).pixels.shape
