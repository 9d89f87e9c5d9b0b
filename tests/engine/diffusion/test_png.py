import json
import threading
from pathlib import Path

import PIL.Image
import pytest
from PIL.PngImagePlugin import PngInfo

from engine.diffusion import png
from engine.graph.errors import LoomError


def picture() -> PIL.Image.Image:
    return PIL.Image.new("RGB", (4, 3), (10, 200, 30))


def test_metadata_comes_back_and_pixels_are_untouched(tmp_path: Path):
    metadata = {
        "workflow": {"loom": 1, "text": "зелёная рыба 🐟\n"},
        "seeds": {"seed.value": 2**62},
    }
    path = tmp_path / "a.png"
    path.write_bytes(png.encode(picture(), metadata))
    assert png.read_metadata(path) == metadata
    with PIL.Image.open(path) as found:
        assert list(found.get_flattened_data()) == [(10, 200, 30)] * 12
        assert found.info["Software"] == "Latent Loom"


def test_a_large_workflow_fits(tmp_path: Path):
    metadata = {"workflow": {"text": "fish " * 500_000}}
    path = tmp_path / "a.png"
    path.write_bytes(png.encode(picture(), metadata))
    assert png.read_metadata(path) == metadata


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "can't be read as a PNG"),
        (b"not a picture", "can't be read as a PNG"),
        (png.encode(picture(), {})[:20], "PNG picture"),
        (
            png.encode(picture(), {}).replace(png.KEYWORD.encode(), b"somebody-el"),
            "PNG picture|no wor",
        ),
    ],
)
def test_what_is_no_picture_of_ours_is_refused(tmp_path: Path, data: bytes, reason: str):
    path = tmp_path / "a.png"
    path.write_bytes(data)
    with pytest.raises(LoomError, match=reason) as caught:
        png.read_metadata(path)
    assert str(path) in caught.value.reason
    assert caught.value.remedy


@pytest.mark.parametrize("text", ["no JSON", "[1, 2]", "null"])
def test_a_chunk_of_the_name_with_something_else_in_it_is_refused(tmp_path: Path, text: str):
    chunks = PngInfo()
    chunks.add_itxt(png.KEYWORD, text)
    picture().save(tmp_path / "a.png", pnginfo=chunks)
    with pytest.raises(LoomError, match="carries no workflow"):
        png.read_metadata(tmp_path / "a.png")


def test_numbers_go_on_after_the_highest(tmp_path: Path):
    (tmp_path / "fish_00007.png").write_bytes(b"old")
    (tmp_path / "fish_and_chips_00020.png").write_bytes(b"other")
    first = png.write_numbered(tmp_path, "fish", b"new")
    second = png.write_numbered(tmp_path, "fish", b"newer")
    assert (first.name, second.name) == ("fish_00008.png", "fish_00009.png")
    assert (tmp_path / "fish_00007.png").read_bytes() == b"old"
    assert first.read_bytes() == b"new"
    assert sorted(file.name for file in tmp_path.iterdir() if file.name.startswith(".")) == []


def test_many_writers_at_once_never_share_a_name(tmp_path: Path):
    found: list[Path] = []

    def write(number: int) -> None:
        found.append(png.write_numbered(tmp_path, "p", str(number).encode()))

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

    monkeypatch.setattr(png, "write_atomically", no_space)
    with pytest.raises(LoomError, match="No space left"):
        png.write_numbered(tmp_path, "p", b"data")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stem", ["", "a/b", "..", ".hidden", "a\\b", "a:b", "a\0b"])
def test_a_name_that_is_a_path_is_refused(tmp_path: Path, stem: str):
    with pytest.raises(LoomError, match="can't begin a file name"):
        png.write_numbered(tmp_path / "sub", stem, b"data")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_a_file_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LoomError, match="Nothing can be saved") as caught:
        png.write_numbered(tmp_path / "file" / "sub", "p", b"data")
    assert caught.value.field == "folder"


def test_versions_name_what_decides_the_pixels():
    found = png.versions()
    assert {"python", "torch", "numpy"} <= found.keys()
    assert json.loads(json.dumps(found)) == found
