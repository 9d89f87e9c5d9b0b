import math
from typing import Any

import numpy as np
import pytest
import torch

from engine.diffusion.models.autoencoder_kl import AutoencoderKL
from engine.diffusion.training.vae import (
    psnr,
    reconstruction_loss,
    scene_batch,
    to_tensor,
    whiten,
)

CONFIG: dict[str, Any] = {
    "block_out_channels": [8, 8],
    "down_block_types": ["DownEncoderBlock2D"] * 2,
    "up_block_types": ["UpDecoderBlock2D"] * 2,
    "norm_num_groups": 4,
    "latent_channels": 3,
    "mid_block_add_attention": False,
}


@pytest.fixture
def vae() -> AutoencoderKL:
    torch.manual_seed(0)
    return AutoencoderKL.from_config(CONFIG).eval().requires_grad_(False)


def test_pictures_become_numbers_from_minus_one_to_one():
    picture = np.zeros((2, 4, 3), np.uint8)
    picture[1, 2] = (0, 255, 51)
    found = to_tensor([picture, picture])
    assert found.shape == (2, 3, 2, 4) and found.dtype == torch.float32
    torch.testing.assert_close(found[0, :, 1, 2], torch.tensor([-1.0, 1.0, -0.6]))
    assert found.min() == -1


def test_a_step_has_its_own_scenes_and_always_the_same():
    first = scene_batch(1, 5, 4)
    assert first.shape == (4, 3, 64, 64)
    assert torch.equal(first, scene_batch(1, 5, 4))
    assert not torch.equal(first, scene_batch(1, 6, 4))
    assert not torch.equal(first, scene_batch(2, 5, 4))


def test_reconstruction_loss_by_hand(vae: AutoencoderKL):
    found = reconstruction_loss(vae, batch=2, seed=1, kl=0.01)(3, torch.Generator().manual_seed(4))
    x = scene_batch(1, 3, 2)
    posterior = vae.encode(x)
    g = torch.Generator().manual_seed(4)
    z = posterior.mean + posterior.std * torch.randn(posterior.mean.shape, generator=g)
    kl = 0.5 * (posterior.mean**2 + posterior.logvar.exp() - 1 - posterior.logvar).sum() / 2
    want = (vae.decode(z) - x).pow(2).mean() + 0.01 * kl
    torch.testing.assert_close(found, want)


def test_psnr_by_hand(vae: AutoencoderKL):
    x = scene_batch(9, 0, 32)
    decoded = vae.decode(vae.encode(x).mode()).clamp(-1, 1)
    want = -10 * math.log10(((decoded - x) / 2).pow(2).mean().item())
    assert psnr(vae, 9, pictures=32) == pytest.approx(want, abs=1e-3)


def test_whitened_latents_have_mean_zero_and_unit_covariance(vae: AutoencoderKL):
    x = torch.cat([scene_batch(3, step, 32) for step in range(2)])
    before = vae.decode(vae.encode(x).mode())
    spread = torch.cov(vae.encode(x).mode().movedim(1, 0).flatten(1))
    assert (spread - torch.eye(3)).abs().max() > 0.1
    whiten(vae, 3, pictures=64)
    z = vae.encode(x).mode().movedim(1, 0).flatten(1)
    torch.testing.assert_close(z.mean(1), torch.zeros(3), rtol=0, atol=1e-3)
    torch.testing.assert_close(torch.cov(z), torch.eye(3), rtol=0, atol=1e-3)
    after = vae.decode(vae.encode(x).mode())
    assert (after - before).norm() <= 1e-4 * before.norm()


def test_whitening_again_keeps_the_latents_white(vae: AutoencoderKL):
    whiten(vae, 3, pictures=32)
    before = vae.decode(vae.encode(scene_batch(3, 0, 32)).mode())
    whiten(vae, 3, pictures=32)
    after = vae.encode(scene_batch(3, 0, 32)).mode()
    spread = torch.cov(after.movedim(1, 0).flatten(1))
    torch.testing.assert_close(spread, torch.eye(3), rtol=0, atol=1e-3)
    assert (vae.decode(after) - before).norm() <= 1e-4 * before.norm()


def test_whitening_needs_the_convolutions_it_rewrites():
    bare = AutoencoderKL.from_config({**CONFIG, "use_quant_conv": False})
    with pytest.raises(ValueError, match="quant_conv"):
        whiten(bare, 3, pictures=32)
