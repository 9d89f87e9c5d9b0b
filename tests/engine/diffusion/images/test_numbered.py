import re
import threading
from pathlib import Path

import pytest

from engine.diffusion.images import numbered
from engine.graph.errors import LoomError


def test_numbers_go_on_after_the_highest(tmp_path: Path):
    (tmp_path / "fish_00007.png").write_bytes(b"old")
    (tmp_path / "fish_and_chips_00020.png").write_bytes(b"other")
    first = numbered.write_numbered(tmp_path, "fish", b"new")
    second = numbered.write_numbered(tmp_path, "fish", b"newer")
    assert (first.name, second.name) == ("fish_00008.png", "fish_00009.png")
    assert (tmp_path / "fish_00007.png").read_bytes() == b"old"
    assert first.read_bytes() == b"new"
    assert sorted(file.name for file in tmp_path.iterdir() if file.name.startswith(".")) == []


def test_many_writers_at_once_never_share_a_name(tmp_path: Path):
    found: list[Path] = []

    def write(number: int) -> None:
        found.append(numbered.write_numbered(tmp_path, "p", str(number).encode()))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 16
    assert sorted(int(path.read_bytes()) for path in found) == list(range(16))


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def no_space(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(numbered, "write_atomically", no_space)
    with pytest.raises(LoomError, match="No space left"):
        numbered.write_numbered(tmp_path, "p", b"data")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stem", ["", "a/b", "..", ".hidden", "a\\b", "a:b", "a\0b"])
def test_a_name_that_is_a_path_is_refused(tmp_path: Path, stem: str):
    with pytest.raises(LoomError, match="can't begin a file name"):
        numbered.write_numbered(tmp_path / "sub", stem, b"data")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LoomError, match="Nothing can be saved") as caught:
        numbered.write_numbered(tmp_path / "file" / "sub", "p", b"data")
    assert caught.value.field == "folder"


def test_each_kind_of_file_has_numbers_of_its_own(tmp_path: Path):
    names = [
        numbered.write_numbered(tmp_path, "p", b"", suffix).name
        for suffix in (".png", ".jpg", ".png", ".webp")
    ]
    assert names == ["p_00001.png", "p_00001.jpg", "p_00002.png", "p_00001.webp"]


MADE = {
    "seeds": {"seed.value": 7, "other.value": 7, "third.value": 9},
    "workflow": {"nodes": {"prompt": {"params": {"text": "a <red> fish:\n../x " + "y" * 99}}}},
}


@pytest.mark.parametrize(
    "name, found",
    [
        ("fish", "fish"),
        ("{seed}", "7-9"),
        ("a{index}b", "a3b"),
        ("{prompt.text}", "a _red_ fish_ .._x " + "y" * (60 - 19)),
    ],
)
def test_names_are_filled_in(name: str, found: str):
    assert numbered.filled(name, MADE, 3) == found


def test_a_date_is_a_day():
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", numbered.filled("{date}", MADE))


@pytest.mark.parametrize("name", ["{}", "{prompt}", "{prompt.steps}", "{nobody.text}"])
def test_a_brace_that_names_nothing_is_refused(name: str):
    with pytest.raises(LoomError, match="can't be filled in") as caught:
        numbered.filled(name, MADE)
    assert caught.value.field == "name"


def test_a_picture_without_seeds_says_so():
    assert numbered.filled("{seed}", {}) == "none"
