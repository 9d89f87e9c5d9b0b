"""The Hub, without a network: what is chosen, what is found in its cache, what errors say."""

import shutil
from pathlib import Path

import pytest

from engine.diffusion.weights.hub import cached, fetch, split_id, upload, wanted
from engine.graph.context import Settings
from engine.graph.errors import LoomError

FILES = [
    *("README.md", "model_index.json", "v1-5-pruned.safetensors", "v1-5-pruned.ckpt"),
    "scheduler/scheduler_config.json",
    *("tokenizer/vocab.json", "tokenizer/merges.txt", "tokenizer/tokenizer_config.json"),
    "feature_extractor/preprocessor_config.json",
    *("unet/config.json", "unet/diffusion_pytorch_model.bin"),
    *("unet/diffusion_pytorch_model.safetensors", "unet/diffusion_pytorch_model.fp16.safetensors"),
    *("vae/config.json", "vae/diffusion_pytorch_model.bin", "vae/diffusion_pytorch_model.fp16.bin"),
    *("text_encoder/config.json", "text_encoder/model.safetensors.index.json"),
    *("text_encoder/model-00001-of-00002.safetensors",),
    *("text_encoder/model-00002-of-00002.safetensors", "text_encoder/model.fp16.safetensors"),
    "onnx/model.onnx",
]
SMALL = {
    *("model_index.json", "scheduler/scheduler_config.json", "tokenizer/vocab.json"),
    *("tokenizer/merges.txt", "tokenizer/tokenizer_config.json", "unet/config.json"),
    *("feature_extractor/preprocessor_config.json", "vae/config.json", "text_encoder/config.json"),
}


def test_ids():
    assert split_id("owner/name") == ("owner/name", "")
    assert split_id("owner/name:fp16") == ("owner/name", "fp16")
    for text in ("name", "a/b/c", "owner/na me", "/x", ""):
        with pytest.raises(LoomError, match="names no repository"):
            split_id(text)


def test_the_configs_and_one_set_of_weights_are_chosen():
    assert set(wanted(FILES)) == SMALL | {
        "unet/diffusion_pytorch_model.safetensors",
        "vae/diffusion_pytorch_model.bin",
        "text_encoder/model.safetensors.index.json",
        "text_encoder/model-00001-of-00002.safetensors",
        "text_encoder/model-00002-of-00002.safetensors",
    }
    assert set(wanted(FILES, "fp16")) == SMALL | {
        "unet/diffusion_pytorch_model.fp16.safetensors",
        "vae/diffusion_pytorch_model.fp16.bin",
        "text_encoder/model.fp16.safetensors",
    }


def test_a_component_in_the_root():
    files = ["config.json", "diffusion_pytorch_model.safetensors", "README.md"]
    assert wanted(files) == files[:2]


def test_a_variant_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(LoomError, match=r"text_encoder has no bf16 weights.*: fp16, plain"):
        wanted(FILES, "bf16")
    with pytest.raises(LoomError, match="no model in the Diffusers layout"):
        wanted(["README.md", "model.onnx"])


@pytest.fixture
def cache(tiny_model, tmp_path, monkeypatch) -> Path:
    """A cache of the Hub that has the tiny model."""
    from huggingface_hub import constants

    root = tmp_path / "hub"
    repository = root / "models--owner--tiny"
    shutil.copytree(tiny_model, repository / "snapshots" / ("0" * 40))
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("0" * 40)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(root))
    return root


def test_what_other_programs_fetched_is_found_by_its_id(cache, tmp_path):
    found = cached("owner/tiny")
    assert found == cache / "models--owner--tiny" / "snapshots" / ("0" * 40)
    assert cached("owner/other") is None
    assert cached("tiny") is None and cached("../tiny") is None
    settings = Settings(model_folders=(tmp_path,), elsewhere=cached)
    assert settings.find_model("owner/tiny") == found
    with pytest.raises(LoomError, match="no model called 'owner/other'"):
        settings.find_model("owner/other")


def test_without_a_network_the_error_says_what_was_searched(tmp_path):
    with pytest.raises(LoomError) as raised:
        fetch("owner/name", "", tmp_path / "models", (tmp_path / "a", tmp_path / "b"))
    said = str(raised.value)
    assert "owner/name can't be had from the Hugging Face Hub" in said
    assert f"not in the model folders either: {tmp_path / 'a'}, {tmp_path / 'b'}" in said
    assert not (tmp_path / "models" / "owner" / "name").exists()
    with pytest.raises(LoomError, match="can't be had"):
        upload(tmp_path, "owner/name")


class Api:
    """The Hub's API, answering from a folder."""

    folder: Path

    def list_repo_files(self, repository: str) -> list[str]:
        return [
            p.relative_to(self.folder).as_posix() for p in self.folder.rglob("*") if p.is_file()
        ]


def test_a_model_becomes_a_folder_of_the_user_s(tiny_model, tmp_path, monkeypatch):
    import huggingface_hub

    def download(repository: str, local_dir: Path, allow_patterns: list[str]) -> str:
        for name in allow_patterns:
            (local_dir / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(tiny_model / name, local_dir / name)
        return str(local_dir)

    monkeypatch.setattr(Api, "folder", tiny_model, raising=False)
    monkeypatch.setattr(huggingface_hub, "HfApi", Api)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", download)
    found = fetch("owner/tiny", "", tmp_path)
    assert found == tmp_path / "owner" / "tiny"
    assert Settings(model_folders=(tmp_path,)).find_model("owner/tiny") == found
    assert (found / "unet" / "diffusion_pytorch_model.safetensors").is_file()

    def broken(*_, **__):
        raise ConnectionError("the line is dead")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", broken)
    with pytest.raises(LoomError, match="the line is dead"):
        fetch("owner/other", "", tmp_path)
    assert not (tmp_path / "owner" / "other").exists()
