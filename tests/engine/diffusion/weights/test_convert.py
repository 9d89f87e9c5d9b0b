"""Folder to file and back: every tensor, config and index as it was."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from engine.diffusion.weights.configs.kinds import KINDS, SD1, SDXL
from engine.diffusion.weights.convert import Conversion, convert
from engine.diffusion.weights.find import component, components
from engine.diffusion.weights.folder import read_json, read_pipeline
from engine.diffusion.weights.load import load_component
from engine.graph.errors import LoomError

MODELS = ("unet", "vae", "text_encoder", "text_encoder_2")


def states(root: Path) -> dict[str, dict[str, torch.Tensor]]:
    found = components(root)
    return {name: load_component(found[name]).state_dict() for name in MODELS if name in found}


def assert_same(one: dict, two: dict) -> None:
    assert one.keys() == two.keys()
    for part, state in one.items():
        assert state.keys() == two[part].keys()
        assert all(torch.equal(tensor, two[part][name]) for name, tensor in state.items()), part


@pytest.mark.parametrize("name", [kind.name for kind in KINDS])
def test_a_file_becomes_the_folder_that_it_was_made_of(name, folders, files, tmp_path):
    told = []
    convert(files(name), tmp_path / "back", "diffusers", progress=lambda *said: told.append(said))
    assert_same(states(tmp_path / "back"), states(folders(name)))
    expected = read_json(folders(name) / "model_index.json")
    found = read_json(tmp_path / "back" / "model_index.json")
    assert found == expected
    assert {part for part, _, _ in told} == set(states(folders(name)))
    assert all(done <= total for _, done, total in told)
    assert read_pipeline(tmp_path / "back").keys() == read_pipeline(folders(name)).keys()


@pytest.mark.parametrize(("layout", "name"), [("original", "m.safetensors"), ("diffusers", "m")])
def test_precision(layout, name, folders, tmp_path):
    convert(folders("sd1"), tmp_path / name, layout, Conversion("bfloat16"))
    files = (
        [tmp_path / name]
        if layout == "original"
        else list((tmp_path / name).rglob("*.safetensors"))
    )
    kinds = {tensor.dtype for file in files for tensor in load_file(file).values()}
    assert kinds == {torch.bfloat16}


def test_variants_go_beside_what_is_there(folders, tmp_path):
    folder = Path(shutil.copytree(folders("sd1"), tmp_path / "m"))
    convert(folder, folder, "diffusers", Conversion("float16", "fp16"))
    assert (folder / "unet" / "diffusion_pytorch_model.fp16.safetensors").is_file()
    assert (folder / "text_encoder" / "model.fp16.safetensors").is_file()
    assert_same(states(folder), states(folders("sd1")))
    half = load_file(folder / "vae" / "diffusion_pytorch_model.fp16.safetensors")
    whole = load_file(folder / "vae" / "diffusion_pytorch_model.safetensors")
    assert all(torch.equal(half[name], tensor.half()) for name, tensor in whole.items())
    convert(folder, tmp_path / "f.safetensors", "original", Conversion(read="fp16"))
    assert {t.dtype for t in load_file(tmp_path / "f.safetensors").values()} == {torch.float16}


def test_shards(folders, tmp_path):
    convert(folders("sd1"), tmp_path / "m", "diffusers", Conversion(max_shard=1_000_000))
    assert (tmp_path / "m" / "unet" / "diffusion_pytorch_model.safetensors.index.json").is_file()
    assert_same(states(tmp_path / "m"), states(folders("sd1")))


def test_a_checkpoint_becomes_safetensors(files, tmp_path):
    torch.save({"state_dict": load_file(files("sd1"))}, tmp_path / "m.ckpt")
    convert(tmp_path / "m.ckpt", tmp_path / "m.safetensors", "original")
    expected = load_file(files("sd1"))
    found = load_file(tmp_path / "m.safetensors")
    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())


def test_what_a_model_predicts_is_kept(make_model, tmp_path):
    folder = make_model(SDXL, tmp_path / "v")
    config = folder / "scheduler" / "scheduler_config.json"
    changes = {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True}
    config.write_text(json.dumps({**read_json(config), **changes}))
    convert(folder, tmp_path / "v.safetensors", "original")
    found = components(tmp_path / "v.safetensors")["scheduler"].config()
    assert {name: found[name] for name in changes} == changes


@pytest.mark.parametrize("part", ["unet", "vae"])
def test_a_component_alone(part, folders, tmp_path):
    convert(folders("sd1") / part, tmp_path / "m.safetensors", "original")
    expected = load_component(read_pipeline(folders("sd1"))[part]).state_dict()
    found = load_component(component(tmp_path / "m.safetensors")).state_dict()
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())
    convert(tmp_path / "m.safetensors", tmp_path / "back", "diffusers")
    if part == "vae":
        assert sorted(file.name for file in (tmp_path / "back").iterdir()) == [
            "config.json",
            "diffusion_pytorch_model.safetensors",
        ]
        assert load_component(component(tmp_path / "back")).config.latent_channels == 4


def test_inputs_beside_the_latents_are_in_the_index(make_model, tmp_path):
    folder = make_model(SD1, tmp_path / "inpaint", in_channels=9)
    assert read_json(folder / "model_index.json")["_class_name"] == "StableDiffusionInpaintPipeline"
    convert(folder, tmp_path / "m.safetensors", "original")
    convert(tmp_path / "m.safetensors", tmp_path / "back", "diffusers")
    assert_same(states(tmp_path / "back"), states(folder))
    index = read_json(tmp_path / "back" / "model_index.json")
    assert index["_class_name"] == "StableDiffusionInpaintPipeline"


def test_parts_without_a_place_are_named(folders, tmp_path):
    folder = Path(shutil.copytree(folders("sd1"), tmp_path / "m"))
    checker = folder / "safety_checker"
    checker.mkdir()
    (checker / "config.json").write_text('{"architectures": ["CheckerOfAnother"]}')
    save_file({"weight": torch.ones(2)}, checker / "model.safetensors")
    (folder / "feature_extractor").mkdir()
    (folder / "feature_extractor" / "preprocessor_config.json").write_text("{}")
    index = read_json(folder / "model_index.json")
    index["safety_checker"] = ["stable_diffusion", "CheckerOfAnother"]
    index["feature_extractor"] = ["transformers", "CLIPImageProcessor"]
    (folder / "model_index.json").write_text(json.dumps(index))
    left_out = convert(folder, tmp_path / "m.safetensors", "original")
    assert left_out == ("safety_checker",)
    assert convert(folder, tmp_path / "copy", "diffusers", Conversion("float16")) == ()
    assert (
        load_file(tmp_path / "copy" / "safety_checker" / "model.safetensors")["weight"].dtype
        == torch.float16
    )
    assert (
        tmp_path / "copy" / "feature_extractor" / "preprocessor_config.json"
    ).read_text() == "{}"
    assert read_json(tmp_path / "copy" / "model_index.json") == index


def test_a_layout_that_has_no_original_is_refused(folders, tmp_path):
    with pytest.raises(LoomError, match="no original layout for tokenizer"):
        convert(folders("sd1") / "tokenizer", tmp_path / "m.safetensors", "original")
    with pytest.raises(LoomError, match="no name for a single file"):
        convert(folders("sd1"), tmp_path / "m.ckpt", "original")
    assert not list(tmp_path.iterdir())


def test_a_file_with_missing_tensors_is_not_converted(files, tmp_path):
    tensors = load_file(files("sd1"))
    del tensors["model.diffusion_model.out.0.bias"]
    save_file(tensors, tmp_path / "broken.safetensors")
    for target, layout in (("out", "diffusers"), ("out.safetensors", "original")):
        with pytest.raises(LoomError, match="1 missing"):
            convert(tmp_path / "broken.safetensors", tmp_path / target, layout)
    assert [path.name for path in tmp_path.iterdir()] == ["broken.safetensors"]
