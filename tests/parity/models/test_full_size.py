"""Published models at full size: random weights, one copy of them for both libraries."""

import math

import pytest
import torch
from torch import nn

from engine.diffusion.models.autoencoder_kl import AutoencoderKL
from engine.diffusion.models.controlnet import ControlNetModel
from engine.diffusion.models.unet_2d_condition import AddedConditioning, UNet2DConditionModel
from tests.parity.models.published import CONTROLNET, SD15, SD21, SDXL, SDXL_REFINER

diffusers = pytest.importorskip("diffusers")
pytestmark = [pytest.mark.parity, pytest.mark.slow, pytest.mark.full]

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


@pytest.mark.parametrize(("config", "size"), [(SD15, 64), (SD21, 32)], ids=["1.5", "2.1"])
def test_unet(config, size, assert_same):
    ours, theirs, count = shared(diffusers.UNet2DConditionModel, UNet2DConditionModel, config)
    assert count == (859_520_964 if config is SD15 else 865_910_724)
    g = torch.Generator().manual_seed(1)
    sample = torch.randn(1, 4, size, size, generator=g)
    text = torch.randn(1, 77, config["cross_attention_dim"], generator=g)
    assert_same(ours(sample, 601, text), theirs(sample, 601, text).sample)


# The depth that fits beside everything else in 16 GB; layouts are compared at full depth elsewhere.
SHALLOW = [
    pytest.param({**SDXL, "transformer_layers_per_block": [1, 2, 3]}, 6, id="base"),
    pytest.param({**SDXL_REFINER, "transformer_layers_per_block": 1}, 5, id="refiner"),
]


@pytest.mark.parametrize(("config", "sizes"), SHALLOW)
def test_sdxl_at_full_width(config, sizes, assert_same):
    ours, theirs, _ = shared(diffusers.UNet2DConditionModel, UNet2DConditionModel, config)
    g = torch.Generator().manual_seed(1)
    sample = torch.randn(1, 4, 32, 32, generator=g)
    text = torch.randn(1, 77, config["cross_attention_dim"], generator=g)
    pooled = torch.randn(1, 1280, generator=g)
    numbers = torch.tensor([[1024.0, 768, 0, 16, 1024, 640]])[:, :sizes]
    want = theirs(
        sample, 601, text, added_cond_kwargs={"text_embeds": pooled, "time_ids": numbers}
    ).sample
    assert_same(ours(sample, 601, text, added=AddedConditioning(pooled, numbers)), want)


def test_controlnet(assert_same):
    ours, theirs, count = shared(diffusers.ControlNetModel, ControlNetModel, CONTROLNET)
    assert count == 361_279_120
    g = torch.Generator().manual_seed(1)
    sample = torch.randn(1, 4, 32, 32, generator=g)
    text = torch.randn(1, 77, 768, generator=g)
    hint = torch.rand(1, 3, 256, 256, generator=g)
    got = ours(sample, 601, text, hint, scale=0.8)
    want = theirs(sample, 601, text, controlnet_cond=hint, conditioning_scale=0.8)
    for mine, yours in zip(got.down, want.down_block_res_samples, strict=True):
        assert_same(mine, yours)
    assert_same(got.mid, want.mid_block_res_sample)


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
