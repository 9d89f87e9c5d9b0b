"""Bands beside the reference's tiles, on the starter's autoencoder: errors against the whole."""

from pathlib import Path

import pytest
import torch

from engine.diffusion.weights.folder import find_component
from engine.diffusion.weights.load import load_component
from engine.graph.environment import within

pytestmark = pytest.mark.parity
STARTER = Path(__file__).parents[3] / "resources" / "models" / "starter"


@torch.inference_mode()
def test_bands_have_no_seams_where_tiles_have():
    diffusers = pytest.importorskip("diffusers")
    theirs = diffusers.AutoencoderKL.from_pretrained(STARTER / "vae")
    ours = load_component(find_component(STARTER, "vae"))
    colours = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    picture = torch.nn.functional.interpolate(colours, size=(128, 128), mode="bicubic")
    latents = ours.encode(picture).mean
    decoded = ours.decode(latents)
    theirs.enable_tiling()
    tiled = theirs.decode(latents).sample
    tiles = theirs.encode(picture).latent_dist.mean
    with within({"vae": "bands:1"}):
        assert (ours.decode(latents) - decoded).abs().max() < 1e-5
        assert (ours.encode(picture).mean - latents).abs().max() < 1e-5
    # Tiles of 64 pixels, each normalised by itself: tens of grey levels, of 255 for a range of 2.
    assert (tiled - decoded).abs().max() > 0.1
    assert (tiles - latents).abs().max() > 0.1
