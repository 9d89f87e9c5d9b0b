import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.diffusion.weights.catalogue import describe
from engine.diffusion.weights.search import SHIPPED


def test_a_folder(folders):
    said = describe(folders("sdxl"))
    assert (said.what, said.family, said.prediction) == (
        "StableDiffusionXLPipeline",
        "sdxl",
        "epsilon",
    )
    assert (said.dtype, said.needs, said.problem) == ("F32", (), "")
    weights = folders("sdxl").rglob("*.safetensors")
    assert said.size == sum(file.stat().st_size for file in weights)


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("sd1", "StableDiffusionPipeline"),
        ("sd2", "StableDiffusionPipeline"),
        ("sdxl", "StableDiffusionXLPipeline"),
        ("sdxl-refiner", "StableDiffusionXLImg2ImgPipeline"),
    ],
)
def test_a_file(name, what, files, tmp_path, monkeypatch):
    said = describe(files(name))
    assert (said.what, said.dtype, said.needs) == (what, "F32", ())
    assert said.size == sum(t.numel() * 4 for t in load_file(files(name)).values())
    assert said.prediction == ("v_prediction" if name == "sd2" else "epsilon")
    monkeypatch.setattr("engine.diffusion.weights.search.SHIPPED", tmp_path)
    alone = tmp_path / "a" / "model.safetensors"
    alone.parent.mkdir()
    shutil.copy(files(name), alone)
    expected = {"sdxl": ("tokenizer", "tokenizer_2"), "sdxl-refiner": ("tokenizer_2",)}
    assert describe(alone).needs == expected.get(name, ("tokenizer",))


def test_a_part_alone_says_what_else_it_takes(folders, files, tmp_path):
    tensors = load_file(files("sd1"))
    unet = {n: t for n, t in tensors.items() if n.startswith("model.")}
    save_file(unet, tmp_path / "unet.safetensors")
    said = describe(tmp_path / "unet.safetensors")
    assert (said.what, said.needs) == ("UNet2DConditionModel", ("vae", "text_encoder"))
    vae = describe(folders("sd1") / "vae")
    assert (vae.what, vae.family, vae.dtype) == ("AutoencoderKL", "", "F32")


def test_a_lora_needs_a_model(tmp_path):
    save_file({"lora_unet_x.lora_up.weight": torch.ones(2).half()}, tmp_path / "l.safetensors")
    said = describe(tmp_path / "l.safetensors")
    assert (said.what, said.dtype, said.size) == ("LoRA", "F16", 4)
    assert said.needs == ("the model it was trained on",)


def test_a_folder_of_variants_is_described_by_one(folders, tmp_path):
    folder = Path(shutil.copytree(folders("sd1"), tmp_path / "m"))
    for file in folder.rglob("*.safetensors"):
        file.rename(file.with_name(file.stem + ".fp16.safetensors"))
    assert describe(folder).what == "StableDiffusionPipeline"
    shutil.rmtree(folder / "vae")
    assert describe(folder).needs == ("vae",)


def test_what_cannot_be_read_is_said_and_never_raised(tmp_path):
    (tmp_path / "cut.safetensors").write_bytes(b"123")
    said = describe(tmp_path / "cut.safetensors")
    assert said.what == "unreadable" and "damaged or incomplete" in said.problem
    (tmp_path / "cut.ckpt").write_bytes(b"123")
    assert describe(tmp_path / "cut.ckpt").what == "unreadable"
    (tmp_path / "folder").mkdir()
    assert "There is no model in" in describe(tmp_path / "folder").problem


def test_the_starter_is_its_own_family():
    said = describe(SHIPPED / "starter")
    assert (said.family, said.prediction, said.dtype) == ("starter", "v_prediction", "F16")


def test_each_part_is_described_by_the_weights_it_has(folders, tmp_path):
    folder = Path(shutil.copytree(folders("sd1"), tmp_path / "m"))
    unet = next((folder / "unet").glob("*.safetensors"))
    unet.rename(unet.with_name(unet.stem + ".fp16.safetensors"))
    said = describe(folder)
    assert (said.what, said.problem) == ("StableDiffusionPipeline", "")


def test_an_index_that_does_not_hold_is_said(folders, tmp_path):
    folder = Path(shutil.copytree(folders("sd1"), tmp_path / "m"))
    (file,) = (folder / "unet").glob("*.safetensors")
    shard = file.rename(file.with_name(f"{file.stem}-00001-of-00001.safetensors"))
    index = {"weight_map": {"no.such.tensor": shard.name}}
    (folder / "unet" / f"{file.name}.index.json").write_text(json.dumps(index))
    said = describe(folder)
    assert said.what == "unreadable" and "holds the tensor no.such.tensor" in said.problem


def test_a_lora_in_place_of_a_unet_is_said(folders, tmp_path):
    folder = Path(shutil.copytree(folders("sd1"), tmp_path / "m"))
    (file,) = (folder / "unet").glob("*.safetensors")
    save_file({"lora_unet_x.lora_up.weight": torch.ones(2)}, file)
    assert "is a LoRA, and the weights of a model belong there" in describe(folder).problem
