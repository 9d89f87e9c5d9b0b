"""AutoencoderTiny against the reference: same weights, same pictures and latents, float32."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.diffusion.models.autoencoder_tiny import AutoencoderTiny, AutoencoderTinyConfig
from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.load import load_component
from engine.diffusion.weights.save import save_model

diffusers = pytest.importorskip("diffusers")
pytestmark = pytest.mark.parity


def config(encoder: tuple[int, ...], decoder: tuple[int, ...], width: int = 8, **rest: Any):
    return {
        "num_encoder_blocks": encoder,
        "num_decoder_blocks": decoder,
        "encoder_block_out_channels": (width,) * len(encoder),
        "decoder_block_out_channels": (width,) * len(decoder),
        **rest,
    }


CONFIGS: dict[str, dict[str, Any]] = {
    "taesd": {},
    "taef1": {"latent_channels": 16, "scaling_factor": 1.0, "shift_factor": 0.0},
    "small": config((1, 2), (2, 1)),
    "one level": config((2,), (1,), in_channels=1, out_channels=2),
    "other latents": config((1, 1), (1, 1), latent_magnitude=5, latent_shift=0.25),
}


def random_config(seed: int) -> dict[str, Any]:
    """Anything the architecture allows, small."""
    rng = random.Random(seed)
    levels = rng.randint(1, 4)
    blocks = [tuple(rng.randint(1, 3) for _ in range(levels)) for _ in range(2)]
    return {
        **config(*blocks, width=rng.choice((4, 8))),
        "encoder_block_out_channels": (rng.choice((4, 6)),) * levels,
        "latent_channels": rng.choice((3, 4, 16)),
    }


ALL = {**CONFIGS, **{f"random {seed}": random_config(seed) for seed in range(8)}}


@pytest.mark.parametrize("name", ALL)
def test_latents_and_picture(name: str, shaken, assert_same):
    torch.manual_seed(0)
    theirs = shaken(diffusers.AutoencoderTiny(**ALL[name]))
    ours = AutoencoderTiny.from_config(dict(theirs.config)).eval().requires_grad_(False)
    ours.load_state_dict(theirs.state_dict())
    f = ours.config.factor
    g = torch.Generator().manual_seed(1)
    x = torch.rand(2, ours.config.in_channels, 3 * f, 5 * f, generator=g) * 2 - 1
    z = torch.randn(2, ours.config.latent_channels, 3, 5, generator=g) * 4
    assert_same(ours.encode(x), theirs.encode(x).latents)
    assert_same(ours.decode(z), theirs.decode(z).sample)
    assert_same(ours.scale_latents(z), theirs.scale_latents(z))
    assert_same(ours.unscale_latents(z), theirs.unscale_latents(z))


@pytest.mark.parametrize("name", ALL)
def test_weights_have_the_published_names_and_shapes(name: str):
    with torch.device("meta"):
        ours = AutoencoderTiny.from_config(ALL[name]).state_dict()
        theirs = diffusers.AutoencoderTiny(**ALL[name]).state_dict()
    assert {n: v.shape for n, v in ours.items()} == {n: v.shape for n, v in theirs.items()}


@pytest.mark.parametrize("name", CONFIGS)
def test_config_files_interchange(name: str, fields, tmp_path: Path):
    with torch.device("meta"):
        theirs = diffusers.AutoencoderTiny(**CONFIGS[name])
        theirs.save_config(tmp_path / "theirs")
        read = json.loads((tmp_path / "theirs" / "config.json").read_text())
        ours = AutoencoderTinyConfig.from_json(read)
        (tmp_path / "config.json").write_text(json.dumps(ours.to_json()))
        loaded = diffusers.AutoencoderTiny.load_config(tmp_path)
        again = diffusers.AutoencoderTiny.from_config(loaded)
    assert AutoencoderTinyConfig.from_json(ours.to_json()) == ours
    assert fields(again) == fields(theirs)


def test_folders_written_by_either_load_in_the_other(tmp_path: Path):
    theirs = diffusers.AutoencoderTiny()
    assert sum(v.numel() for v in theirs.state_dict().values()) == 2_445_063
    theirs.save_pretrained(tmp_path / "theirs")
    ours = load_component(find_component(tmp_path / "theirs"))
    assert type(ours) is AutoencoderTiny
    save_model(ours, tmp_path / "ours")
    again, report = diffusers.AutoencoderTiny.from_pretrained(
        tmp_path / "ours", output_loading_info=True
    )
    assert not any(report.values())
    state = theirs.state_dict()
    assert ours.state_dict().keys() == again.state_dict().keys() == state.keys()
    for loaded in (ours, again):
        assert all(torch.equal(v, state[n]) for n, v in loaded.state_dict().items())
