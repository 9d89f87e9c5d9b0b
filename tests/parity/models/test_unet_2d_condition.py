"""UNet2DConditionModel against the reference: same weights, same inputs, float32."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.diffusion.models.unet_2d_condition import (
    AddedConditioning,
    UNet2DConditionConfig,
    UNet2DConditionModel,
)

diffusers = pytest.importorskip("diffusers")
pytestmark = pytest.mark.parity

SMALL: dict[str, Any] = {
    "block_out_channels": (16, 32),
    "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
    "layers_per_block": 1,
    "norm_num_groups": 4,
    "cross_attention_dim": 12,
    "attention_head_dim": 2,
}
SDXL: dict[str, Any] = {
    **SMALL,
    "block_out_channels": (16, 24, 32),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "layers_per_block": 2,
    "transformer_layers_per_block": (1, 2, 3),
    "attention_head_dim": (2, 3, 4),
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 8,
    "projection_class_embeddings_input_dim": 10 + 6 * 8,
}
CONFIGS: dict[str, dict[str, Any]] = {
    "sd1": {
        **SMALL,
        "block_out_channels": (16, 32, 32, 32),
        "down_block_types": (*(("CrossAttnDownBlock2D",) * 3), "DownBlock2D"),
        "up_block_types": ("UpBlock2D", *(("CrossAttnUpBlock2D",) * 3)),
        "layers_per_block": 2,
    },
    "sd2": {**SMALL, "use_linear_projection": True, "attention_head_dim": (2, 4)},
    "sdxl": SDXL,
    "inpainting": {**SMALL, "in_channels": 9},
    "one level": {
        **SMALL,
        "block_out_channels": (16,),
        "down_block_types": ("CrossAttnDownBlock2D",),
        "up_block_types": ("CrossAttnUpBlock2D",),
    },
    "layers by block": {**SMALL, "layers_per_block": (3, 1)},
    "heads that do not divide the width": {**SMALL, "attention_head_dim": 3},
    "distilled": {**SMALL, "time_cond_proj_dim": 6},
    "sines first": {**SMALL, "flip_sin_to_cos": False, "freq_shift": 1},
}


def random_config(seed: int) -> dict[str, Any]:
    """Anything the architecture allows, small."""
    rng = random.Random(seed)
    blocks = rng.randint(2, 4)

    def each(*values: int) -> int | tuple[int, ...]:
        one = tuple(rng.choice(values) for _ in range(blocks))
        return rng.choice((one, one[0]))

    return {
        "in_channels": rng.choice((3, 4, 8)),
        "out_channels": rng.choice((3, 4, 8)),
        "block_out_channels": tuple(rng.choice((8, 16, 24)) for _ in range(blocks)),
        "down_block_types": tuple(
            rng.choice(("CrossAttnDownBlock2D", "DownBlock2D")) for _ in range(blocks)
        ),
        "up_block_types": tuple(
            rng.choice(("CrossAttnUpBlock2D", "UpBlock2D")) for _ in range(blocks)
        ),
        "layers_per_block": each(1, 2, 3),
        "transformer_layers_per_block": each(1, 2),
        "attention_head_dim": each(1, 2, 4),
        "norm_num_groups": rng.choice((2, 4, 8)),
        "norm_eps": rng.choice((1e-5, 1e-3)),
        "cross_attention_dim": rng.choice((5, 16)),
        "use_linear_projection": rng.random() < 0.5,
        "flip_sin_to_cos": rng.random() < 0.5,
        "freq_shift": rng.choice((0, 1)),
        "time_cond_proj_dim": rng.choice((None, 7)),
    }


@pytest.fixture
def pair(shaken):
    """The reference and ours, with the reference's weights."""

    def build(config: dict[str, Any]):
        torch.manual_seed(0)
        theirs = shaken(diffusers.UNet2DConditionModel(**config))
        ours = UNet2DConditionModel.from_config(dict(theirs.config)).eval().requires_grad_(False)
        ours.load_state_dict(theirs.state_dict())
        return ours, theirs

    return build


def inputs(config: dict[str, Any], size: tuple[int, int] = (8, 8), tokens: int = 5):
    g = torch.Generator().manual_seed(1)
    sample = torch.randn(2, config.get("in_channels", 4), *size, generator=g)
    return sample, torch.randn(2, tokens, config["cross_attention_dim"], generator=g)


def conditions(config: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Whatever more the configuration needs, by our argument names and by the reference's."""
    g = torch.Generator().manual_seed(2)
    ours: dict[str, Any] = {}
    theirs: dict[str, Any] = {}
    if width := config.get("time_cond_proj_dim"):
        ours["guidance"] = theirs["timestep_cond"] = torch.randn(2, width, generator=g)
    if config.get("addition_embed_type"):
        pooled = torch.randn(2, 10, generator=g)
        sizes = torch.tensor([[512, 768, 0, 16, 1024, 640], [64, 64, 0, 0, 64, 64]])
        ours["added"] = AddedConditioning(pooled, sizes)
        theirs["added_cond_kwargs"] = {"text_embeds": pooled, "time_ids": sizes}
    return ours, theirs


@pytest.mark.parametrize("size", [(8, 8), (16, 8), (9, 13)], ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("name", CONFIGS)
def test_prediction(name: str, size: tuple[int, int], pair, assert_same):
    config = CONFIGS[name]
    ours, theirs = pair(config)
    sample, text = inputs(config, size)
    mine, yours = conditions(config)
    assert_same(ours(sample, 321, text, **mine), theirs(sample, 321, text, **yours).sample)


@pytest.mark.parametrize("seed", range(16))
def test_prediction_of_random_configurations(seed: int, pair, assert_same):
    config = random_config(seed)
    ours, theirs = pair(config)
    sample, text = inputs(config, random.Random(seed).choice(((8, 8), (16, 24), (11, 7))))
    mine, yours = conditions(config)
    t = torch.tensor([3, 987])
    assert_same(ours(sample, t, text, **mine), theirs(sample, t, text, **yours).sample)


@pytest.mark.parametrize("timestep", [0, 999, 17.5, torch.tensor(500), torch.tensor([1, 900])])
def test_timesteps_of_any_kind(timestep, pair, assert_same):
    ours, theirs = pair(SMALL)
    sample, text = inputs(SMALL)
    assert_same(ours(sample, timestep, text), theirs(sample, timestep, text).sample)


def test_distilled_model_without_guidance(pair, assert_same):
    ours, theirs = pair(CONFIGS["distilled"])
    sample, text = inputs(SMALL)
    assert_same(ours(sample, 10, text), theirs(sample, 10, text).sample)


@pytest.mark.parametrize("size", [(8, 8), (9, 13)], ids=["even", "odd"])
@pytest.mark.parametrize("name", ["sd1", "layers by block", "sdxl"])
def test_controlnet_residuals(name: str, size: tuple[int, int], pair, assert_same):
    config = CONFIGS[name]
    ours, theirs = pair(config)
    sample, text = inputs(config, size)
    mine, yours = conditions(config)
    skips, middle = [], []
    ours.conv_in.register_forward_hook(lambda *call: skips.append(call[2]))
    for block in ours.down_blocks:
        block.register_forward_hook(lambda *call: skips.extend(call[2][1]))
    ours.mid_block.register_forward_hook(lambda *call: middle.append(call[2]))
    plain = ours(sample, 7, text, **mine)
    g = torch.Generator().manual_seed(3)
    residuals, [extra] = (
        [torch.randn(x.shape, generator=g) for x in group]
        for group in (tuple(skips), tuple(middle))
    )
    got = ours(sample, 7, text, **mine, down_residuals=residuals, mid_residual=extra)
    want = theirs(
        sample,
        7,
        text,
        **yours,
        down_block_additional_residuals=residuals,
        mid_block_additional_residual=extra,
    ).sample
    assert_same(got, want)
    assert (want - plain).norm() > 0.01 * plain.norm()


@pytest.mark.parametrize("config", [*CONFIGS.values(), *map(random_config, range(16))])
def test_weights_have_the_published_names_and_shapes(config: dict[str, Any]):
    with torch.device("meta"):
        theirs = diffusers.UNet2DConditionModel(**config).state_dict()
        ours = UNet2DConditionModel.from_config(config).state_dict()
    assert {n: v.shape for n, v in ours.items()} == {n: v.shape for n, v in theirs.items()}


@pytest.mark.parametrize("name", CONFIGS)
def test_config_files_interchange(name: str, fields, tmp_path: Path):
    with torch.device("meta"):
        theirs = diffusers.UNet2DConditionModel(**CONFIGS[name], sample_size=(24, 16))
        theirs.save_config(tmp_path / "theirs")
        read = json.loads((tmp_path / "theirs" / "config.json").read_text())
        config = UNet2DConditionConfig.from_json(read)
        (tmp_path / "config.json").write_text(json.dumps(config.to_json()))
        loaded = diffusers.UNet2DConditionModel.load_config(tmp_path)
        again = diffusers.UNet2DConditionModel.from_config(loaded)
    assert config.sample_size == (24, 16)
    assert UNet2DConditionConfig.from_json(config.to_json()) == config
    assert fields(again) == fields(theirs)
