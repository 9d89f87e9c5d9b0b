import shutil
from pathlib import Path

import pytest

from engine.graph import models
from engine.graph.context import Settings
from engine.graph.errors import LoomError
from engine.graph.executor import Executor
from engine.graph.files import FileHashes
from engine.graph.graph import Graph
from tests.engine.graph import stubs


@pytest.fixture
def folder(settings: Settings) -> Path:
    return settings.model_folders[0]


@pytest.fixture
def tiny(folder: Path) -> str:
    """The content hash of the model `tiny`."""
    return FileHashes().of(folder / "tiny")


def pinned(digest: str, name: str = "tiny") -> Graph:
    graph = stubs.diffusion()
    graph.set_param("model", "model", {"name": name, "hash": digest})
    return graph


def test_a_model_is_found_by_name_and_its_part_by_path(settings: Settings, folder: Path):
    (folder / "tiny" / "unet").mkdir()
    (folder / "loose.safetensors").write_text("")
    assert settings.find_model("tiny") == folder / "tiny"
    assert settings.find_model("tiny/unet") == folder / "tiny" / "unet"
    assert settings.find_model("loose") == folder / "loose.safetensors"


@pytest.mark.parametrize("name", ["../outside", "/etc", "tiny/../../outside", ".", "", "a\\b"])
@pytest.mark.parametrize("digest", ["", "b2:00"])
def test_a_name_never_leads_out_of_the_folders(settings: Settings, folder: Path, name, digest):
    (folder.parent / "outside").mkdir()
    with pytest.raises(LoomError):
        settings.find_model(name, digest)


def test_a_missing_model_is_answered_with_what_there_is(folder: Path, tmp_path: Path):
    settings = Settings(model_folders=(folder, tmp_path / "none"))
    with pytest.raises(LoomError) as raised:
        settings.find_model("huge")
    assert f"{folder} (big, tiny); {tmp_path / 'none'} (no such folder)" in str(raised.value)


def test_the_content_decides_between_models_of_one_name(folder: Path, tiny: str, tmp_path: Path):
    other = tmp_path / "other" / "tiny"
    shutil.copytree(folder / "tiny", other)
    (other / "space.txt").write_text("sd21")
    settings = Settings(model_folders=(other.parent, folder))
    assert settings.find_model("tiny") == other
    assert settings.find_model("tiny", tiny) == folder / "tiny"


@pytest.mark.parametrize("place", ["renamed", "owner/renamed"])
def test_a_renamed_model_is_found_by_its_hash(settings: Settings, folder: Path, tiny: str, place):
    (folder / place).parent.mkdir(exist_ok=True)
    (folder / "tiny").rename(folder / place)
    assert settings.find_model("tiny", tiny) == folder / place
    result = Executor(stubs.registry(), settings).run(pinned(tiny))
    assert result.ok
    assert result.graph.nodes["model"].params["model"] == {"name": place, "hash": tiny}


def test_a_name_that_another_model_has_taken_does_not_hide_the_right_one(
    settings: Settings, folder: Path, tiny: str
):
    (folder / "tiny").rename(folder / "older")
    (folder / "big").rename(folder / "tiny")
    result = Executor(stubs.registry(), settings).run(pinned(tiny), ["model"])
    assert result.value("model.model") == stubs.Model("older", tiny)


def test_a_part_is_compared_where_a_part_is_pinned(settings: Settings, folder: Path):
    (folder / "big" / "unet").mkdir()
    (folder / "big" / "unet" / "weights").write_text("1")
    digest = FileHashes().of(folder / "big" / "unet")
    assert settings.find_model("gone", digest, "unet") == folder / "big"


def test_a_model_alone_with_its_name_is_not_read(settings: Settings, monkeypatch):
    monkeypatch.setattr(FileHashes, "of", lambda *_: pytest.fail("it was read"))
    settings.find_model("tiny", "b2:00")


def test_hidden_things_and_other_files_are_no_models(folder: Path):
    (folder / ".hidden").mkdir()
    (folder / "notes.txt").write_text("")
    assert [path.name for path in models.all_models([folder])] == ["big", "tiny"]


def test_two_files_of_one_name_are_told_apart_by_their_ending(settings: Settings, folder: Path):
    for name in ("a.safetensors", "a.ckpt"):
        (folder / name).write_text(name)
    with pytest.raises(LoomError, match=r"are called 'a': a\.safetensors and a\.ckpt") as raised:
        settings.find_model("a")
    assert "with its ending" in raised.value.remedy
    assert settings.find_model("a.ckpt") == folder / "a.ckpt"
    assert settings.find_model("a", FileHashes().of(folder / "a.ckpt")) == folder / "a.ckpt"
    (folder / "a").mkdir()
    assert settings.find_model("a") == folder / "a"


def test_a_name_that_no_folder_has_is_looked_for_elsewhere(folder: Path, tmp_path: Path):
    asked: list[str] = []

    def elsewhere(name: str) -> Path | None:
        asked.append(name)
        return tmp_path if name == "owner/far" else None

    settings = Settings(model_folders=(folder,), elsewhere=elsewhere)
    assert settings.find_model("tiny") == folder / "tiny"
    assert settings.find_model("owner/far") == tmp_path
    with pytest.raises(LoomError, match="loom fetch owner/none"):
        settings.find_model("owner/none")
    assert asked == ["owner/far", "owner/none"]
