import json
from pathlib import Path

import PIL.Image
import pytest
from PIL.PngImagePlugin import PngInfo

from engine.diffusion.images import files
from engine.diffusion.images.choices import SUFFIXES, Format
from engine.graph.errors import LoomError


def picture() -> PIL.Image.Image:
    return PIL.Image.new("RGB", (4, 3), (10, 200, 30))


def test_metadata_comes_back_and_pixels_are_untouched(tmp_path: Path):
    metadata = {
        "workflow": {"loom": 1, "text": "зелёная рыба 🐟\n"},
        "seeds": {"seed.value": 2**62},
    }
    path = tmp_path / "a.png"
    path.write_bytes(files.encode(picture(), metadata))
    assert files.read_metadata(path) == metadata
    with PIL.Image.open(path) as found:
        assert list(found.get_flattened_data()) == [(10, 200, 30)] * 12
        assert found.info["Software"] == "Latent Loom"


@pytest.mark.parametrize("format", SUFFIXES)
def test_every_format_carries_it(tmp_path: Path, format: Format):
    metadata = {"workflow": {"loom": 1, "text": "зелёная рыба 🐟\n\0\\"}, "seeds": {"s": 2**62}}
    path = tmp_path / "a"
    path.write_bytes(files.encode(picture(), metadata, format, 90))
    assert files.is_picture(path)
    assert files.read_metadata(path) == metadata
    with PIL.Image.open(path) as found:
        assert found.format == format.upper()
        assert found.getexif().get(files.EXIF_SOFTWARE, "Latent Loom") == "Latent Loom"


def test_quality_is_kept_to_and_a_hundred_is_lossless_webp(tmp_path: Path):
    noise = PIL.Image.effect_noise((64, 64), 80).convert("RGB")
    sizes = [len(files.encode(noise, {}, "jpeg", quality)) for quality in (10, 50, 95)]
    assert sizes == sorted(sizes) and sizes[0] < sizes[2] / 2
    path = tmp_path / "a.webp"
    path.write_bytes(files.encode(noise, {}, "webp", 100))
    with PIL.Image.open(path) as found:
        assert found.convert("RGB").tobytes() == noise.tobytes()


@pytest.mark.parametrize("format", ["png", "webp"])
def test_a_large_workflow_fits(tmp_path: Path, format: Format):
    metadata = {"workflow": {"text": "fish " * 500_000}}
    path = tmp_path / "a"
    path.write_bytes(files.encode(picture(), metadata, format))
    assert files.read_metadata(path) == metadata


def test_a_workflow_too_long_for_jpeg_is_refused():
    files.encode(picture(), {"text": "f" * 64_000}, "jpeg")
    with pytest.raises(LoomError, match="too long for a JPEG file") as caught:
        files.encode(picture(), {"text": "f" * 66_000}, "jpeg")
    assert caught.value.field == "format"


def test_a_comment_of_somebody_else_is_no_workflow(tmp_path: Path):
    exif = PIL.Image.Exif()
    exif.get_ifd(files.EXIF_DIRECTORY)[files.EXIF_COMMENT] = b'ASCII\0\0\0{"workflow": 1}'
    picture().save(tmp_path / "a.jpg", exif=exif)
    with pytest.raises(LoomError, match="carries no workflow"):
        files.read_metadata(tmp_path / "a.jpg")


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "can't be read as a picture"),
        (b"not a picture", "can't be read as a picture"),
        (files.encode(picture(), {})[:20], "picture|no wor"),
        (
            files.encode(picture(), {}).replace(files.KEYWORD.encode(), b"somebody-el"),
            "picture|no wor",
        ),
        (files.encode(picture(), {}, "jpeg")[:40], "can't be read as a picture"),
        (files.encode(picture(), {}, "webp")[:40], "picture|no wor"),
    ],
)
def test_what_is_no_picture_of_ours_is_refused(tmp_path: Path, data: bytes, reason: str):
    path = tmp_path / "a.png"
    path.write_bytes(data)
    with pytest.raises(LoomError, match=reason) as caught:
        files.read_metadata(path)
    assert str(path) in caught.value.reason
    assert caught.value.remedy


@pytest.mark.parametrize("text", ["no JSON", "[1, 2]", "null"])
def test_a_chunk_of_the_name_with_something_else_in_it_is_refused(tmp_path: Path, text: str):
    chunks = PngInfo()
    chunks.add_itxt(files.KEYWORD, text)
    picture().save(tmp_path / "a.png", pnginfo=chunks)
    with pytest.raises(LoomError, match="carries no workflow"):
        files.read_metadata(tmp_path / "a.png")


def test_versions_name_what_decides_the_pixels():
    found = files.versions()
    assert {"python", "torch", "numpy"} <= found.keys()
    assert json.loads(json.dumps(found)) == found
