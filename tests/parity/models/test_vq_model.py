"""VQModel against the reference: same weights, same pictures and latents, float32."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
import torch

from engine.diffusion.models.vq_model import VQModel, VQModelConfig
from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.load import load_component
from engine.diffusion.weights.save import save_model

diffusers = pytest.importorskip("diffusers")
pytestmark = pytest.mark.parity


def config(*widths: int, attention: int = 0, **rest: Any) -> dict[str, Any]:
    """`attention` counts the lowest levels that attend."""
    plain = len(widths) - attention
    return {
        "block_out_channels": widths,
        "down_block_types": (
            *(("DownEncoderBlock2D",) * plain),
            *(("AttnDownEncoderBlock2D",) * attention),
        ),
        "up_block_types": (
            *(("AttnUpDecoderBlock2D",) * attention),
            *(("UpDecoderBlock2D",) * plain),
        ),
        "norm_num_groups": 4,
        "num_vq_embeddings": 24,
        **rest,
    }


MOVQ: dict[str, Any] = {"norm_type": "spatial", "latent_channels": 4, "vq_embed_dim": 4}
CONFIGS: dict[str, dict[str, Any]] = {
    "f4": config(8, 16, 24, layers_per_block=2),
    "f8 with attention": config(8, 8, 16, 16, attention=1, latent_channels=4),
    "attention at all levels": config(8, 16, attention=2),
    "movq": config(32, 64, attention=1, **MOVQ),
    "movq without attention": config(32, mid_block_add_attention=False, **MOVQ),
    "no attention": config(8, 16, mid_block_add_attention=False),
    "narrow entries": config(8, latent_channels=6, vq_embed_dim=2),
    "looked up": config(8, 16, lookup_from_codebook=True, mid_block_add_attention=False),
    "one colour in, two out": config(8, in_channels=1, out_channels=2, scaling_factor=1.0),
}


def random_config(seed: int) -> dict[str, Any]:
    """Anything the architecture allows, small."""
    rng = random.Random(seed)
    spatial = rng.random() < 0.4
    widths = [rng.choice((32, 64) if spatial else (8, 16, 24)) for _ in range(rng.randint(1, 3))]
    latents = rng.choice((2, 3, 4))
    return config(
        *widths,
        attention=rng.randint(0, len(widths)),
        layers_per_block=rng.randint(1, 2),
        latent_channels=latents,
        vq_embed_dim=rng.choice((None, latents)) if spatial else rng.choice((None, 2, 5)),
        norm_num_groups=rng.choice((2, 4, 8)),
        norm_type="spatial" if spatial else "group",
        mid_block_add_attention=rng.random() < 0.7,
    )


ALL = {**CONFIGS, **{f"random {seed}": random_config(seed) for seed in range(10)}}


def pair(name: str, shaken: Any) -> tuple[VQModel, Any]:
    torch.manual_seed(0)
    theirs = shaken(diffusers.VQModel(**ALL[name]))
    ours = VQModel.from_config(dict(theirs.config)).eval().requires_grad_(False)
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


@pytest.mark.parametrize("name", ALL)
def test_latents_and_picture(name: str, shaken, assert_same):
    ours, theirs = pair(name, shaken)
    settings, f = ours.config, ours.config.factor
    g = torch.Generator().manual_seed(1)
    x = torch.rand(2, settings.in_channels, 3 * f, 5 * f, generator=g) * 2 - 1
    assert_same(ours.encode(x), theirs.encode(x).latents)
    z = torch.randn(2, settings.codes, 3, 5, generator=g) * 0.1
    if not settings.lookup_from_codebook:
        want = theirs.decode(z, force_not_quantize=True).sample
        assert_same(ours.decode(z, force_not_quantize=True), want)
        assert_same(ours.decode(z), theirs.decode(z).sample)


@pytest.mark.parametrize("name", ALL)
def test_entries_and_losses(name: str, shaken, assert_same):
    ours, theirs = pair(name, shaken)
    g = torch.Generator().manual_seed(2)
    z = torch.randn(2, ours.config.codes, 4, 6, generator=g) * 0.2
    entries, loss, (_, _, numbers) = theirs.quantize(z)
    got = ours.quantize(z)
    assert torch.equal(got.indices.flatten(), numbers) and numbers.unique().numel() > 3
    assert_same(got.latents, entries)
    assert_same(ours.quantize.lookup(got.indices), entries)
    torch.testing.assert_close(got.codebook_loss + 0.25 * got.commitment_loss, loss)


def test_codes_are_decoded_by_number(shaken, assert_same):
    ours, theirs = pair("looked up", shaken)
    codes = torch.randint(24, (2, 3, 5), generator=torch.Generator().manual_seed(3))
    want = theirs.decode(codes, force_not_quantize=True, shape=(2, 3, 5, ours.config.codes)).sample
    assert_same(ours.decode_codes(codes), want)


@pytest.mark.parametrize("name", ALL)
def test_weights_have_the_published_names_and_shapes(name: str):
    with torch.device("meta"):
        ours = VQModel.from_config(ALL[name]).state_dict()
        theirs = diffusers.VQModel(**ALL[name]).state_dict()
    assert {n: v.shape for n, v in ours.items()} == {n: v.shape for n, v in theirs.items()}


@pytest.mark.parametrize("name", CONFIGS)
def test_config_files_interchange(name: str, fields, tmp_path: Path):
    with torch.device("meta"):
        theirs = diffusers.VQModel(**CONFIGS[name], sample_size=48, force_upcast=True)
        theirs.save_config(tmp_path / "theirs")
        read = json.loads((tmp_path / "theirs" / "config.json").read_text())
        ours = VQModelConfig.from_json(read)
        (tmp_path / "config.json").write_text(json.dumps(ours.to_json()))
        again = diffusers.VQModel.from_config(diffusers.VQModel.load_config(tmp_path))
    assert (ours.sample_size, ours.force_upcast) == (48, True)
    assert VQModelConfig.from_json(ours.to_json()) == ours
    assert fields(again) == fields(theirs)


@pytest.mark.parametrize("name", ["f4", "movq"])
def test_folders_written_by_either_load_in_the_other(name: str, tmp_path: Path):
    torch.manual_seed(0)
    theirs = diffusers.VQModel(**CONFIGS[name])
    theirs.save_pretrained(tmp_path / "theirs")
    ours = load_component(find_component(tmp_path / "theirs"))
    assert type(ours) is VQModel
    save_model(ours, tmp_path / "ours")
    again, report = diffusers.VQModel.from_pretrained(tmp_path / "ours", output_loading_info=True)
    assert not any(report.values())
    state = theirs.state_dict()
    assert ours.state_dict().keys() == again.state_dict().keys() == state.keys()
    for loaded in (ours, again):
        assert all(torch.equal(v, state[n]) for n, v in loaded.state_dict().items())


# The configs of published checkpoints.
PUBLISHED: dict[str, dict[str, Any]] = {
    "CompVis/ldm-celebahq-256": {
        **config(128, 256, 512),
        "layers_per_block": 2,
        "latent_channels": 3,
        "norm_num_groups": 32,
        "num_vq_embeddings": 8192,
        "sample_size": 256,
        "vq_embed_dim": 3,
    },
    "kandinsky-community/kandinsky-2-2-decoder": {
        **config(128, 256, 256, 512, attention=1, **MOVQ),
        "layers_per_block": 2,
        "norm_num_groups": 32,
        "num_vq_embeddings": 16384,
    },
}
COUNTS = {
    "CompVis/ldm-celebahq-256": 55_322_782,
    "kandinsky-community/kandinsky-2-2-decoder": 67_832_495,
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_checkpoints_have_their_places(name: str):
    with torch.device("meta"):
        ours = VQModel.from_config(PUBLISHED[name]).state_dict()
        theirs = diffusers.VQModel.from_config(PUBLISHED[name]).state_dict()
    assert {n: v.shape for n, v in ours.items()} == {n: v.shape for n, v in theirs.items()}
    assert sum(v.numel() for v in ours.values()) == COUNTS[name]
