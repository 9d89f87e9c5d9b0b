import math
from typing import Any

import pytest
import torch

from engine.diffusion.models.autoencoder_kl import (
    AutoencoderKL,
    AutoencoderKLConfig,
    DiagonalGaussian,
)
from engine.graph.errors import LoomError

TINY: dict[str, Any] = {
    "block_out_channels": [8, 8, 16],
    "down_block_types": ["DownEncoderBlock2D"] * 3,
    "up_block_types": ["UpDecoderBlock2D"] * 3,
    "norm_num_groups": 4,
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"act_fn": "gelu"}, "act_fn='gelu'"),
        ({"norm_type": "spatial"}, "norm_type='spatial'"),
        ({"something_new": True}, "something_new=True"),
        ({"down_block_types": ["AttnDownBlock2D"] * 3}, "'AttnDownBlock2D'"),
        ({"down_block_types": ["UpDecoderBlock2D"] * 3}, "'UpDecoderBlock2D'"),
        ({"up_block_types": ["DownEncoderBlock2D"] * 3}, "'DownEncoderBlock2D'"),
        ({"down_block_types": ["DownEncoderBlock2D"] * 2}, "3 widths for 2 down and 3 up blocks"),
        ({"up_block_types": ["UpDecoderBlock2D"] * 4}, "3 widths for 3 down and 4 up blocks"),
    ],
)
def test_what_is_not_implemented_is_refused_by_name(changes: dict[str, Any], said: str):
    with torch.device("meta"), pytest.raises(LoomError, match=said):
        AutoencoderKL.from_config({**TINY, **changes})


@pytest.mark.parametrize(("levels", "factor"), [(1, 1), (2, 2), (3, 4), (4, 8)])
def test_factor(levels: int, factor: int):
    vae = AutoencoderKL.from_config(
        {
            **TINY,
            "block_out_channels": [8] * levels,
            "down_block_types": ["DownEncoderBlock2D"] * levels,
            "up_block_types": ["UpDecoderBlock2D"] * levels,
        }
    )
    assert vae.config.factor == factor
    with torch.no_grad():
        mean = vae.encode(torch.zeros(1, 3, 2 * factor, 3 * factor)).mean
        assert mean.shape == (1, 4, 2, 3)
        assert vae.decode(mean).shape == (1, 3, 2 * factor, 3 * factor)


def test_defaults_are_those_of_the_published_format():
    config = AutoencoderKLConfig.from_json({})
    assert (config.scaling_factor, config.latent_channels, config.factor) == (0.18215, 4, 1)
    assert config.use_quant_conv and config.use_post_quant_conv and config.force_upcast


def test_log_variance_is_kept_in_a_range_that_exp_survives():
    torch.manual_seed(0)
    vae = AutoencoderKL.from_config(TINY)
    assert vae.quant_conv is not None
    with torch.no_grad():
        vae.quant_conv.bias[4:6] = 1e4
        vae.quant_conv.bias[6:] = -1e4
        posterior = vae.encode(torch.zeros(1, 3, 8, 8))
    assert posterior.logvar[:, :2].eq(20.0).all() and posterior.logvar[:, 2:].eq(-30.0).all()
    assert posterior.sample().isfinite().all()


def gaussian(mean: float, std: float, shape: tuple[int, ...] = (2, 3, 4, 5)) -> DiagonalGaussian:
    return DiagonalGaussian(torch.full(shape, mean), torch.full(shape, 2 * math.log(std)))


def test_kl_of_the_standard_normal_is_zero():
    torch.testing.assert_close(gaussian(0.0, 1.0).kl(), torch.zeros(2))


@pytest.mark.parametrize(("mean", "std"), [(2.0, 1.0), (0.0, 0.5), (-1.5, 3.0)])
def test_kl_is_the_closed_form_summed_over_a_latent(mean: float, std: float):
    want = 60 * (-math.log(std) + (std**2 + mean**2) / 2 - 0.5)
    torch.testing.assert_close(gaussian(mean, std).kl(), torch.full((2,), want))


def test_kl_is_of_each_picture_alone():
    posterior = DiagonalGaussian(torch.tensor([0.0, 2.0]).view(2, 1, 1, 1), torch.zeros(2, 1, 1, 1))
    assert posterior.kl().tolist() == [0.0, 2.0]


def test_kl_agrees_with_torch():
    g = torch.Generator().manual_seed(0)
    mean, logvar = torch.randn(2, 2, 4, 3, 3, generator=g)
    want = torch.distributions.kl_divergence(
        torch.distributions.Normal(mean, (0.5 * logvar).exp()), torch.distributions.Normal(0.0, 1.0)
    ).sum((1, 2, 3))
    torch.testing.assert_close(DiagonalGaussian(mean, logvar).kl(), want)


def test_sample_is_mean_plus_std_times_noise():
    posterior = gaussian(3.0, 0.5)
    noise = torch.full((2, 3, 4, 5), 2.0)
    torch.testing.assert_close(posterior.sample(noise), torch.full((2, 3, 4, 5), 4.0))
    torch.testing.assert_close(posterior.std, torch.full((2, 3, 4, 5), 0.5))
    assert torch.equal(posterior.mode(), posterior.mean)


def test_samples_have_the_posterior_s_mean_and_spread():
    torch.manual_seed(0)
    drawn = gaussian(3.0, 0.5, (1, 4, 100, 100)).sample()
    assert drawn.mean().item() == pytest.approx(3.0, abs=0.01)
    assert drawn.std().item() == pytest.approx(0.5, abs=0.01)
