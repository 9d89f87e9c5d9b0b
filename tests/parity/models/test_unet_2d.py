"""UNet2DModel against the reference: same weights, same inputs, float32."""

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.diffusion.models.unet_2d import UNet2DConfig, UNet2DModel
from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.load import load_component
from engine.diffusion.weights.save import save_model

diffusers = pytest.importorskip("diffusers")
pytestmark = pytest.mark.parity


def blocks(down: str, up: str, *widths: int, **rest: Any) -> dict[str, Any]:
    """`down` and `up` name a block each, one word a level, without what their names share."""
    return {
        "down_block_types": tuple(DOWN[word] for word in down.split()),
        "up_block_types": tuple(UP[word] for word in up.split()),
        "block_out_channels": widths,
        "layers_per_block": 1,
        "norm_num_groups": 4,
        "attention_head_dim": 4,
        **rest,
    }


DOWN = {
    "plain": "DownBlock2D",
    "attn": "AttnDownBlock2D",
    "resnet": "ResnetDownsampleBlock2D",
    "skip": "SkipDownBlock2D",
    "attnskip": "AttnSkipDownBlock2D",
}
UP = {
    "plain": "UpBlock2D",
    "attn": "AttnUpBlock2D",
    "resnet": "ResnetUpsampleBlock2D",
    "skip": "SkipUpBlock2D",
    "attnskip": "AttnSkipUpBlock2D",
}
NCSNPP: dict[str, Any] = {
    "norm_num_groups": None,
    "attention_head_dim": None,
    "time_embedding_type": "fourier",
    "mid_block_scale_factor": math.sqrt(2),
    "norm_eps": 1e-6,
}
CONSISTENCY: dict[str, Any] = {
    "resnet_time_scale_shift": "scale_shift",
    "downsample_type": "resnet",
    "upsample_type": "resnet",
}

CONFIGS: dict[str, dict[str, Any]] = {
    "ddpm": blocks(
        "plain attn plain",
        "plain attn plain",
        *(8, 16, 16),
        attention_head_dim=None,
        downsample_padding=0,
        flip_sin_to_cos=False,
        freq_shift=1,
        norm_eps=1e-6,
        layers_per_block=2,
    ),
    "ncsn++": blocks("skip attnskip skip", "skip attnskip skip", 32, 32, 64, **NCSNPP),
    "ncsn++ attention last": blocks("skip attnskip", "attnskip skip", 32, 64, **NCSNPP),
    "ncsn++ with groups": blocks("skip skip", "skip skip", 32, 64, time_embedding_type="fourier"),
    "picture in only": blocks("skip skip", "plain attn", 32, 64),
    "picture out only": blocks("plain attn", "skip skip", 32, 64),
    "latent diffusion": blocks("plain attn attn", "attn attn plain", 8, 16, 24),
    "consistency": blocks(
        "resnet attn attn", "attn attn resnet", 8, 16, 16, num_class_embeds=7, **CONSISTENCY
    ),
    "consistency, normed middle": blocks(
        "resnet attn", "attn resnet", 8, 16, attn_norm_num_groups=8, **CONSISTENCY
    ),
    "resampling inside": blocks(
        "attn resnet plain", "resnet attn plain", 8, 16, 8, downsample_type="resnet"
    ),
    "middle without attention": blocks("plain plain", "plain attn", 8, 16, add_attention=False),
    "no middle": blocks("plain plain", "plain plain", 8, 16, mid_block_type=None),
    "centred": blocks("plain plain", "plain plain", 8, 8, center_input_sample=True),
    "learned times": blocks(
        "plain attn", "attn plain", 8, 16, time_embedding_type="learned", num_train_timesteps=1000
    ),
    "classes like times": blocks("plain", "plain", 8, class_embed_type="timestep"),
    "classes like noise levels": blocks("skip", "skip", 32, class_embed_type="timestep", **NCSNPP),
    "embedded classes": blocks("plain", "plain", 8, class_embed_type="identity"),
    "wide time": blocks("plain plain", "plain plain", 8, 16, time_embedding_dim=20),
    "another activation": blocks("plain attn", "attn plain", 8, 16, act_fn="mish"),
    "ncsn++, another activation": blocks("skip skip", "skip skip", 32, 32, act_fn="gelu", **NCSNPP),
    "scaled middle": blocks("plain attn", "attn plain", 8, 16, mid_block_scale_factor=3.0),
    "two in, five out": blocks("plain attn", "attn plain", 8, 16, in_channels=2, out_channels=5),
}


def random_config(seed: int) -> dict[str, Any]:
    """Anything the architecture allows, small."""
    rng = random.Random(seed)
    levels = rng.randint(1, 3)
    skip = rng.random() < 0.3
    words = ("skip", "attnskip") if skip else ("plain", "attn", "resnet")
    down, up = (" ".join(rng.choice(words) for _ in range(levels)) for _ in range(2))
    widths = [rng.choice((32, 64) if skip else (8, 16, 24)) for _ in range(levels)]
    times = rng.choice(("positional", "fourier", "learned"))
    return blocks(
        *(down, up, *widths),
        layers_per_block=rng.randint(1, 3),
        norm_num_groups=rng.choice((None, 4)) if skip else rng.choice((2, 4, 8)),
        attn_norm_num_groups=rng.choice((None, 8)),
        attention_head_dim=rng.choice((None, 4, 8)),
        norm_eps=rng.choice((1e-6, 1e-3)),
        time_embedding_type=times,
        num_train_timesteps=1000 if times == "learned" else None,
        resnet_time_scale_shift=rng.choice(("default", "scale_shift")),
        downsample_type=rng.choice(("conv", "resnet")),
        upsample_type=rng.choice(("conv", "resnet")),
        downsample_padding=rng.choice((0, 1)),
        mid_block_scale_factor=rng.choice((1, 1.5)),
        mid_block_type=rng.choice(("UNetMidBlock2D", "UNetMidBlock2D", None)),
        center_input_sample=rng.random() < 0.3,
        flip_sin_to_cos=rng.random() < 0.5,
        freq_shift=rng.choice((0, 1)),
        num_class_embeds=rng.choice((None, 7)),
    )


ALL = {**CONFIGS, **{f"random {seed}": random_config(seed) for seed in range(24)}}


def classes(model: UNet2DModel, batch: int) -> torch.Tensor | None:
    """Class labels of the kind that `model` asks for."""
    config = model.config
    if config.class_embed_type == "identity":
        g = torch.Generator().manual_seed(2)
        return torch.randn(batch, config.temb_channels, generator=g)
    if config.class_embed_type == "timestep" or config.num_class_embeds:
        return torch.arange(1, batch + 1)
    return None


@pytest.mark.parametrize("name", ALL)
def test_prediction(name: str, shaken, assert_same):
    torch.manual_seed(0)
    theirs = shaken(diffusers.UNet2DModel(**ALL[name]))
    ours = UNet2DModel.from_config(dict(theirs.config)).eval().requires_grad_(False)
    ours.load_state_dict(theirs.state_dict())
    f = ours.config.factor
    g = torch.Generator().manual_seed(1)
    sample = torch.randn(2, ours.config.in_channels, 2 * f, 3 * f, generator=g)
    labels = classes(ours, 2)
    fourier = ours.config.time_embedding_type == "fourier"
    for t in (torch.tensor(321), torch.tensor([3.5, 40.0]) if fourier else torch.tensor([3, 987])):
        got, want = ours(sample, t, labels), theirs(sample, t, class_labels=labels).sample
        assert_same(got, want)


@pytest.mark.parametrize("name", ALL)
def test_weights_have_the_published_names_and_shapes(name: str):
    with torch.device("meta"):
        theirs = diffusers.UNet2DModel(**ALL[name]).state_dict()
        ours = UNet2DModel.from_config(ALL[name]).state_dict()
    assert {n: v.shape for n, v in ours.items()} == {n: v.shape for n, v in theirs.items()}


@pytest.mark.parametrize("name", CONFIGS)
def test_config_files_interchange(name: str, fields, tmp_path: Path):
    with torch.device("meta"):
        theirs = diffusers.UNet2DModel(**CONFIGS[name], sample_size=(24, 16), dropout=0.1)
        theirs.save_config(tmp_path / "theirs")
        read = json.loads((tmp_path / "theirs" / "config.json").read_text())
        config = UNet2DConfig.from_json(read)
        (tmp_path / "config.json").write_text(json.dumps(config.to_json()))
        again = diffusers.UNet2DModel.from_config(diffusers.UNet2DModel.load_config(tmp_path))
    assert (config.sample_size, config.dropout) == ((24, 16), 0.1)
    assert UNet2DConfig.from_json(config.to_json()) == config
    assert fields(again) == fields(theirs)


@pytest.mark.parametrize("name", ["ddpm", "ncsn++", "consistency", "learned times"])
def test_folders_written_by_either_load_in_the_other(name: str, tmp_path: Path):
    torch.manual_seed(0)
    theirs = diffusers.UNet2DModel(**CONFIGS[name])
    theirs.save_pretrained(tmp_path / "theirs")
    ours = load_component(find_component(tmp_path / "theirs"))
    assert type(ours) is UNet2DModel
    save_model(ours, tmp_path / "ours")
    again, report = diffusers.UNet2DModel.from_pretrained(
        tmp_path / "ours", output_loading_info=True
    )
    assert not any(report.values())
    state = theirs.state_dict()
    assert ours.state_dict().keys() == again.state_dict().keys() == state.keys()
    for loaded in (ours, again):
        assert all(torch.equal(v, state[n]) for n, v in loaded.state_dict().items())


def test_a_folder_of_2022_holds_the_frequencies_twice(tmp_path: Path):
    theirs = diffusers.UNet2DModel(**CONFIGS["ncsn++"])
    theirs.save_config(tmp_path)
    state = theirs.state_dict()
    weights = {**state, "time_proj.W": state["time_proj.weight"]}
    torch.save(weights, tmp_path / "diffusion_pytorch_model.bin")
    ours = load_component(find_component(tmp_path))
    assert all(torch.equal(v, state[n]) for n, v in ours.state_dict().items())


# The configs of the published checkpoints, and how many numbers those hold.
DDPM: dict[str, Any] = {
    "act_fn": "silu",
    "attention_head_dim": None,
    "center_input_sample": False,
    "downsample_padding": 0,
    "flip_sin_to_cos": False,
    "freq_shift": 1,
    "layers_per_block": 2,
    "mid_block_scale_factor": 1,
    "norm_eps": 1e-6,
    "norm_num_groups": 32,
    "time_embedding_type": "positional",
}
PUBLISHED: dict[str, tuple[dict[str, Any], int]] = {
    "google/ddpm-cifar10-32": (
        {
            **DDPM,
            "sample_size": 32,
            "block_out_channels": [128, 256, 256, 256],
            "down_block_types": [DOWN[w] for w in ("plain", "attn", "plain", "plain")],
            "up_block_types": [UP[w] for w in ("plain", "plain", "attn", "plain")],
        },
        35_746_307,
    ),
    "google/ddpm-celebahq-256": (
        {
            **DDPM,
            "sample_size": 256,
            "block_out_channels": [128, 128, 256, 256, 512, 512],
            "down_block_types": [*(["DownBlock2D"] * 4), "AttnDownBlock2D", "DownBlock2D"],
            "up_block_types": ["UpBlock2D", "AttnUpBlock2D", *(["UpBlock2D"] * 4)],
        },
        113_673_219,
    ),
    "google/ncsnpp-celebahq-256": (
        {
            "sample_size": 256,
            "attention_head_dim": None,
            "block_out_channels": [128, 128, 256, 256, 256, 256, 256],
            "down_block_types": [
                *(["SkipDownBlock2D"] * 4),
                DOWN["attnskip"],
                *([DOWN["skip"]] * 2),
            ],
            "up_block_types": [*(["SkipUpBlock2D"] * 2), UP["attnskip"], *([UP["skip"]] * 4)],
            "layers_per_block": 2,
            "mid_block_scale_factor": 1.41421356237,
            "norm_eps": 1e-6,
            "norm_num_groups": None,
            "time_embedding_type": "fourier",
        },
        65_574_549,
    ),
    "CompVis/ldm-celebahq-256": (
        {
            "sample_size": 64,
            "attention_head_dim": 32,
            "block_out_channels": [224, 448, 672, 896],
            "down_block_types": ["DownBlock2D", *(["AttnDownBlock2D"] * 3)],
            "up_block_types": [*(["AttnUpBlock2D"] * 3), "UpBlock2D"],
        },
        274_056_163,
    ),
    "openai/diffusers-cd_imagenet64_l2": (
        {
            "sample_size": 64,
            "attention_head_dim": 64,
            "attn_norm_num_groups": 32,
            "block_out_channels": [192, 384, 576, 768],
            "down_block_types": [DOWN["resnet"], *(["AttnDownBlock2D"] * 3)],
            "up_block_types": [*(["AttnUpBlock2D"] * 3), UP["resnet"]],
            "layers_per_block": 3,
            "num_class_embeds": 1000,
            **CONSISTENCY,
        },
        295_899_267,
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_checkpoints_have_their_places(name: str):
    config, count = PUBLISHED[name]
    with torch.device("meta"):
        theirs = diffusers.UNet2DModel.from_config(config).state_dict()
        ours = UNet2DModel.from_config(config).state_dict()
    assert {n: v.shape for n, v in ours.items()} == {n: v.shape for n, v in theirs.items()}
    assert sum(v.numel() for v in ours.values()) == count
