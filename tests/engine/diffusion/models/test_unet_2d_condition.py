from typing import Any

import pytest
import torch

from engine.diffusion.blocks.attention import ConstantContext
from engine.diffusion.models.unet_2d_condition import (
    AddedConditioning,
    ImageConditioning,
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


UNCLIP: dict[str, Any] = {
    "down_block_types": ["ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"],
    "mid_block_type": "UNetMidBlock2DSimpleCrossAttn",
    "up_block_types": ["SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"],
    "attention_head_dim": 8,
    "encoder_hid_dim": 5,
    "encoder_hid_dim_type": "image_proj",
    "addition_embed_type": "image",
}

UNCLIP_TEXT: dict[str, Any] = {
    **UNCLIP,
    "encoder_hid_dim": None,
    "encoder_hid_dim_type": None,
    "addition_embed_type": "text",
    "addition_embed_type_num_heads": 2,
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"act_fn": "tanh"}, "act_fn.*'tanh'"),
        ({"mid_block_type": "UNetMidBlock3D"}, "mid_block_type='UNetMidBlock3D'"),
        ({"class_embed_type": "fancy"}, "class_embed_type='fancy'"),
        ({"class_embed_type": "projection"}, "needs projection_class_embeddings_input_dim"),
        ({"encoder_hid_dim_type": "text_proj"}, "needs encoder_hid_dim"),
        ({"encoder_hid_dim": 7, "encoder_hid_dim_type": "ip_image_proj"}, "'ip_image_proj'"),
        ({"encoder_hid_dim": 7, "encoder_hid_dim_type": "image_proj"}, "addition_embed_type=None"),
        ({"encoder_hid_dim": 7, "cross_attention_dim": [6, 8]}, "needs one cross_attention_dim"),
        ({"dual_cross_attention": True}, "dual_cross_attention=True"),
        ({"resnet_skip_time_act": True}, "resnet_skip_time_act=True"),
        ({"resnet_time_scale_shift": "spatial"}, "resnet_time_scale_shift='spatial'"),
        ({"resnet_out_scale_factor": 0.5}, "resnet_out_scale_factor=0.5"),
        ({"only_cross_attention": [True] * 3}, "only_cross_attention.*3 entries"),
        ({"conv_in_kernel": 2}, "conv_in_kernel=2"),
        ({"cross_attention_norm": "group_norm"}, "cross_attention_norm='group_norm'"),
        ({**UNCLIP, "cross_attention_norm": "layer_norm"}, "cross_attention_norm='layer_norm'"),
        ({"time_embedding_type": "learned"}, "time_embedding_type='learned'"),
        ({"something_new": 3}, "something_new=3"),
        ({"addition_embed_type": "image"}, "encoder_hid_dim_type=None"),
        ({"addition_embed_type": "sound"}, "addition_embed_type='sound'"),
        ({"addition_embed_type": "text", "class_embeddings_concat": True}, "class_embeddings_conc"),
        ({"down_block_types": ["CrossAttnDownBlock2D", "AttnDownBlock2D"]}, "'AttnDownBlock2D'"),
        ({"down_block_types": ["CrossAttnUpBlock2D"] * 2}, "'CrossAttnUpBlock2D'"),
        ({"up_block_types": ["UpBlock2D", "SkipUpBlock2D"]}, "'SkipUpBlock2D'"),
        ({"down_block_types": ["DownBlock2D"]}, "2 widths for 1 down and 2 up blocks"),
        ({"up_block_types": ["UpBlock2D"] * 3}, "2 widths for 2 down and 3 up blocks"),
        ({"attention_head_dim": [2, 2, 2]}, "attention_head_dim.*3 entries.*2 blocks"),
        ({"layers_per_block": [1]}, "layers_per_block.*1 entries.*2 blocks"),
        ({"transformer_layers_per_block": [1, 2, 3]}, "transformer_layers_per_block.*3 entries"),
        ({"transformer_layers_per_block": [[1], 1]}, "also needs reverse_transformer_layers"),
        ({"addition_embed_type": "text_time"}, "needs projection_class_embeddings_input_dim"),
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
    assert [config.down(i).depths for i in range(4)] == [(1, 1)] * 4
    assert [config.up(i).depths for i in range(4)] == [(1, 1, 1)] * 4


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
    with pytest.raises(LoomError, match=r"needs pooled text.*nothing was given"):
        model(sample, 7, text)
    with pytest.raises(LoomError, match=r"needs pooled text.*ImageConditioning was given"):
        model(sample, 7, text, added=ImageConditioning(torch.zeros(2, 5)))
    with pytest.raises(LoomError, match=r"reads 29 numbers .* 25 were given, for 5 sizes"):
        model(sample, 7, text, added=AddedConditioning(torch.zeros(2, 5), torch.zeros(2, 5)))
    added = AddedConditioning(torch.randn(2, 5), torch.full((2, 6), 512))
    small = AddedConditioning(added.text_embeds, torch.full((2, 6), 64))
    assert (model(sample, 7, text, added=added) - model(sample, 7, text, added=small)).norm() > 0
    with pytest.raises(LoomError, match="takes no AddedConditioning"):
        tiny()(sample, 7, text, added=added)


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
    with pytest.raises(LoomError, match="4 skip connections, and 1 residuals"):
        model(sample, 5, text, down_residuals=[torch.zeros(1, 8, 8, 8)])
    with pytest.raises(LoomError, match="2 down blocks, and 1 adapter states"):
        model(sample, 5, text, adapter_states=[torch.zeros(1, 8, 8, 8)])


@pytest.mark.parametrize(
    ("changes", "arguments", "said"),
    [
        ({}, {"guidance": torch.zeros(1, 3)}, "takes no guidance embedding"),
        ({}, {"class_labels": torch.tensor([1])}, "takes no class labels"),
        ({"num_class_embeds": 10}, {}, "needs class labels: it has 10 classes"),
        ({"class_embed_type": "timestep"}, {}, "needs class labels: .*'timestep'"),
        ({}, {"encoder_hidden_states": None}, "6 wide, and none were given"),
        ({}, {"encoder_hidden_states": torch.zeros(1, 3, 7)}, "6 wide, and ones 7 wide"),
        ({"encoder_hid_dim": 9}, {}, "9 wide, and ones 6 wide"),
        ({}, {"sample": torch.zeros(1, 9, 8, 8)}, "reads 4 channels, and the sample has 9"),
        (UNCLIP, {"encoder_hidden_states": None}, "needs the vector of a picture"),
        (UNCLIP, {"added": ImageConditioning(torch.zeros(1, 5))}, "no text embeddings"),
        (
            UNCLIP,
            {
                "added": ImageConditioning(torch.zeros(1, 5)),
                "encoder_hidden_states": None,
                "sample": torch.zeros(1, 4, 8, 7),
            },
            "multiples of 2, and these are 7×8",
        ),
    ],
)
def test_what_a_model_lacks_or_can_not_use_is_said(changes, arguments, said):
    usual = {"sample": torch.zeros(1, 4, 8, 8), "encoder_hidden_states": torch.zeros(1, 3, 6)}
    with pytest.raises(LoomError, match=said):
        tiny(**changes)(**{**usual, "timestep": 7, **arguments})


@pytest.mark.parametrize("changes", [{}, {"encoder_hid_dim": 6}, UNCLIP_TEXT])
def test_a_constant_context_gives_the_same_numbers(changes: dict[str, Any]):
    model = tiny(**changes)
    text = torch.randn(2, 3, 6)
    constant = ConstantContext(text)
    for t in (900, 10):
        sample = torch.randn(2, 4, 8, 8)
        assert torch.equal(model(sample, t, constant), model(sample, t, text))
    with pytest.raises(LoomError, match="6 wide, and ones 5 wide"):
        model(sample, 7, ConstantContext(torch.randn(2, 3, 5)))


@pytest.mark.parametrize("changes", [{}, TEXT_TIME, {"num_class_embeds": 9}, UNCLIP])
def test_half_precision_in_half_precision_out(changes: dict[str, Any]):
    model = tiny(**changes).bfloat16()
    sample, text = torch.randn(2, 4, 8, 8).bfloat16(), torch.randn(2, 3, 6).bfloat16()
    given: dict[str, Any] = {"encoder_hidden_states": text}
    if changes is TEXT_TIME:
        given["added"] = AddedConditioning(torch.randn(2, 5), torch.full((2, 6), 512))
    elif changes is UNCLIP:
        given = {"added": ImageConditioning(torch.randn(2, 5))}
    elif changes:
        given["class_labels"] = torch.tensor([4])
    out = model(sample, torch.tensor(999.0), **given)
    assert out.dtype is torch.bfloat16 and out.isfinite().all()


def test_a_class_for_all_is_that_class_for_each():
    model = tiny(num_class_embeds=10)
    sample, text = torch.randn(2, 4, 8, 8), torch.randn(2, 3, 6)
    one = model(sample, 7, text, class_labels=torch.tensor([4]))
    assert torch.equal(one, model(sample, 7, text, class_labels=torch.tensor([4, 4])))
    assert (one - model(sample, 7, text, class_labels=torch.tensor([5]))).abs().max() > 1e-4


def test_a_picture_alone_leads_an_unclip_decoder():
    model = tiny(**UNCLIP, out_channels=8)
    sample, image = torch.randn(2, 4, 8, 8), torch.randn(2, 5)
    out = model(sample, 7, added=ImageConditioning(image))
    assert out.shape == (2, 8, 8, 8)
    assert (model(sample, 7, added=ImageConditioning(-image)) - out).abs().max() > 1e-4


def test_adapter_states_reach_both_the_next_stage_and_the_skip_connections():
    model = tiny()
    sample, text = torch.randn(1, 4, 8, 8), torch.randn(1, 3, 6)
    temb, context = model.embed(sample, 7, text), model.project_context(text)
    x = model.conv_in(sample)
    plain, before = model.encode(x, temb, context)
    # In a stage with attention the state comes before the halving, in one without it after all.
    first, second = torch.ones(1, 8, 8, 8), torch.ones(1, 16, 4, 4)
    moved, skips = model.encode(x, temb, context, [torch.zeros_like(first), second])
    assert torch.equal(moved, plain + 1) and torch.equal(skips[-1], plain + 1)
    _, skips = model.encode(x, temb, context, [first, torch.zeros_like(second)])
    assert torch.equal(skips[1], before[1] + 1)
    assert torch.equal(skips[2], model.down_blocks[0].downsamplers[0](skips[1]))


def test_time_embedding_is_sinusoids_through_two_layers():
    model = tiny()
    half = torch.exp(-torch.log(torch.tensor(10_000.0)) * torch.arange(4) / 4)
    angles = 123.0 * half
    sinusoids = torch.cat([angles.cos(), angles.sin()])[None]
    layer = model.time_embedding
    want = layer.linear_2(torch.nn.functional.silu(layer.linear_1(sinusoids)))
    torch.testing.assert_close(model.embed_time(123, 1), want, rtol=1e-5, atol=1e-6)
    assert want.shape == (1, 32)


K_BLOCKS = {
    "block_out_channels": (32, 64, 64),
    "down_block_types": ("KDownBlock2D", "KCrossAttnDownBlock2D", "KCrossAttnDownBlock2D"),
    "up_block_types": ("KCrossAttnUpBlock2D", "KCrossAttnUpBlock2D", "KUpBlock2D"),
    "mid_block_type": None,
    "norm_num_groups": None,
    "cross_attention_dim": 12,
    "time_embedding_type": "fourier",
    "layers_per_block": 1,
}


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"up_block_types": ("KUpBlock2D",) * 3}, "up_block_types", "with K blocks"),
        ({"mid_block_type": "UNetMidBlock2D"}, "mid_block_type", "with K blocks"),
        ({"block_out_channels": (32, 32, 64)}, "block_out_channels", "must be equally wide"),
        ({"class_embed_type": "timestep"}, "class_embed_type", "with K blocks"),
        ({"time_embedding_type": "learned"}, "time_embedding_type", "known: positional, fourier"),
    ],
)
def test_k_blocks_that_do_not_fit_together(change, field, message):
    with pytest.raises(LoomError, match=message) as raised:
        UNet2DConditionModel.from_config({**K_BLOCKS, **change})
    assert raised.value.field == field


def test_other_blocks_need_groups():
    with pytest.raises(LoomError, match="norm_num_groups is needed"):
        UNet2DConditionModel.from_config({"norm_num_groups": None})


def test_what_k_blocks_cannot_take():
    unet = UNet2DConditionModel.from_config(K_BLOCKS)
    text = torch.randn(1, 5, 12)
    with pytest.raises(LoomError, match=r"multiples of 4, of 8 or more, and these are 4×4"):
        unet(torch.randn(1, 4, 4, 4), 1, text)
    with pytest.raises(LoomError, match="No ControlNet or T2I-Adapter fits"):
        unet(torch.randn(1, 4, 8, 8), 1, text, mid_residual=torch.zeros(1))
