import re
from typing import Any

import pytest
import torch

from engine.diffusion.models.unet_2d import UNet2DConfig, UNet2DModel
from engine.graph.errors import LoomError

TINY: dict[str, Any] = {
    "block_out_channels": [8, 16],
    "down_block_types": ["DownBlock2D", "AttnDownBlock2D"],
    "up_block_types": ["AttnUpBlock2D", "UpBlock2D"],
    "layers_per_block": 1,
    "norm_num_groups": 4,
}
SKIP: dict[str, Any] = {
    "block_out_channels": [32, 32],
    "down_block_types": ["SkipDownBlock2D", "AttnSkipDownBlock2D"],
    "up_block_types": ["AttnSkipUpBlock2D", "SkipUpBlock2D"],
    "layers_per_block": 1,
    "norm_num_groups": None,
    "time_embedding_type": "fourier",
}
CONSISTENCY: dict[str, Any] = {
    "block_out_channels": [8, 16],
    "down_block_types": ["ResnetDownsampleBlock2D", "AttnDownBlock2D"],
    "up_block_types": ["AttnUpBlock2D", "ResnetUpsampleBlock2D"],
    "layers_per_block": 1,
    "norm_num_groups": 4,
    "attn_norm_num_groups": 4,
    "resnet_time_scale_shift": "scale_shift",
    "downsample_type": "resnet",
    "upsample_type": "resnet",
    "num_class_embeds": 5,
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"down_block_types": ["KDownBlock2D", "DownBlock2D"]}, "unknown block 'KDownBlock2D'"),
        ({"up_block_types": ["UpBlock2D", "DownBlock2D"]}, "unknown block 'DownBlock2D'"),
        ({"down_block_types": ["SkipDownBlock2D", "DownBlock2D"]}, "mixes Skip blocks and others"),
        ({"norm_num_groups": None}, "norm_num_groups is needed by all but Skip blocks"),
        ({"block_out_channels": [8, 16, 16]}, "3 widths for 2 down and 2 up blocks"),
        ({"time_embedding_type": "learned"}, "learned also needs num_train_timesteps"),
        ({"time_embedding_type": "rotary"}, "time_embedding_type='rotary' is not one of"),
        ({"class_embed_type": "projection"}, "class_embed_type='projection' is not one of"),
        ({"resnet_time_scale_shift": "spatial"}, "resnet_time_scale_shift='spatial'"),
        ({"downsample_padding": 2}, "downsample_padding=2"),
        ({"downsample_type": "pool"}, "downsample_type='pool'"),
        ({"mid_block_type": "UNetMidBlock2DCrossAttn"}, "mid_block_type='UNetMidBlock2DCrossAttn'"),
        ({"attention_head_dim": 3}, "attention_head_dim=3 does not divide each of the widths"),
        ({"act_fn": "softmax"}, "'softmax'"),
        ({"something_new": True}, "something_new=True"),
    ],
)
def test_what_is_not_implemented_is_refused_by_name(changes: dict[str, Any], said: str):
    with torch.device("meta"), pytest.raises(LoomError, match=re.escape(said)):
        UNet2DModel.from_config({**TINY, **changes})


def test_defaults_are_those_of_the_published_format():
    config = UNet2DConfig.from_json({})
    assert config.block_out_channels == (224, 448, 672, 896) and config.factor == 8
    assert (config.in_channels, config.attention_head_dim, config.norm_eps) == (3, 8, 1e-5)
    assert UNet2DConfig.from_json(config.to_json()) == config
    assert config.temb_channels == 896


@pytest.mark.parametrize("config", [TINY, SKIP, CONSISTENCY], ids=["ddpm", "ncsn++", "consistency"])
def test_every_weight_learns(config: dict[str, Any]):
    torch.manual_seed(0)
    model = UNet2DModel.from_config(config)
    labels = torch.tensor([1, 4]) if model.config.num_class_embeds else None
    sample = torch.randn(2, 3, 8, 4)
    out = model(sample, torch.tensor([1.5, 20.0]), labels)
    assert out.shape == (2, 3, 8, 4)
    out.square().mean().backward()
    idle = [
        name
        for name, weight in model.named_parameters()
        if weight.requires_grad and (weight.grad is None or not weight.grad.any())
    ]
    assert idle == []
    frozen = [name for name, weight in model.named_parameters() if not weight.requires_grad]
    assert frozen == (["time_proj.weight"] if config is SKIP else [])


def test_sides_that_do_not_halve_are_refused():
    model = UNet2DModel.from_config(TINY)
    with pytest.raises(LoomError, match="6×5, and this UNet takes sides that are multiples of 2"):
        model(torch.zeros(1, 3, 5, 6), 1)


def test_classes_are_asked_for_and_refused():
    with_classes, without = UNet2DModel.from_config(CONSISTENCY), UNet2DModel.from_config(TINY)
    x = torch.zeros(1, 3, 4, 4)
    with pytest.raises(LoomError, match="needs a class for each sample"):
        with_classes(x, 1)
    with pytest.raises(LoomError, match="trained without classes"):
        without(x, 1, torch.tensor([1]))
    one, two = (with_classes(x, 1, torch.tensor([label])) for label in (1, 2))
    assert not torch.equal(one, two)


def test_the_score_is_divided_by_the_noise_level():
    torch.manual_seed(0)
    model = UNet2DModel.from_config(SKIP).eval()
    seen: list[torch.Tensor] = []
    model.time_embedding.register_forward_hook(lambda *call: seen[0] if seen else None)
    sample = torch.randn(1, 3, 4, 4)
    seen.append(model.embed_time(1.0, 1))  # the same embedding from here on
    torch.testing.assert_close(model(sample, 4.0) * 4, model(sample, 0.5) * 0.5)


def test_dropout_is_for_training_only():
    model = UNet2DModel.from_config({**TINY, "dropout": 0.5})
    x = torch.randn(1, 3, 4, 4)
    assert not torch.equal(model(x, 1), model(x, 1))
    model.eval()
    assert torch.equal(model(x, 1), model(x, 1))
