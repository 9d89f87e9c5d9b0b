"""UNet2DConditionModel against the reference: same weights, same inputs, float32."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.diffusion.models.unet_2d_condition import (
    AddedConditioning,
    ImageConditioning,
    ImageHintConditioning,
    TextImageConditioning,
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
# Kandinsky 2.2: residual resampling, added keys and values, scale and shift, learned variance.
UNCLIP: dict[str, Any] = {
    **SMALL,
    "block_out_channels": (16, 32, 32),
    "down_block_types": ("ResnetDownsampleBlock2D", *(("SimpleCrossAttnDownBlock2D",) * 2)),
    "mid_block_type": "UNetMidBlock2DSimpleCrossAttn",
    "up_block_types": (*(("SimpleCrossAttnUpBlock2D",) * 2), "ResnetUpsampleBlock2D"),
    "layers_per_block": 2,
    "attention_head_dim": 8,
    "resnet_time_scale_shift": "scale_shift",
    "out_channels": 8,
    "encoder_hid_dim": 10,
    "encoder_hid_dim_type": "image_proj",
    "addition_embed_type": "image",
}
# Pixel-space unCLIP decoders: text states pooled by attention, GELU, normalised context.
PIXELS: dict[str, Any] = {
    **UNCLIP,
    "act_fn": "gelu",
    "cross_attention_dim": 32,
    "cross_attention_norm": "group_norm",
    "only_cross_attention": True,
    "encoder_hid_dim_type": "text_proj",
    "addition_embed_type": "text",
    "addition_embed_type_num_heads": 2,
    "resnet_skip_time_act": True,
    "resnet_out_scale_factor": 1.4,
    "mid_block_scale_factor": 1.2,
    "in_channels": 3,
    "out_channels": 6,
}
# The ×2 latent upscaler: k-diffusion's blocks.
K_BLOCKS: dict[str, Any] = {
    **SMALL,
    "act_fn": "gelu",
    "attention_head_dim": 8,
    "block_out_channels": (32, 32, 64, 64),
    "conv_in_kernel": 1,
    "conv_out_kernel": 1,
    "down_block_types": ("KDownBlock2D", *(("KCrossAttnDownBlock2D",) * 3)),
    "in_channels": 8,
    "layers_per_block": 3,
    "mid_block_type": None,
    "norm_num_groups": None,
    "out_channels": 5,
    "resnet_time_scale_shift": "scale_shift",
    "time_cond_proj_dim": 20,
    "time_embedding_type": "fourier",
    "timestep_post_act": "gelu",
    "up_block_types": (*(("KCrossAttnUpBlock2D",) * 3), "KUpBlock2D"),
}
CONFIGS: dict[str, dict[str, Any]] = {
    "x2 upscaler": K_BLOCKS,
    "k blocks, none with attention at the lowest": {
        **K_BLOCKS,
        "block_out_channels": (32, 64),
        "down_block_types": ("KCrossAttnDownBlock2D", "KDownBlock2D"),
        "up_block_types": ("KUpBlock2D", "KCrossAttnUpBlock2D"),
        "norm_num_groups": 8,
        "flip_sin_to_cos": False,
    },
    "frequencies among the weights": {**SMALL, "time_embedding_type": "fourier"},
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
    "sdxl refiner": {
        **SDXL,
        "block_out_channels": (16, 24, 32, 32),
        "down_block_types": ("DownBlock2D", *(("CrossAttnDownBlock2D",) * 2), "DownBlock2D"),
        "up_block_types": ("UpBlock2D", *(("CrossAttnUpBlock2D",) * 2), "UpBlock2D"),
        "transformer_layers_per_block": 2,
        "attention_head_dim": (2, 3, 4, 4),
        "projection_class_embeddings_input_dim": 10 + 5 * 8,
    },
    "depth": {**SMALL, "in_channels": 5, "use_linear_projection": True},
    "edit": {**SMALL, "in_channels": 8},
    "x4 upscaler": {
        **SMALL,
        "in_channels": 7,
        "block_out_channels": (16, 32, 32),
        "down_block_types": ("DownBlock2D", *(("CrossAttnDownBlock2D",) * 2)),
        "up_block_types": (*(("CrossAttnUpBlock2D",) * 2), "UpBlock2D"),
        "only_cross_attention": (True, True, False),
        "num_class_embeds": 20,
        "use_linear_projection": True,
    },
    "only cross attention": {**SMALL, "only_cross_attention": True},
    "context width by block": {**SMALL, "cross_attention_dim": (16, 32)},
    "no middle": {**SMALL, "mid_block_type": None},
    "depths by layer": {
        **SDXL,
        "mid_block_type": "UNetMidBlock2D",
        "transformer_layers_per_block": (1, (2, 1), (1, 2)),
        "reverse_transformer_layers_per_block": ((2, 1, 3), (2, 1, 1), 1),
    },
    "depths by layer with a middle": {
        **SDXL,
        "transformer_layers_per_block": (1, (2, 1), (3, 2)),
        "reverse_transformer_layers_per_block": ((2, 1, 3), (2, 1, 1), 1),
    },
    "gelu": {**SDXL, "act_fn": "gelu", "class_embed_type": "timestep"},
    "scale and shift": {**SMALL, "resnet_time_scale_shift": "scale_shift"},
    "class timesteps": {**SMALL, "class_embed_type": "timestep"},
    "class vectors as they are": {**SMALL, "class_embed_type": "identity"},
    "class vectors projected": {
        **SMALL,
        "class_embed_type": "projection",
        "projection_class_embeddings_input_dim": 9,
        "act_fn": "gelu",
    },
    "class vectors beside the time": {
        **SMALL,
        "class_embed_type": "simple_projection",
        "projection_class_embeddings_input_dim": 9,
        "class_embeddings_concat": True,
    },
    "projected text": {**SMALL, "encoder_hid_dim": 10},
    "kandinsky 2.1": {
        **UNCLIP,
        "encoder_hid_dim_type": "text_image_proj",
        "addition_embed_type": "text_image",
    },
    "kandinsky 2.2": UNCLIP,
    "kandinsky 2.2 inpainting": {**UNCLIP, "in_channels": 9},
    "kandinsky 2.2 controlnet": {
        **UNCLIP,
        "in_channels": 8,
        "addition_embed_type": "image_hint",
    },
    "pixels": PIXELS,
    "pixels to larger pixels": {**PIXELS, "in_channels": 6, "class_embed_type": "timestep"},
    "pixels, middle at its own": {
        **PIXELS,
        "only_cross_attention": False,
        "mid_block_only_cross_attention": True,
        "encoder_hid_dim": None,
        "encoder_hid_dim_type": None,
        "cross_attention_norm": None,
    },
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
    """A sample and, for models that read one, a text."""
    g = torch.Generator().manual_seed(1)
    hint = 4 if config.get("addition_embed_type") == "image_hint" else 0
    sample = torch.randn(2, config.get("in_channels", 4) - hint, *size, generator=g)
    width = config.get("encoder_hid_dim") or config["cross_attention_dim"]
    if config.get("encoder_hid_dim_type") == "image_proj":
        return sample, None
    if isinstance(width, tuple):  # every block its own: only without a context
        return sample, None
    return sample, torch.randn(2, tokens, width, generator=g)


def conditions(
    config: dict[str, Any], size: tuple[int, int] = (8, 8)
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Whatever more the configuration needs, by our argument names and by the reference's."""
    g = torch.Generator().manual_seed(2)
    ours: dict[str, Any] = {}
    theirs: dict[str, Any] = {}
    if width := config.get("time_cond_proj_dim"):
        ours["guidance"] = theirs["timestep_cond"] = torch.randn(2, width, generator=g)
    if (labels := class_labels(config, g)) is not None:
        ours["class_labels"] = theirs["class_labels"] = labels
    context = config["cross_attention_dim"]
    match config.get("addition_embed_type"):
        case "text_time":
            pooled = torch.randn(2, 10, generator=g)
            numbers = (config["projection_class_embeddings_input_dim"] - 10) // 8
            sizes = torch.tensor([[512, 768, 0, 16, 1024, 640], [64, 64, 0, 0, 64, 6]])[:, :numbers]
            ours["added"] = AddedConditioning(pooled, sizes)
            theirs["added_cond_kwargs"] = {"text_embeds": pooled, "time_ids": sizes}
        case "text_image":
            text, image = torch.randn(2, 2, context, generator=g)
            ours["added"] = TextImageConditioning(text, image)
            theirs["added_cond_kwargs"] = {"text_embeds": text, "image_embeds": image}
        case "image":
            image = torch.randn(2, config["encoder_hid_dim"], generator=g)
            ours["added"] = ImageConditioning(image)
            theirs["added_cond_kwargs"] = {"image_embeds": image}
        case "image_hint":
            image = torch.randn(2, config["encoder_hid_dim"], generator=g)
            hint = torch.rand(2, 3, 8 * size[0], 8 * size[1], generator=g)
            ours["added"] = ImageHintConditioning(image, hint)
            theirs["added_cond_kwargs"] = {"image_embeds": image, "hint": hint}
    return ours, theirs


def class_labels(config: dict[str, Any], g: torch.Generator) -> torch.Tensor | None:
    match config.get("class_embed_type"):
        case "timestep":
            return torch.tensor([20, 900])
        case "identity":
            return torch.randn(2, 4 * config["block_out_channels"][0], generator=g)
        case "projection" | "simple_projection":
            return torch.randn(2, config["projection_class_embeddings_input_dim"], generator=g)
    return torch.tensor([3, 17]) if config.get("num_class_embeds") else None


def sizes(config: dict[str, Any]) -> list[tuple[int, int]]:
    """Sizes that an architecture takes: odd ones too, where its halvings allow them."""
    if config["down_block_types"][-1].startswith("K"):
        return [(16, 16), (32, 16)]  # 2 pixels and more at the lowest resolution
    even = config.get("mid_block_type") == "UNetMidBlock2DSimpleCrossAttn"
    return [(8, 8), (16, 8)] if even else [(8, 8), (16, 8), (9, 13)]


CASES = [
    pytest.param(name, size, id=f"{name}-{size[0]}x{size[1]}")
    for name, config in CONFIGS.items()
    for size in sizes(config)
]


@pytest.mark.parametrize(("name", "size"), CASES)
def test_prediction(name: str, size: tuple[int, int], pair, assert_same):
    config = CONFIGS[name]
    ours, theirs = pair(config)
    sample, text = inputs(config, size)
    mine, yours = conditions(config, size)
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


@pytest.mark.parametrize("extra", [0, 1], ids=["down blocks", "middle too"])
@pytest.mark.parametrize("name", ["sd1", "sdxl", "sdxl refiner"])
def test_adapter_states(name: str, extra: int, pair, assert_same):
    config = CONFIGS[name]
    ours, theirs = pair(config)
    sample, text = inputs(config)
    mine, yours = conditions(config)
    shapes: list[torch.Size] = []
    for block in ours.down_blocks:
        # Where there is attention the state comes before the halving, else after it.
        block.register_forward_hook(
            lambda block, _, out: shapes.append(
                out[1][len(block.resnets) - 1].shape if len(block.attentions) else out[0].shape
            )
        )
    ours.mid_block.register_forward_hook(lambda *call: shapes.append(call[2].shape))
    plain = ours(sample, 7, text, **mine)
    g = torch.Generator().manual_seed(3)
    count = len(ours.down_blocks) + extra
    states = [torch.randn(shape, generator=g) for shape in shapes[:count]]
    given = [state.clone() for state in states]
    got = ours(sample, 7, text, **mine, adapter_states=states)
    want = theirs(sample, 7, text, **yours, down_intrablock_additional_residuals=[*states]).sample
    assert_same(got, want)
    assert (want - plain).norm() > 0.01 * plain.norm()
    assert all(torch.equal(a, b) for a, b in zip(states, given, strict=True))


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
