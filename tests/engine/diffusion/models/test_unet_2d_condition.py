from typing import Any

import pytest
import torch

from engine.diffusion.models.unet_2d_condition import (
    AddedConditioning,
    UNet2DConditionConfig,
    UNet2DConditionModel,
)
from engine.graph.errors import LoomError

TINY: dict[str, Any] = {
    "block_out_channels": [8, 16],
    "down_block_types": ["CrossAttnDownBlock2D", "DownBlock2D"],
    "up_block_types": ["UpBlock2D", "CrossAttnUpBlock2D"],
    "layers_per_block": 1,
    "norm_num_groups": 4,
    "cross_attention_dim": 6,
    "attention_head_dim": 2,
}
TEXT_TIME = {
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 4,
    "projection_class_embeddings_input_dim": 5 + 6 * 4,
}


def tiny(**changes: Any) -> UNet2DConditionModel:
    torch.manual_seed(0)
    model = UNet2DConditionModel.from_config({**TINY, **changes})
    return model.eval().requires_grad_(False)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"act_fn": "gelu"}, "act_fn='gelu'"),
        ({"mid_block_type": "UNetMidBlock2D"}, "mid_block_type='UNetMidBlock2D'"),
        ({"mid_block_type": None}, "mid_block_type=None"),
        ({"class_embed_type": "projection"}, "class_embed_type='projection'"),
        ({"num_class_embeds": 10}, "num_class_embeds=10"),
        ({"encoder_hid_dim": 768, "encoder_hid_dim_type": "text_proj"}, "encoder_hid_dim=768"),
        ({"dual_cross_attention": True}, "dual_cross_attention=True"),
        ({"resnet_skip_time_act": True}, "resnet_skip_time_act=True"),
        ({"resnet_time_scale_shift": "scale_shift"}, "resnet_time_scale_shift='scale_shift'"),
        ({"resnet_out_scale_factor": 0.5}, "resnet_out_scale_factor=0.5"),
        ({"only_cross_attention": [True, False]}, "only_cross_attention="),
        ({"conv_in_kernel": 1}, "conv_in_kernel=1"),
        ({"cross_attention_norm": "layer_norm"}, "cross_attention_norm='layer_norm'"),
        ({"time_embedding_type": "fourier"}, "time_embedding_type='fourier'"),
        ({"something_new": 3}, "something_new=3"),
        ({"addition_embed_type": "image"}, "addition_embed_type='image'"),
        ({"down_block_types": ["CrossAttnDownBlock2D", "AttnDownBlock2D"]}, "'AttnDownBlock2D'"),
        ({"down_block_types": ["CrossAttnUpBlock2D"] * 2}, "'CrossAttnUpBlock2D'"),
        ({"up_block_types": ["UpBlock2D", "SkipUpBlock2D"]}, "'SkipUpBlock2D'"),
        ({"down_block_types": ["DownBlock2D"]}, "2 widths for 1 down and 2 up blocks"),
        ({"up_block_types": ["UpBlock2D"] * 3}, "2 widths for 2 down and 3 up blocks"),
        ({"attention_head_dim": [2, 2, 2]}, "attention_head_dim.*3 entries.*2 blocks"),
        ({"layers_per_block": [1]}, "layers_per_block.*1 entries.*2 blocks"),
        ({"transformer_layers_per_block": [1, 2, 3]}, "transformer_layers_per_block.*3 entries"),
        ({"addition_embed_type": "text_time"}, "addition_time_embed_dim"),
    ],
)
def test_what_is_not_implemented_is_refused_by_name(changes: dict[str, Any], said: str):
    with torch.device("meta"), pytest.raises(LoomError, match=said):
        UNet2DConditionModel.from_config({**TINY, **changes})


def test_defaults_are_those_of_the_published_format():
    config = UNet2DConditionConfig.from_json({})
    assert config.block_out_channels == (320, 640, 1280, 1280)
    assert config.heads == (8, 8, 8, 8)
    assert config.layers == (2, 2, 2, 2)
    assert config.depths == (1, 1, 1, 1)


def test_numbers_of_each_block():
    config = UNet2DConditionConfig.from_json(
        {**TINY, "attention_head_dim": [1, 4], "layers_per_block": [3, 1]}
    )
    assert (config.heads, config.layers) == ((1, 4), (3, 1))
    model = UNet2DConditionModel(config)
    assert [len(block.resnets) for block in model.down_blocks] == [3, 1]
    assert [len(block.resnets) for block in model.up_blocks] == [2, 4]


def test_one_timestep_is_that_timestep_for_each_sample():
    model = tiny()
    sample, text = torch.randn(2, 4, 8, 8), torch.randn(2, 3, 6)
    one = model(sample, 40, text)
    assert torch.equal(one, model(sample, torch.tensor([40, 40]), text))
    mixed = model(sample, torch.tensor([40, 900]), text)
    torch.testing.assert_close(mixed[0], one[0])
    assert (mixed[1] - one[1]).abs().max() > 1e-4


def test_samples_of_a_batch_do_not_mix():
    model = tiny()
    sample, text = torch.randn(3, 4, 6, 10), torch.randn(3, 5, 6)
    alone = torch.cat([model(sample[i : i + 1], 7, text[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(model(sample, 7, text), alone, rtol=1e-4, atol=1e-5)


def test_the_text_matters_and_its_order_does_not():
    model = tiny()
    sample, text = torch.randn(1, 4, 8, 8), torch.randn(1, 5, 6)
    plain = model(sample, 7, text)
    assert (model(sample, 7, text * 2) - plain).abs().max() > 1e-4
    torch.testing.assert_close(model(sample, 7, text.flip(1)), plain, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("size", [(8, 8), (5, 9), (1, 1)])
def test_any_size_goes_in_and_comes_out(size: tuple[int, int]):
    out = tiny(out_channels=7)(torch.randn(1, 4, *size), 1, torch.randn(1, 2, 6))
    assert out.shape == (1, 7, *size)


def test_sdxl_needs_pooled_text_and_sizes():
    model = tiny(**TEXT_TIME)
    sample, text = torch.randn(2, 4, 8, 8), torch.randn(2, 3, 6)
    with pytest.raises(LoomError, match="pooled text"):
        model(sample, 7, text)
    added = AddedConditioning(torch.randn(2, 5), torch.full((2, 6), 512))
    small = AddedConditioning(added.text_embeds, torch.full((2, 6), 64))
    assert (model(sample, 7, text, added=added) - model(sample, 7, text, added=small)).norm() > 0
    with pytest.raises(LoomError, match="not an SDXL model"):
        tiny().embed_added(added)


def test_guidance_embedding_moves_the_prediction_of_a_distilled_model():
    model = tiny(time_cond_proj_dim=3)
    sample, text = torch.randn(2, 4, 8, 8), torch.randn(2, 3, 6)
    with torch.no_grad():
        model.time_embedding.cond_proj.weight.normal_()
    none = model.embed_time(5, 2)
    assert torch.equal(model.embed_time(5, 2, torch.zeros(2, 3)), none)
    strong = model(sample, 5, text, guidance=torch.ones(2, 3))
    assert (strong - model(sample, 5, text)).abs().max() > 1e-4


def test_wrong_number_of_residuals_is_not_ignored():
    model = tiny()
    sample, text = torch.randn(1, 4, 8, 8), torch.randn(1, 3, 6)
    with pytest.raises(ValueError, match="shorter"):
        model(sample, 5, text, down_residuals=[torch.zeros(1, 8, 8, 8)])


def test_time_embedding_is_sinusoids_through_two_layers():
    model = tiny()
    half = torch.exp(-torch.log(torch.tensor(10_000.0)) * torch.arange(4) / 4)
    angles = 123.0 * half
    sinusoids = torch.cat([angles.cos(), angles.sin()])[None]
    layer = model.time_embedding
    want = layer.linear_2(torch.nn.functional.silu(layer.linear_1(sinusoids)))
    torch.testing.assert_close(model.embed_time(123, 1), want, rtol=1e-5, atol=1e-6)
    assert want.shape == (1, 32)
