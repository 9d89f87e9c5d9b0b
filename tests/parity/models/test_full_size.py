"""Stable Diffusion 1.5 as published, at full size: random weights, shared by both libraries."""

import math

import pytest
import torch
from torch import nn

from engine.diffusion.models.autoencoder_kl import AutoencoderKL
from engine.diffusion.models.unet_2d_condition import UNet2DConditionModel

diffusers = pytest.importorskip("diffusers")
pytestmark = [pytest.mark.parity, pytest.mark.slow, pytest.mark.full]

UNET = {
    "_class_name": "UNet2DConditionModel",
    "_diffusers_version": "0.6.0",
    "act_fn": "silu",
    "attention_head_dim": 8,
    "block_out_channels": [320, 640, 1280, 1280],
    "center_input_sample": False,
    "cross_attention_dim": 768,
    "down_block_types": [*(["CrossAttnDownBlock2D"] * 3), "DownBlock2D"],
    "downsample_padding": 1,
    "flip_sin_to_cos": True,
    "freq_shift": 0,
    "in_channels": 4,
    "layers_per_block": 2,
    "mid_block_scale_factor": 1,
    "norm_eps": 1e-05,
    "norm_num_groups": 32,
    "out_channels": 4,
    "sample_size": 64,
    "up_block_types": ["UpBlock2D", *(["CrossAttnUpBlock2D"] * 3)],
}
VAE = {
    "_class_name": "AutoencoderKL",
    "_diffusers_version": "0.6.0",
    "act_fn": "silu",
    "block_out_channels": [128, 256, 512, 512],
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "in_channels": 3,
    "latent_channels": 4,
    "layers_per_block": 2,
    "norm_num_groups": 32,
    "out_channels": 3,
    "sample_size": 512,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
}


def random_weights(model: nn.Module) -> dict[str, torch.Tensor]:
    """Weights for a model without memory: variance 1 / fan-in, gains near one."""
    g = torch.Generator().manual_seed(0)
    weights: dict[str, torch.Tensor] = {}
    for name, place in model.state_dict().items():
        value = torch.empty(place.shape).normal_(generator=g)
        if place.ndim > 1:
            value *= 1 / math.sqrt(place[0].numel())
        else:
            value = value.mul_(0.1).add_(1.0 if "norm" in name and name.endswith("weight") else 0.0)
        weights[name] = value
    return weights


def shared(theirs_class, ours_class, config):
    """The two models over one copy of random weights, and how many numbers those are."""
    with torch.device("meta"):
        theirs = theirs_class.from_config(config)
        ours = ours_class.from_config(config)
    weights = random_weights(theirs)
    for model in (theirs, ours):
        model.load_state_dict(weights, assign=True)
        model.eval().requires_grad_(False)
    assert all(p.data_ptr() == weights[n].data_ptr() for n, p in ours.named_parameters())
    return ours, theirs, sum(v.numel() for v in weights.values())


def test_unet(assert_same):
    ours, theirs, count = shared(diffusers.UNet2DConditionModel, UNet2DConditionModel, UNET)
    assert count == 859_520_964
    g = torch.Generator().manual_seed(1)
    sample = torch.randn(1, 4, 64, 64, generator=g)
    text = torch.randn(1, 77, 768, generator=g)
    assert_same(ours(sample, 601, text), theirs(sample, 601, text).sample)


def test_vae(assert_same):
    ours, theirs, count = shared(diffusers.AutoencoderKL, AutoencoderKL, VAE)
    assert count == 83_653_863
    assert ours.config.scaling_factor == 0.18215 and ours.config.factor == 8
    g = torch.Generator().manual_seed(1)
    x = torch.rand(1, 3, 256, 256, generator=g) * 2 - 1
    got, want = ours.encode(x), theirs.encode(x).latent_dist
    assert_same(got.mean, want.mean)
    assert_same(got.logvar, want.logvar)
    z = torch.randn(1, 4, 32, 32, generator=g)
    assert_same(ours.decode(z), theirs.decode(z).sample)
