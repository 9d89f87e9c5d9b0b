"""Workflows for published models run on tiny models that go by the same names."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest

pytest.importorskip("diffusers")

from engine.diffusion.weights import facets
from engine.graph import workflow
from engine.graph.context import Settings
from engine.graph.executor import Executor
from engine.graph.registry import Registry
from tests.engine.diffusion.text.tiny_words import write_blip, write_t5
from tests.parity.pipelines.tiny import make, their_scheduler

FOLDER = Path(__file__).resolve().parents[2] / "workflows" / "published"
FILES = sorted(FOLDER.glob("*.json"))
pytestmark = [pytest.mark.parity, pytest.mark.slow]

# name → family, changes to the UNet, changes to the noise schedule
MODELS = {
    "stable-diffusion-v1-5": ("sd", {}, {}),
    "stable-diffusion-2-1": ("sd", {}, {}),
    "stable-diffusion-xl-base-1.0": ("sdxl", {}, {}),
    "stable-diffusion-xl-refiner-1.0": ("refiner", {}, {}),
    "sdxl-turbo": ("sdxl", {}, {}),
    "lcm-dreamshaper-v7": ("sd", {"time_cond_proj_dim": 16}, {}),
    "stable-diffusion-inpainting": ("sd", {"in_channels": 9}, {}),
    "stable-diffusion-2-depth": ("sd", {"in_channels": 5}, {}),
    "instruct-pix2pix": ("sd", {"in_channels": 8}, {}),
    "stable-diffusion-x4-upscaler": (
        "sd",
        {"in_channels": 7, "num_class_embeds": 1000},
        {"prediction_type": "v_prediction"},
    ),
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model folder with a tiny model of each name."""
    root = tmp_path_factory.mktemp("models")
    for name, (family, changes, schedule) in MODELS.items():
        folder = root / name
        folder.mkdir()
        parts = make(family, changes, folder).theirs
        their_scheduler("DDIMScheduler", **schedule).save_pretrained(folder / "scheduler")
        index = {
            "_class_name": "StableDiffusionPipeline",
            "scheduler": ["diffusers", "DDIMScheduler"],
        }
        for part, value in parts.items():
            library = "diffusers" if part in ("unet", "vae") else "transformers"
            index[part] = [library, type(value).__name__]
        (folder / "model_index.json").write_text(json.dumps(index))
    write_controlnet(root / "sd-controlnet-canny")
    write_pixel_model(root / "ddpm-cat-256")
    write_pixel_model(root / "adm-imagenet-64", num_class_embeds=1000)
    write_latent_diffusion(root / "ldm-text2im-large-256")
    write_blip(root / "blip-image-captioning-base")
    write_t5(root / "flan-t5-base")
    return root


def write_controlnet(folder: Path) -> None:
    """A ControlNet for the tiny Stable Diffusion."""
    import diffusers

    diffusers.ControlNetModel(
        block_out_channels=(32, 64),
        layers_per_block=1,
        cross_attention_dim=32,
        attention_head_dim=8,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        conditioning_embedding_out_channels=(16, 32, 32, 32),
    ).save_pretrained(folder)


def write_pixel_model(folder: Path, **changes: Any) -> None:
    """A model on pixels, unconditional or with classes."""
    import diffusers

    unet = diffusers.UNet2DModel(
        sample_size=64,
        block_out_channels=(32, 64),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "AttnDownBlock2D"),
        up_block_types=("AttnUpBlock2D", "UpBlock2D"),
        **changes,
    )
    diffusers.DDPMPipeline(unet, diffusers.DDPMScheduler()).save_pretrained(folder)


def write_latent_diffusion(folder: Path) -> None:
    """A model with latent diffusion's own text encoder."""
    import diffusers
    from diffusers.pipelines.latent_diffusion.pipeline_latent_diffusion import (
        LDMBertConfig,
        LDMBertModel,
    )
    from transformers import BertTokenizer

    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "painting"]
    (folder / "vocab.txt").write_text("\n".join(words))
    tiny = make("sd", {}, folder / "parts").theirs
    bert = LDMBertModel(
        LDMBertConfig(
            vocab_size=len(words),
            d_model=32,
            encoder_layers=2,
            encoder_ffn_dim=64,
            encoder_attention_heads=2,
            head_dim=16,
            max_position_embeddings=77,
        )
    )
    diffusers.LDMTextToImagePipeline(
        vqvae=tiny["vae"],
        bert=bert,
        tokenizer=BertTokenizer(str(folder / "vocab.txt"), model_max_length=77),
        unet=tiny["unet"],
        scheduler=their_scheduler("DDIMScheduler"),
    ).save_pretrained(folder)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    rng = np.random.default_rng(0)
    for name, side in (("picture", 64), ("depth", 64), ("small", 8)):
        levels = rng.integers(0, 255, (side, side, 3), np.uint8)
        PIL.Image.fromarray(levels).save(folder / f"{name}.png")
    mask = np.zeros((64, 64), np.uint8)
    mask[16:48, 16:48] = 255
    PIL.Image.fromarray(mask).save(folder / "mask.png")
    return folder


@pytest.fixture(autouse=True)
def _families(monkeypatch: pytest.MonkeyPatch):
    """The tiny SDXL and its refiner are of one family, as the published ones are."""
    monkeypatch.setitem(facets.FAMILIES, (64, (32, 64)), "sdxl")
    monkeypatch.setitem(facets.FAMILIES, (32, (32, 64)), "sdxl-refiner")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_it_runs(file: Path, models: Path, pictures: Path, tmp_path: Path):
    registry = Registry()
    registry.load_pack("nodes")
    graph = workflow.read(file, registry)
    # What random weights make of two prompts differs about as much everywhere: a low ratio.
    changes = {"width": 64, "height": 64, "ratio": 1.0}
    for node in list(graph.nodes.values()):
        for param, value in changes.items():
            if param in node.params:
                graph.set_param(node.id, param, value)
        if node.params.get("steps", 0) > 5:
            graph.set_param(node.id, "steps", 5)
    settings = Settings(tmp_path, model_folders=(models,), input_folders=(pictures,))
    result = Executor(registry, settings, strict=True).run(graph)
    assert not result.failed, result.failed
    found = np.asarray(PIL.Image.open(result.files[0]))
    assert found.std() > 1
    if "labelled_grid" not in {node.type.rpartition(".")[2] for node in graph.nodes.values()}:
        assert found.shape == (64, 64, 3)
