from dataclasses import replace

import pytest
import torch

from engine.diffusion.latent_codec import decode, encode, scaled, unscaled
from engine.diffusion.models.autoencoder_kl import AutoencoderKL
from engine.diffusion.models.autoencoder_tiny import AutoencoderTiny
from engine.diffusion.models.vq_model import VQModel
from engine.diffusion.values import Image, Latents
from engine.graph.environment import within
from engine.graph.errors import LoomError

CONFIG = {
    "block_out_channels": [8, 8],
    "down_block_types": ["DownEncoderBlock2D"] * 2,
    "up_block_types": ["UpDecoderBlock2D"] * 2,
    "norm_num_groups": 4,
    "latent_channels": 4,
    "scaling_factor": 0.5,
}


@pytest.fixture(scope="module")
def vae() -> AutoencoderKL:
    torch.manual_seed(0)
    return AutoencoderKL.from_config(CONFIG).eval()


def test_scaling_by_one_factor(vae: AutoencoderKL):
    z = torch.arange(4.0).view(1, 4, 1, 1)
    assert scaled(z, vae.config).flatten().tolist() == [0.0, 0.5, 1.0, 1.5]
    shifted = replace(vae.config, shift_factor=1.0)
    assert scaled(z, shifted).flatten().tolist() == [-0.5, 0.0, 0.5, 1.0]


def test_scaling_by_channel(vae: AutoencoderKL):
    by_channel = replace(
        vae.config, latents_mean=(1.0, 1.0, 1.0, 1.0), latents_std=(1.0, 2.0, 4.0, 0.5)
    )
    z = torch.full((1, 4, 1, 1), 3.0)
    assert scaled(z, by_channel).flatten().tolist() == [1.0, 0.5, 0.25, 2.0]


@pytest.mark.parametrize(
    "changes",
    [{}, {"shift_factor": 0.3}, {"latents_mean": (0.1,) * 4, "latents_std": (2.0,) * 4}],
)
def test_unscaled_undoes_scaled(vae: AutoencoderKL, changes):
    config = replace(vae.config, **changes)
    z = torch.randn(2, 4, 3, 3)
    assert torch.allclose(unscaled(scaled(z, config), config), z, atol=1e-6)


def test_decode_is_the_vae_on_unscaled_latents(vae: AutoencoderKL):
    samples = torch.randn(2, 4, 4, 6)
    found = decode(vae, Latents(samples)).pixels
    with torch.no_grad():
        expected = (vae.decode(samples / 0.5) / 2 + 0.5).clamp(0, 1)
    assert found.shape == (2, 3, 8, 12)
    assert torch.equal(found, expected)


def test_encode_is_the_mode_scaled(vae: AutoencoderKL):
    pixels = torch.rand(1, 3, 8, 12)
    found = encode(vae, Image(pixels), "tiny")
    with torch.no_grad():
        expected = vae.encode(pixels * 2 - 1).mode() * 0.5
    assert (found.space, found.factor, found.size) == ("tiny", 2, (12, 8))
    assert torch.equal(found.samples, expected)


def test_a_picture_that_does_not_divide_is_refused_with_the_size_that_does(vae: AutoencoderKL):
    with pytest.raises(LoomError, match="multiples of 2") as caught:
        encode(vae, Image(torch.rand(1, 3, 7, 9)))
    assert "8×6" in caught.value.remedy


def test_an_overflow_is_told_and_not_drawn(vae: AutoencoderKL):
    with pytest.raises(LoomError, match="not finite"):
        decode(vae, Latents(torch.full((1, 4, 2, 2), float("nan"))))


def test_a_codebook_s_latents_are_scaled_and_quantised_when_decoded():
    torch.manual_seed(0)
    vq = VQModel.from_config({**CONFIG, "num_vq_embeddings": 8}).eval()
    pixels = torch.rand(1, 3, 8, 12)
    found = encode(vq, Image(pixels))
    with torch.no_grad():
        z = vq.encode(pixels * 2 - 1)
        expected = (vq.decode(z) / 2 + 0.5).clamp(0, 1)
    assert torch.equal(found.samples, z * 0.5) and found.factor == 2
    assert torch.equal(decode(vq, found).pixels, expected)


def test_a_tiny_autoencoder_works_on_the_diffusion_model_s_own_scale():
    torch.manual_seed(0)
    tiny = AutoencoderTiny.from_config(
        {
            "encoder_block_out_channels": [4, 4],
            "decoder_block_out_channels": [4, 4],
            "num_encoder_blocks": [1, 1],
            "num_decoder_blocks": [1, 1],
        }
    ).eval()
    pixels = torch.rand(1, 3, 8, 12)
    found = encode(tiny, Image(pixels))
    with torch.no_grad():
        z = tiny.encode(pixels * 2 - 1)
        expected = (tiny.decode(z) / 2 + 0.5).clamp(0, 1)
    assert torch.equal(found.samples, z) and found.size == (12, 8)
    assert torch.equal(decode(tiny, found).pixels, expected)


def test_pictures_of_a_batch_one_after_the_other(vae: AutoencoderKL):
    latents = Latents(torch.randn(3, vae.config.latent_channels, 4, 4))
    together = decode(vae, latents)
    seen: list[int] = []
    handle = vae.decoder.register_forward_pre_hook(lambda _, inputs: seen.append(len(inputs[0])))
    with within({"vae": "single"}):
        apart = decode(vae, latents)
    handle.remove()
    assert seen == [1, 1, 1]
    torch.testing.assert_close(apart.pixels, together.pixels, rtol=0, atol=1e-6)


def test_what_is_not_finite_is_told_where_it_begins(vae: AutoencoderKL):
    with pytest.raises(LoomError, match=r"^latents: The latents are not finite"):
        decode(vae, Latents(torch.full((1, 4, 2, 2), float("nan"))))
    broken = AutoencoderKL.from_config(CONFIG).eval()
    for parameter in broken.parameters():
        parameter.data.fill_(float("nan"))
    with pytest.raises(LoomError, match=r"^vae: The picture's latents are not finite"):
        encode(broken, Image(torch.ones(1, 3, 4, 4)))
