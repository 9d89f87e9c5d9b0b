"""How long it takes to tell what a full-size single file is: its header is read, and no weights."""

import time
from pathlib import Path

import pytest
import torch

from engine.diffusion.models.autoencoder_kl import AutoencoderKL
from engine.diffusion.models.unet_2d_condition import UNet2DConditionModel
from engine.diffusion.weights import files, single
from engine.diffusion.weights.catalogue import describe
from engine.diffusion.weights.detect import SDXL_CLIP, SDXL_OPENCLIP, UNET, VAE
from engine.diffusion.weights.maps.apply import to_theirs
from engine.diffusion.weights.maps.text import openclip_map, published_name
from engine.diffusion.weights.maps.unet import unet_map
from engine.diffusion.weights.maps.vae import vae_map
from engine.diffusion.weights.parts import probe
from engine.diffusion.weights.write import header, planned
from tests.engine.diffusion.weights.configs.test_published import XL, encoder

pytestmark = pytest.mark.bench
REPEATS = 7
AUTOENCODER = {
    "block_out_channels": [128, 256, 512, 512],
    "down_block_types": ["DownEncoderBlock2D"] * 4,
    "up_block_types": ["UpDecoderBlock2D"] * 4,
    "layers_per_block": 2,
}


@pytest.fixture(scope="module")
def sdxl(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SDXL's header before 13.9 GB of nothing: a sparse file, which takes no room on the disk."""
    with torch.device("meta"):
        unet, vae = UNet2DConditionModel.from_config(XL), AutoencoderKL.from_config(AUTOENCODER)
    first, second = encoder(768, 3072, 12), encoder(1280, 5120, 32, projects=1280)
    tensors = {
        **{UNET + n: t for n, t in to_theirs(unet_map(XL), unet.state_dict().items())},
        **{VAE + n: t for n, t in to_theirs(vae_map(AUTOENCODER), vae.state_dict().items())},
        **{SDXL_CLIP + published_name(n): t for n, t in first.state_dict().items()},
        **{
            SDXL_OPENCLIP + n: t
            for n, t in to_theirs(openclip_map(32), second.state_dict().items())
        },
    }
    plan = planned(tensors.items, None)
    path = tmp_path_factory.mktemp("sdxl") / "sdxl.safetensors"
    head = header(plan, {})
    with path.open("wb") as file:
        file.write(head)
        file.truncate(len(head) + sum(tensor.size for tensor in plan))
    return path


def median_ms(work) -> float:
    seconds = []
    for _ in range(REPEATS):
        for module in (files, single):
            module._read.cache_clear()
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
    return 1e3 * sorted(seconds)[REPEATS // 2]


def test_a_full_size_file(sdxl: Path):
    said = describe(sdxl)
    assert (said.what, said.family) == ("StableDiffusionXLPipeline", "sdxl")
    size = sdxl.stat().st_size / 1e9
    parts = ("unet", "vae", "text_encoder", "text_encoder_2")
    print(
        f"\nfacets of an SDXL file of {size:.1f} GB: {median_ms(lambda: probe(sdxl, parts)):.1f} ms"
    )
    print(f"its line in the list of models:    {median_ms(lambda: describe(sdxl)):.1f} ms")
