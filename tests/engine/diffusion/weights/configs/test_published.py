"""Published configurations at full size, found again from names and shapes alone.

Models are laid out without memory and their names put into the original layout.
"""

from typing import Any

import pytest
import torch

from engine.diffusion.models.autoencoder_kl import AutoencoderKL
from engine.diffusion.models.unet_2d_condition import UNet2DConditionModel
from engine.diffusion.weights.configs.kinds import KINDS, REFINER, SD1, SD2, SDXL, Kind
from engine.diffusion.weights.configs.text import clip_config, openclip_config
from engine.diffusion.weights.configs.unet import unet_config
from engine.diffusion.weights.configs.vae import vae_config
from engine.diffusion.weights.detect import OPENCLIP, SDXL_OPENCLIP, UNET, Part, kind_of, parts_in
from engine.diffusion.weights.maps.apply import to_theirs
from engine.diffusion.weights.maps.kohya import unet_names
from engine.diffusion.weights.maps.text import openclip_map
from engine.diffusion.weights.maps.unet import unet_map
from engine.diffusion.weights.maps.vae import vae_map
from engine.graph.errors import LoomError

SD15: dict[str, Any] = {
    "_class_name": "UNet2DConditionModel",
    "attention_head_dim": 8,
    "block_out_channels": [320, 640, 1280, 1280],
    "cross_attention_dim": 768,
    "down_block_types": [*["CrossAttnDownBlock2D"] * 3, "DownBlock2D"],
    "in_channels": 4,
    "layers_per_block": 2,
    "norm_eps": 1e-5,
    "norm_num_groups": 32,
    "out_channels": 4,
    "sample_size": 64,
    "up_block_types": ["UpBlock2D", *["CrossAttnUpBlock2D"] * 3],
}
SD21 = {
    **SD15,
    "attention_head_dim": [5, 10, 20, 20],
    "cross_attention_dim": 1024,
    "sample_size": 96,
    "use_linear_projection": True,
}
XL = {
    **SD15,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "attention_head_dim": [5, 10, 20],
    "block_out_channels": [320, 640, 1280],
    "cross_attention_dim": 2048,
    "down_block_types": ["DownBlock2D", *["CrossAttnDownBlock2D"] * 2],
    "projection_class_embeddings_input_dim": 2816,
    "sample_size": 128,
    "transformer_layers_per_block": [1, 2, 10],
    "up_block_types": [*["CrossAttnUpBlock2D"] * 2, "UpBlock2D"],
    "use_linear_projection": True,
}
XL_REFINER = {
    **XL,
    "attention_head_dim": [6, 12, 24, 24],
    "block_out_channels": [384, 768, 1536, 1536],
    "cross_attention_dim": 1280,
    "down_block_types": ["DownBlock2D", *["CrossAttnDownBlock2D"] * 2, "DownBlock2D"],
    "projection_class_embeddings_input_dim": 2560,
    "transformer_layers_per_block": 4,
    "up_block_types": ["UpBlock2D", *["CrossAttnUpBlock2D"] * 2, "UpBlock2D"],
}
# Kind, published config, tensors of the original UNet.
PUBLISHED = {
    "1.5": (SD1, SD15, 686),
    "1.5 inpainting": (SD1, {**SD15, "in_channels": 9}, 686),
    "instruct pix2pix": (SD1, {**SD15, "in_channels": 8}, 686),
    "2.1": (SD2, SD21, 686),
    "2 depth": (SD2, {**SD21, "in_channels": 5, "sample_size": 64}, 686),
    "xl": (SDXL, XL, 1680),
    "xl refiner": (REFINER, XL_REFINER, 1220),
}


def originals(model: torch.nn.Module, names) -> dict[str, tuple[int, ...]]:
    return {name: tuple(t.shape) for name, t in to_theirs(names, model.state_dict().items())}


@pytest.mark.parametrize("name", PUBLISHED)
def test_unets(name: str):
    kind, config, count = PUBLISHED[name]
    with torch.device("meta"):
        model = UNet2DConditionModel.from_config(config)
    shapes = originals(model, unet_map(config))
    assert len(shapes) == count == len(model.state_dict())
    assert unet_config(shapes, kind, config["sample_size"], published=False) == config
    ours = {name: tuple(t.shape) for name, t in model.state_dict().items()}
    assert unet_config(ours, kind, config["sample_size"], published=True) == config
    whole = {UNET + name: shape for name, shape in shapes.items()}
    parts = parts_in(whole.keys())
    assert set(parts) == {"unet"}
    assert kind_of(parts, whole) is kind and kind_of(parts_in(ours.keys()), ours) is kind
    assert kind.sizes["v_prediction" if name == "2.1" else "epsilon"] == config["sample_size"]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_autoencoders(kind: Kind):
    size = kind.sizes["epsilon"]
    config = {
        "_class_name": "AutoencoderKL",
        "block_out_channels": [128, 256, 512, 512],
        "down_block_types": ["DownEncoderBlock2D"] * 4,
        "force_upcast": True,
        "in_channels": 3,
        "latent_channels": 4,
        "layers_per_block": 2,
        "norm_num_groups": 32,
        "out_channels": 3,
        "sample_size": 8 * size,
        "scaling_factor": 0.13025 if "xl" in kind.name else 0.18215,
        "up_block_types": ["UpDecoderBlock2D"] * 4,
    }
    with torch.device("meta"):
        model = AutoencoderKL.from_config(config)
    shapes = originals(model, vae_map(config))
    assert len(shapes) == 248
    assert shapes["encoder.mid.attn_1.q.weight"] == (512, 512, 1, 1)
    assert vae_config(shapes, kind, size, published=False) == config
    ours = {name: tuple(t.shape) for name, t in model.state_dict().items()}
    assert vae_config(ours, kind, size, published=True) == config


@pytest.mark.parametrize(
    "changes",
    [
        {"use_quant_conv": False, "use_post_quant_conv": False},
        {"mid_block_add_attention": False},
        {"latent_channels": 16},
        {"block_out_channels": [32], "layers_per_block": 3},
    ],
)
def test_autoencoders_of_other_shapes(changes):
    widths = changes.get("block_out_channels", [32, 64])
    config = {
        "block_out_channels": widths,
        "down_block_types": ["DownEncoderBlock2D"] * len(widths),
        "up_block_types": ["UpDecoderBlock2D"] * len(widths),
        "layers_per_block": 1,
        **changes,
    }
    with torch.device("meta"):
        model = AutoencoderKL.from_config(config)
    found = vae_config(originals(model, vae_map(config)), SD1, 64, published=False)
    assert {name: found[name] for name in config} == config


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"transformer_layers_per_block": [1, 1, 1, 2]}, None),
        ({"layers_per_block": [1, 2, 2, 1]}, None),
        ({"time_cond_proj_dim": 8}, "no place for the tensor"),
    ],
)
def test_unets_of_other_shapes(changes, says):
    config = {**SD15, **changes}
    with torch.device("meta"):
        model = UNet2DConditionModel.from_config(config)
    if says:
        with pytest.raises(LoomError, match=says):
            originals(model, unet_map(config))
    else:
        found = unet_config(originals(model, unet_map(config)), SD1, 64, published=False)
        assert {name: found[name] for name in config} == config


def test_layouts_that_no_configuration_describes_are_refused():
    with torch.device("meta"):
        model = UNet2DConditionModel.from_config(SD15)
    shapes = originals(model, unet_map(SD15))
    block = "input_blocks.2.1."
    pruned = {name: shape for name, shape in shapes.items() if not name.startswith(block)}
    with pytest.raises(LoomError, match="of width 320 have 1, 0 transformer blocks"):
        unet_config(pruned, SD1, 64, published=False)
    bare = {name: shape for name, shape in shapes.items() if not name.startswith("middle_block.1")}
    with pytest.raises(LoomError, match="no attention where Stable Diffusion has it"):
        unet_config(bare, SD1, 64, published=False)
    for extra in ("label_emb.weight", "label_emb.0.0.weight"):
        with pytest.raises(LoomError, match="takes a class embedding"):
            unet_config({**shapes, extra: (1280, 1024)}, SD2, 64, published=False)


def encoder(width: int, inner: int, layers: int, projects: int = 0) -> Any:
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = CLIPTextConfig(
        hidden_size=width,
        intermediate_size=inner,
        num_hidden_layers=layers,
        num_attention_heads=width // 64,
        projection_dim=projects or width,
    )
    with torch.device("meta"):
        return (CLIPTextModelWithProjection if projects else CLIPTextModel)(config)


def published(model: Any) -> dict[str, tuple[int, ...]]:
    from engine.diffusion.weights.maps.text import published_name

    return {published_name(name): tuple(t.shape) for name, t in model.state_dict().items()}


def test_the_text_encoder_of_stable_diffusion_1():
    config = clip_config(published(encoder(768, 3072, 12)))
    assert config == {
        "architectures": ["CLIPTextModel"],
        "attention_dropout": 0.0,
        "bos_token_id": 0,
        "eos_token_id": 2,
        "hidden_act": "quick_gelu",
        "hidden_size": 768,
        "intermediate_size": 3072,
        "layer_norm_eps": 1e-5,
        "max_position_embeddings": 77,
        "model_type": "clip_text_model",
        "num_attention_heads": 12,
        "num_hidden_layers": 12,
        "pad_token_id": 1,
        "projection_dim": 768,
        "vocab_size": 49408,
    }


def test_the_text_encoders_of_openclip():
    names = openclip_map(32)
    big = encoder(1280, 5120, 32, projects=1280)
    state = big.state_dict()
    shapes = {name: tuple(t.shape) for name, t in to_theirs(names, state.items())}
    assert parts_in({SDXL_OPENCLIP + name for name in shapes}) == {
        "text_encoder_2": Part(
            "CLIPTextModelWithProjection",
            parts_in({OPENCLIP + name for name in shapes})["text_encoder"].layout,
            SDXL_OPENCLIP,
        )
    }
    config = openclip_config(shapes, projects=True)
    assert (config["hidden_act"], config["num_attention_heads"]) == ("gelu", 20)
    assert (config["num_hidden_layers"], config["projection_dim"]) == (32, 1280)
    assert config["intermediate_size"] == 5120
    # Read without its projection, as Stable Diffusion 2 reads ViT-H, the last layer is not used.
    assert openclip_config(shapes, projects=False)["num_hidden_layers"] == 31
    del shapes["text_projection"]
    assert openclip_config(shapes, projects=False)["num_hidden_layers"] == 32


@pytest.mark.parametrize("name", ["1.5", "xl"])
def test_every_layer_has_a_name_of_its_own_in_kohyas_files(name: str):
    _, config, _ = PUBLISHED[name]
    with torch.device("meta"):
        model = UNet2DConditionModel.from_config(config)
    kinds = (torch.nn.Linear, torch.nn.Conv2d)
    layers = [path for path, layer in model.named_modules() if isinstance(layer, kinds)]
    names = unet_names(layers, unet_map(config))
    assert set(names.values()) == set(layers)
    assert len(names) == 2 * len(layers)
