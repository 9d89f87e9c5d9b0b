"""AutoencoderKL against the reference: same weights, same pictures and latents, float32."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.diffusion.models.autoencoder_kl import AutoencoderKL, AutoencoderKLConfig

diffusers = pytest.importorskip("diffusers")
pytestmark = pytest.mark.parity


def config(*widths: int, **rest: Any) -> dict[str, Any]:
    return {
        "block_out_channels": widths,
        "down_block_types": ("DownEncoderBlock2D",) * len(widths),
        "up_block_types": ("UpDecoderBlock2D",) * len(widths),
        "norm_num_groups": 4,
        **rest,
    }


CONFIGS: dict[str, dict[str, Any]] = {
    "sd1": config(8, 16, 24, 24, layers_per_block=2),
    "one level": config(8),
    "sixteen channels": config(8, 16, latent_channels=16),
    "no quant convolutions": config(8, 16, use_quant_conv=False, use_post_quant_conv=False),
    "no quant convolution": config(8, 16, use_quant_conv=False),
    "no post-quant convolution": config(8, 16, use_post_quant_conv=False),
    "no attention": config(8, 16, mid_block_add_attention=False),
    "attention at the lowest resolution": {
        **config(8, 16, 8),
        "down_block_types": (*(("DownEncoderBlock2D",) * 2), "AttnDownEncoderBlock2D"),
        "up_block_types": ("AttnUpDecoderBlock2D", *(("UpDecoderBlock2D",) * 2)),
    },
    "one colour in, two out": config(8, 8, in_channels=1, out_channels=2),
    "scaled by channel": config(
        8,
        shift_factor=0.1,
        scaling_factor=0.36,
        latents_mean=(0.0, 0.1, 0.2, 0.3),
        latents_std=(1.0, 2.0, 3.0, 4.0),
    ),
}


def random_config(seed: int) -> dict[str, Any]:
    """Anything the architecture allows, small."""
    rng = random.Random(seed)
    widths = [rng.choice((8, 16, 24)) for _ in range(rng.randint(1, 4))]
    return config(
        *widths,
        layers_per_block=rng.randint(1, 3),
        latent_channels=rng.choice((1, 3, 4, 8)),
        norm_num_groups=rng.choice((2, 4, 8)),
        use_quant_conv=rng.random() < 0.5,
        use_post_quant_conv=rng.random() < 0.5,
        mid_block_add_attention=rng.random() < 0.7,
    )


ALL = {**CONFIGS, **{f"random {seed}": random_config(seed) for seed in range(12)}}


@pytest.mark.parametrize("name", ALL)
def test_posterior_and_picture(name: str, shaken, assert_same):
    settings = ALL[name]
    torch.manual_seed(0)
    theirs = shaken(diffusers.AutoencoderKL(**settings))
    ours = AutoencoderKL.from_config(dict(theirs.config)).eval().requires_grad_(False)
    ours.load_state_dict(theirs.state_dict())
    g = torch.Generator().manual_seed(1)
    f = ours.config.factor
    x = torch.rand(2, settings.get("in_channels", 3), 3 * f, 5 * f, generator=g) * 2 - 1
    z = torch.randn(2, settings.get("latent_channels", 4), 3, 5, generator=g)

    got, want = ours.encode(x), theirs.encode(x).latent_dist
    assert_same(got.mean, want.mean)
    assert_same(got.logvar, want.logvar)
    assert_same(got.std, want.std)
    assert_same(got.mode(), want.mode())
    assert_same(got.kl(), want.kl())
    assert_same(ours.decode(z), theirs.decode(z).sample)


@pytest.mark.parametrize("name", ALL)
def test_weights_have_the_published_names_and_shapes(name: str):
    with torch.device("meta"):
        theirs = diffusers.AutoencoderKL(**ALL[name]).state_dict()
        ours = AutoencoderKL.from_config(ALL[name]).state_dict()
    assert {n: v.shape for n, v in ours.items()} == {n: v.shape for n, v in theirs.items()}


@pytest.mark.parametrize("name", CONFIGS)
def test_config_files_interchange(name: str, fields, tmp_path: Path):
    with torch.device("meta"):
        theirs = diffusers.AutoencoderKL(**CONFIGS[name], sample_size=48, force_upcast=False)
        theirs.save_config(tmp_path / "theirs")
        read = json.loads((tmp_path / "theirs" / "config.json").read_text())
        ours = AutoencoderKLConfig.from_json(read)
        (tmp_path / "config.json").write_text(json.dumps(ours.to_json()))
        loaded = diffusers.AutoencoderKL.load_config(tmp_path)
        again = diffusers.AutoencoderKL.from_config(loaded)
    assert (ours.sample_size, ours.force_upcast) == (48, False)
    assert AutoencoderKLConfig.from_json(ours.to_json()) == ours
    assert fields(again) == fields(theirs)
