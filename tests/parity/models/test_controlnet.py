"""ControlNetModel against the reference: same weights, same inputs, float32."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.diffusion.models.controlnet import ControlNetConfig, ControlNetModel
from engine.diffusion.models.unet_2d_condition import AddedConditioning, UNet2DConditionModel

diffusers = pytest.importorskip("diffusers")
pytestmark = pytest.mark.parity

SMALL: dict[str, Any] = {
    "block_out_channels": (16, 32),
    "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
    "layers_per_block": 2,
    "norm_num_groups": 4,
    "cross_attention_dim": 12,
    "attention_head_dim": 2,
    "conditioning_embedding_out_channels": (4, 8, 12, 8),
}
SDXL: dict[str, Any] = {
    **SMALL,
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D"),
    "transformer_layers_per_block": (1, 2),
    "attention_head_dim": (2, 4),
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 8,
    "projection_class_embeddings_input_dim": 10 + 6 * 8,
}
CONFIGS: dict[str, dict[str, Any]] = {
    "sd1": SMALL,
    "sd2": {**SMALL, "use_linear_projection": True, "attention_head_dim": (2, 4)},
    "sdxl": SDXL,
    "pooled": {**SMALL, "global_pool_conditions": True},
    "blue first": {**SMALL, "controlnet_conditioning_channel_order": "bgr"},
    "five channels, larger hints": {
        **SMALL,
        "conditioning_channels": 5,
        "conditioning_embedding_out_channels": (4, 8, 12, 8, 8),
    },
    "classes": {**SMALL, "num_class_embeds": 20},
    "three levels": {
        **SMALL,
        "block_out_channels": (16, 24, 32),
        "down_block_types": (*(("CrossAttnDownBlock2D",) * 2), "DownBlock2D"),
        "only_cross_attention": (True, False, False),
        "layers_per_block": 1,
        "act_fn": "gelu",
    },
    "no attention": {
        **SMALL,
        "down_block_types": ("DownBlock2D",) * 2,
        "mid_block_type": "UNetMidBlock2D",
    },
}


@pytest.fixture
def pair(shaken):
    """The reference and ours, with the reference's weights."""

    def build(config: dict[str, Any]):
        torch.manual_seed(0)
        theirs = shaken(diffusers.ControlNetModel(**config))
        ours = ControlNetModel.from_config(dict(theirs.config)).eval().requires_grad_(False)
        ours.load_state_dict(theirs.state_dict())
        return ours, theirs

    return build


@pytest.mark.parametrize("guess", [False, True], ids=["led", "guessing"])
@pytest.mark.parametrize("name", CONFIGS)
def test_residuals(name: str, guess: bool, pair, assert_same):
    config = CONFIGS[name]
    ours, theirs = pair(config)
    g = torch.Generator().manual_seed(1)
    height, width = (9, 13) if guess else (8, 12)
    sample = torch.randn(2, 4, height, width, generator=g)
    text = torch.randn(2, 5, 12, generator=g)
    f, channels = ours.config.factor, config.get("conditioning_channels", 3)
    hint = torch.rand(2, channels, f * height, f * width, generator=g)
    mine: dict[str, Any] = {}
    yours: dict[str, Any] = {}
    if "addition_embed_type" in config:
        pooled, sizes = torch.randn(2, 10, generator=g), torch.tensor([[512, 768, 0, 16, 9, 6]] * 2)
        mine["added"] = AddedConditioning(pooled, sizes)
        yours["added_cond_kwargs"] = {"text_embeds": pooled, "time_ids": sizes}
    if "num_class_embeds" in config:
        mine["class_labels"] = yours["class_labels"] = torch.tensor([3, 17])
    got = ours(sample, 321, text, hint, scale=0.7, guess=guess, **mine)
    want = theirs(
        sample,
        321,
        text,
        controlnet_cond=hint,
        conditioning_scale=0.7,
        guess_mode=guess,
        **yours,
    )
    assert len(got.down) == len(want.down_block_res_samples) == len(ours.config.skip_widths)
    for mine_, yours_ in zip(got.down, want.down_block_res_samples, strict=True):
        assert_same(mine_, yours_)
    assert_same(got.mid, want.mid_block_res_sample)


@pytest.mark.parametrize("name", CONFIGS)
def test_weights_have_the_published_names_and_shapes(name: str):
    with torch.device("meta"):
        theirs = diffusers.ControlNetModel(**CONFIGS[name]).state_dict()
        ours = ControlNetModel.from_config(CONFIGS[name]).state_dict()
    assert {n: v.shape for n, v in ours.items()} == {n: v.shape for n, v in theirs.items()}


@pytest.mark.parametrize("name", CONFIGS)
def test_config_files_interchange(name: str, fields, tmp_path: Path):
    with torch.device("meta"):
        theirs = diffusers.ControlNetModel(**CONFIGS[name])
        theirs.save_config(tmp_path / "theirs")
        read = json.loads((tmp_path / "theirs" / "config.json").read_text())
        config = ControlNetConfig.from_json(read)
        (tmp_path / "config.json").write_text(json.dumps(config.to_json()))
        loaded = diffusers.ControlNetModel.load_config(tmp_path)
        again = diffusers.ControlNetModel.from_config(loaded)
    assert ControlNetConfig.from_json(config.to_json()) == config
    assert fields(again) == fields(theirs)


@pytest.mark.parametrize("name", ["sd1", "sdxl"])
def test_a_copy_of_a_unet_is_the_reference_s_copy(name: str, shaken):
    config = {n: v for n, v in CONFIGS[name].items() if "conditioning" not in n}
    ups = [n.replace("Down", "Up") for n in reversed(config["down_block_types"])]
    torch.manual_seed(0)
    unet = shaken(diffusers.UNet2DConditionModel(**config, up_block_types=tuple(ups)))
    ours = UNet2DConditionModel.from_config(dict(unet.config))
    ours.load_state_dict(unet.state_dict())
    widths = (4, 8, 12, 8)
    got = ControlNetModel.from_unet(ours, conditioning_embedding_out_channels=widths)
    want = diffusers.ControlNetModel.from_unet(unet, conditioning_embedding_out_channels=widths)
    hints = "controlnet_cond_embedding."
    expected = want.state_dict()
    for weight_name, value in got.state_dict().items():
        if not weight_name.startswith(hints):  # drawn at random
            assert torch.equal(value, expected[weight_name]), weight_name
    assert got.state_dict().keys() == expected.keys()
    assert ControlNetConfig.from_json(dict(want.config)) == got.config
