from typing import Any

import pytest

from engine.diffusion.models.unet_2d_condition import UNet2DConditionConfig

UNCLIP: dict[str, Any] = {
    "block_out_channels": [64, 128],
    "down_block_types": ["ResnetDownsampleBlock2D", "SimpleCrossAttnDownBlock2D"],
    "mid_block_type": "UNetMidBlock2DSimpleCrossAttn",
    "up_block_types": ["SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D"],
    "attention_head_dim": 32,
}


def config(**changes: Any) -> UNet2DConditionConfig:
    return UNet2DConditionConfig.from_json(changes)


def test_stages_of_the_defaults():
    found = config(attention_head_dim=[5, 10, 20, 20], cross_attention_dim=[4, 5, 6, 7])
    downs = [found.down(i) for i in range(4)]
    assert [s.attention for s in downs] == [*["transformer"] * 3, "none"]
    assert [(s.width, s.heads, s.head_dim) for s in downs[:2]] == [(320, 5, 64), (640, 10, 64)]
    assert [s.context_dim for s in downs] == [4, 5, 6, 7]
    ups = [found.up(i) for i in range(4)]
    assert [s.attention for s in ups] == ["none", *["transformer"] * 3]
    assert [s.width for s in ups] == [1280, 1280, 640, 320]
    assert [s.context_dim for s in ups] == [7, 6, 5, 4]
    assert [len(s.depths) for s in (downs[0], ups[0])] == [2, 3]
    mid = found.mid()
    assert mid is not None
    assert (mid.width, mid.context_dim, mid.depths, mid.attention) == (1280, 7, (1,), "transformer")


def test_up_blocks_mirror_what_down_blocks_say_or_have_depths_of_their_own():
    blocks = {
        "block_out_channels": [8, 16],
        "down_block_types": ["CrossAttnDownBlock2D"] * 2,
        "up_block_types": ["CrossAttnUpBlock2D"] * 2,
    }
    found = config(
        **blocks, transformer_layers_per_block=[1, 3], only_cross_attention=[True, False]
    )
    assert [found.down(i).depths for i in (0, 1)] == [(1, 1), (3, 3)]
    assert [found.up(i).depths for i in (0, 1)] == [(3, 3, 3), (1, 1, 1)]
    assert [found.up(i).only_cross_attention for i in (0, 1)] == [False, True]
    mid = found.mid()
    assert mid is not None and mid.depths == (3,) and not mid.only_cross_attention
    found = config(
        **blocks,
        transformer_layers_per_block=[1, [2, 4]],
        reverse_transformer_layers_per_block=[[5, 6, 7], 1],
    )
    assert [found.down(i).depths for i in (0, 1)] == [(1, 1), (2, 4)]
    assert [found.up(i).depths for i in (0, 1)] == [(5, 6, 7), (1, 1, 1)]


def test_in_simple_blocks_the_number_is_the_head_s_width():
    found = config(**UNCLIP, resnet_skip_time_act=True, resnet_out_scale_factor=1.5)
    down, mid = found.down(1), found.mid()
    assert mid is not None
    assert (down.heads, down.head_dim, down.attention) == (4, 32, "added_kv")
    assert (down.residual_resampling, down.skip_time_act, down.output_scale_factor) == (
        True,
        True,
        1.5,
    )
    assert (mid.skip_time_act, mid.output_scale_factor) == (True, 1)


@pytest.mark.parametrize(
    ("only", "mid", "found"),
    [(True, None, True), (False, None, False), ([True, True], None, False), (False, True, True)],
)
def test_the_middle_looks_at_the_context_alone_where_all_blocks_do_or_it_is_told(only, mid, found):
    middle = config(**UNCLIP, only_cross_attention=only, mid_block_only_cross_attention=mid).mid()
    assert middle is not None and middle.only_cross_attention is found


def test_classes_beside_the_time_make_its_embedding_twice_as_wide():
    assert config(class_embed_type="identity").down(0).temb_channels == 1280
    beside = config(class_embed_type="identity", class_embeddings_concat=True)
    assert beside.down(0).temb_channels == 2560 and beside.time_dim == 1280


@pytest.mark.parametrize(
    ("widths", "needs"),
    [(1280, True), ([320, 640, 1280, 1280], False), ([320, 640, 1280, 7], True)],
)
def test_a_context_can_be_left_out_where_it_is_as_wide_as_the_pixels(widths, needs):
    assert config(cross_attention_dim=widths).needs_context is needs


def test_what_projects_the_context():
    assert config().context_projection is None
    assert config(encoder_hid_dim=4096).context_projection == "text_proj"
