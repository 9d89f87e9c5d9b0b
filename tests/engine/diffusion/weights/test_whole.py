import os
from pathlib import Path

import pytest

from engine.diffusion.weights.whole import whole_file, whole_folder
from engine.graph.errors import LoomError


def content(root: Path) -> dict[str, str]:
    return {p.relative_to(root).as_posix(): p.read_text() for p in root.rglob("*") if p.is_file()}


def test_a_folder_is_there_when_the_block_ends_well(tmp_path):
    with whole_folder(tmp_path / "deep" / "model") as new:
        (new / "a").write_text("1")
        assert not (tmp_path / "deep" / "model").exists()
    assert content(tmp_path) == {"deep/model/a": "1"}


def test_it_takes_the_place_of_the_old_one(tmp_path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "old").write_text("0")
    with whole_folder(tmp_path / "model") as new:
        (new / "new").write_text("1")
    assert content(tmp_path) == {"model/new": "1"}


def test_or_is_added_to(tmp_path):
    (tmp_path / "model" / "sub").mkdir(parents=True)
    (tmp_path / "model" / "sub" / "old").write_text("0")
    with whole_folder(tmp_path / "model", keep=True) as new:
        (new / "sub" / "new").write_text("1")
    assert content(tmp_path) == {"model/sub/old": "0", "model/sub/new": "1"}


def test_what_was_there_can_be_written_over(tmp_path):
    """Also where the writing then fails; weights are replaced, not written to."""
    (tmp_path / "model").mkdir()
    for name in ("config.json", "model.safetensors"):
        (tmp_path / "model" / name).write_text("0")
    with pytest.raises(ZeroDivisionError), whole_folder(tmp_path / "model", keep=True) as new:
        (new / "config.json").write_text("1")
        (new / "model.safetensors").unlink()
        raise ZeroDivisionError
    assert content(tmp_path) == {"model/config.json": "0", "model/model.safetensors": "0"}


@pytest.mark.parametrize("keep", [True, False])
def test_after_an_error_all_is_as_it_was(tmp_path, keep):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "old").write_text("0")
    with pytest.raises(ZeroDivisionError), whole_folder(tmp_path / "model", keep) as new:
        (new / "new").write_text("1")
        raise ZeroDivisionError
    assert content(tmp_path) == {"model/old": "0"}
    assert list(tmp_path.iterdir()) == [tmp_path / "model"]


def test_a_file_too(tmp_path):
    target = tmp_path / "m.safetensors"
    target.write_text("old")
    with pytest.raises(ZeroDivisionError), whole_file(target) as new:
        new.write_text("half")
        raise ZeroDivisionError
    assert content(tmp_path) == {"m.safetensors": "old"}
    with whole_file(target) as new:
        new.write_text("new")
    assert content(tmp_path) == {"m.safetensors": "new"}


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(LoomError, match="model can't be written"),
        whole_folder(tmp_path / "file" / "model"),
    ):
        pass


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_named(tmp_path):
    (tmp_path / "locked").mkdir(mode=0o500)
    with pytest.raises(LoomError, match="can't be written"), whole_file(tmp_path / "locked" / "m"):
        pass
