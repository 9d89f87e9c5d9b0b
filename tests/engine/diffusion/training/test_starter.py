"""The starter's folder, written with untrained weights, read by our loader and by the reference."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open

from engine.diffusion.models.autoencoder_kl import AutoencoderKL
from engine.diffusion.text.encode import encode, token_ids
from engine.diffusion.training import starter
from engine.diffusion.training.scenes import SIDE
from engine.diffusion.weights.folder import read_pipeline
from engine.diffusion.weights.load import load_component

WORDS = ["a red fish on a blue background", "a cat to the left of an owl, pink background"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("starter")
    tokenizer = starter.make_tokenizer(root / "work")
    torch.manual_seed(0)
    vae = AutoencoderKL(starter.VAE)
    model = starter.fresh_model(tokenizer)
    for parameter in model.unet.conv_out.parameters():
        torch.nn.init.normal_(parameter, std=0.05)  # starts at zero, which would hide the rest
    (root / "starter").mkdir()
    starter.write(root / "starter", vae, model)
    return root / "starter"


@pytest.fixture(scope="module")
def parts(folder: Path) -> dict[str, Any]:
    """Each component, through our loader."""
    components = read_pipeline(folder)
    return {n: load_component(c) for n, c in components.items() if n != "scheduler"}


def test_layout(folder: Path):
    index = json.loads((folder / "model_index.json").read_text())
    assert index["_class_name"] == "StableDiffusionPipeline"
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert found >= {
        "model_index.json",
        "scheduler/scheduler_config.json",
        "text_encoder/config.json",
        "text_encoder/model.safetensors",
        "tokenizer/merges.txt",
        "tokenizer/vocab.json",
        "unet/config.json",
        "unet/diffusion_pytorch_model.safetensors",
        "vae/config.json",
        "vae/diffusion_pytorch_model.safetensors",
    }
    assert sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) <= 32 * 2**20


def test_weights_are_stored_in_half_precision(folder: Path):
    files = list(folder.rglob("*.safetensors"))
    assert len(files) == 3
    for file in files:
        with safe_open(file, framework="pt") as opened:
            assert opened.metadata() == {"format": "pt"}
            kinds = {opened.get_slice(name).get_dtype() for name in opened.keys()}  # noqa: SIM118
        assert kinds == {"F16"}, file


def test_the_text_encoder_loads_as_float32_where_no_type_is_asked_for(folder: Path):
    from transformers import CLIPTextModel

    config = json.loads((folder / "text_encoder" / "config.json").read_text())
    assert config.get("dtype", config.get("torch_dtype")) == "float32"
    encoder = CLIPTextModel.from_pretrained(folder / "text_encoder", local_files_only=True)
    assert encoder.dtype == torch.float32


def test_our_loader_reads_every_part(parts: dict[str, Any]):
    assert set(parts) == {"tokenizer", "text_encoder", "unet", "vae"}
    conditioning = encode(parts["tokenizer"], parts["text_encoder"], WORDS)
    assert conditioning.embeds.shape == (2, starter.PROMPT_LENGTH, starter.WIDTH)
    assert not conditioning.warnings
    size = SIDE // starter.VAE.factor
    with torch.no_grad():
        z = parts["unet"](torch.randn(2, 4, size, size), 500, conditioning.embeds)
        picture = parts["vae"].decode(z)
    assert z.shape == (2, 4, size, size) and picture.shape == (2, 3, SIDE, SIDE)
    assert picture.isfinite().all()


@pytest.mark.parity
def test_the_reference_reads_the_folder_to_the_same_numbers(folder: Path, parts: dict[str, Any]):
    diffusers = pytest.importorskip("diffusers")
    pipeline = diffusers.StableDiffusionPipeline.from_pretrained(folder, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    assert {m.dtype for m in (pipeline.unet, pipeline.vae, pipeline.text_encoder)} == {
        torch.float32
    }
    ids = token_ids(parts["tokenizer"], WORDS)
    assert torch.equal(token_ids(pipeline.tokenizer, WORDS), ids)
    size = SIDE // starter.VAE.factor
    z = torch.randn(2, 4, size, size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        text = pipeline.text_encoder(ids).last_hidden_state
        torch.testing.assert_close(parts["text_encoder"](ids).last_hidden_state, text)
        want = pipeline.unet(z, 500, text).sample
        assert (parts["unet"](z, 500, text) - want).norm() <= 1e-5 * want.norm()
        want = pipeline.vae.decode(z).sample
        assert (parts["vae"].decode(z) - want).norm() <= 1e-5 * want.norm()
    assert pipeline.scheduler.config.prediction_type == "v_prediction"
    drawn = pipeline(WORDS[0], num_inference_steps=2, output_type="np").images
    assert drawn.shape == (1, SIDE, SIDE, 3) and drawn.std() > 0


def test_what_was_read_is_written_again_byte_for_byte(folder: Path, tmp_path: Path):
    loaded = {n: load_component(c) for n, c in read_pipeline(folder).items() if n != "scheduler"}
    model = starter.TextConditionedUNet(loaded["unet"], loaded["text_encoder"])
    starter.write(tmp_path / "again", loaded["vae"], model)
    for path in (path for path in folder.rglob("*") if path.is_file()):
        again = tmp_path / "again" / path.relative_to(folder)
        assert again.read_bytes() == path.read_bytes(), again
