import os
from pathlib import Path

from engine.diffusion.weights.search import SHIPPED, is_model, list_models, model_folders


def touch(*files: Path) -> None:
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"")


def test_models_are_listed_by_name_and_the_first_folder_wins(tiny_model, model_copy):
    assert list_models([tiny_model.parent]) == {"tiny": tiny_model}
    assert list_models([model_copy.parent, tiny_model.parent]) == {"tiny": model_copy}
    assert list_models([tiny_model.parent / "none"]) == {}


def test_single_files_go_by_their_name_without_the_ending(tmp_path):
    touch(tmp_path / "one.safetensors", tmp_path / "two.ckpt", tmp_path / "readme.txt")
    assert list_models([tmp_path]) == {
        "one": tmp_path / "one.safetensors",
        "two": tmp_path / "two.ckpt",
    }


def test_a_file_that_shares_its_name_keeps_its_ending(tmp_path):
    touch(tmp_path / "a.safetensors", tmp_path / "a.ckpt", tmp_path / "b.pt")
    touch(tmp_path / "b" / "model_index.json")
    assert set(list_models([tmp_path])) == {"a.ckpt", "a.safetensors", "b", "b.pt"}


def test_models_in_a_subfolder_are_named_with_it(tmp_path):
    touch(tmp_path / "owner" / "file.v1.safetensors", tmp_path / "owner" / ".hidden.safetensors")
    touch(tmp_path / "owner" / "folder" / "config.json", tmp_path / "a" / "b" / "deep.safetensors")
    touch(tmp_path / "whole" / "model_index.json", tmp_path / "whole" / "unet" / "x.safetensors")
    assert set(list_models([tmp_path])) == {"owner/file.v1", "owner/folder", "whole"}


def test_a_part_is_a_model_too(tiny_model, tmp_path):
    assert is_model(tiny_model) and is_model(tiny_model / "unet")
    assert not is_model(tiny_model.parent)
    assert is_model(tiny_model / "unet" / "diffusion_pytorch_model.safetensors")
    assert not is_model(tiny_model / "unet" / "config.json")


def test_folders_come_in_order(tmp_path, monkeypatch):
    listed = [tmp_path / "a", tmp_path / "b"]
    monkeypatch.setenv("LOOM_MODELS", os.pathsep.join(map(str, listed)))
    folders = model_folders([tmp_path / "given"])
    assert folders[:4] == (tmp_path / "given", *listed, SHIPPED)
    assert folders[4].parts[-2:] == ("latent-loom", "models")
