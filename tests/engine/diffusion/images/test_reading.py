import io
import random
import struct
import zlib
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import torch
from PIL import ImageCms

from engine.diffusion.images.raster import size_of
from engine.diffusion.images.reading import read, read_folder
from engine.graph.errors import LoomError


def colourful(width: int = 12, height: int = 8) -> PIL.Image.Image:
    levels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return PIL.Image.fromarray(levels)


def pixels(path: Path) -> torch.Tensor:
    return read(path).image.pixels[0]


def tensor(picture: PIL.Image.Image) -> torch.Tensor:
    return torch.from_numpy(np.array(picture.convert("RGB"))).permute(2, 0, 1) / 255


@pytest.mark.parametrize("suffix", [".png", ".bmp", ".tif", ".webp"])
def test_lossless_files_give_their_levels(tmp_path: Path, suffix: str):
    path = tmp_path / f"a{suffix}"
    colourful().save(path, **({"lossless": True} if suffix == ".webp" else {}))
    found = read(path)
    assert torch.equal(found.image.pixels[0], tensor(colourful()))
    assert found.alpha.values.shape == (1, 1, 8, 12) and found.alpha.values.min() == 1


@pytest.mark.parametrize(
    "mode, suffix",
    [("1", "png"), ("L", "png"), ("P", "png"), ("P", "gif"), ("L", "jpg"), ("CMYK", "jpg")]
    + [(mode, "tif") for mode in ("CMYK", "YCbCr", "LAB")],
)
def test_every_mode_becomes_rgb(tmp_path: Path, mode: str, suffix: str):
    picture = colourful().quantize(16) if mode == "P" else colourful().convert(mode)
    path = tmp_path / f"a.{suffix}"
    picture.save(path)
    with PIL.Image.open(path) as saved:
        assert torch.equal(pixels(path), tensor(saved))


def test_sixteen_bits_of_grey_are_kept(tmp_path: Path):
    levels = (np.arange(96).reshape(8, 12) * 683).astype(np.uint16)
    for name in ("a.png", "a.tif"):
        PIL.Image.fromarray(levels).save(tmp_path / name)
        found = pixels(tmp_path / name)
        assert np.allclose(found[0].numpy(), levels / 65535, atol=1e-7)
        assert torch.equal(found[0], found[2])


def test_fractions_are_cut_to_0_and_1(tmp_path: Path):
    levels = np.array([[-1.0, 0.25, 2.0, np.nan]], np.float32)
    PIL.Image.fromarray(levels).save(tmp_path / "a.tif")
    assert pixels(tmp_path / "a.tif")[1].tolist() == [[0, 0.25, 1, 0]]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_as_their_camera_was_held(tmp_path: Path, orientation: int):
    upright = colourful()
    ways = PIL.Image.Transpose
    # How the pixels of an upright picture lie in a file with that orientation (EXIF 2.3, 4.6.4).
    stored = {
        2: ways.FLIP_LEFT_RIGHT,
        3: ways.ROTATE_180,
        4: ways.FLIP_TOP_BOTTOM,
        5: ways.TRANSPOSE,
        6: ways.ROTATE_90,
        7: ways.TRANSVERSE,
        8: ways.ROTATE_270,
    }
    picture = upright.transpose(stored[orientation]) if orientation > 1 else upright
    exif = PIL.Image.Exif()
    exif[0x0112] = orientation
    picture.save(tmp_path / "a.png", exif=exif)
    assert torch.equal(pixels(tmp_path / "a.png"), tensor(upright))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_alpha_is_white_where_the_picture_is_opaque(tmp_path: Path, mode: str):
    alpha = PIL.Image.linear_gradient("L").resize((12, 8))
    picture = colourful()
    if mode == "LA":
        picture = picture.convert("L")
    picture.putalpha(alpha)
    if mode == "PA":
        levels = np.asarray(picture.getchannel("A")) > 127
        picture = colourful().quantize(15)
        indices = np.where(levels, np.asarray(picture) + 1, 0).astype(np.uint8)
        again = PIL.Image.fromarray(indices).convert("L")
        palette = [9, 9, 9, *picture.getpalette()[: 15 * 3]]
        picture = PIL.Image.new("P", (12, 8))
        picture.putdata(list(again.get_flattened_data()))
        picture.putpalette(palette)
        picture.save(tmp_path / "a.png", transparency=0)
        expected = torch.from_numpy(levels).float()
    else:
        picture.save(tmp_path / "a.png")
        expected = torch.from_numpy(np.asarray(alpha)) / 255
    found = read(tmp_path / "a.png")
    assert torch.equal(found.alpha.values[0, 0], expected)
    if mode == "RGBA":  # colours under transparent pixels stay
        assert torch.equal(found.image.pixels[0], tensor(colourful()))


def test_a_colour_profile_is_followed(tmp_path: Path):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
    colourful().save(tmp_path / "srgb.png", icc_profile=srgb.tobytes())
    assert torch.equal(pixels(tmp_path / "srgb.png"), tensor(colourful()))
    for name, profile in (("other", lab.tobytes()), ("broken", b"no profile")):
        colourful().save(tmp_path / f"{name}.png", icc_profile=profile)
        assert torch.equal(pixels(tmp_path / f"{name}.png"), tensor(colourful()))
    wide = _exchanged(srgb.tobytes())
    colourful().save(tmp_path / "wide.png", icc_profile=wide)
    found = pixels(tmp_path / "wide.png")
    assert (found - tensor(colourful())).abs().max() > 0.05
    with PIL.Image.open(tmp_path / "wide.png") as saved:
        source = ImageCms.ImageCmsProfile(io.BytesIO(wide))
        expected = ImageCms.profileToProfile(saved, source, srgb, outputMode="RGB")
    assert torch.equal(found, tensor(expected))


def _exchanged(profile: bytes) -> bytes:
    """A profile with another name whose red and green primaries have changed places."""
    renamed = profile.replace("sRGB".encode("utf-16-be"), "Wide".encode("utf-16-be"))
    return renamed.replace(b"rXYZ", b"####").replace(b"gXYZ", b"rXYZ").replace(b"####", b"gXYZ")


def test_the_first_of_several_pictures(tmp_path: Path):
    first, second = colourful(), PIL.Image.new("RGB", (12, 8))
    first.save(tmp_path / "a.tif", save_all=True, append_images=[second])
    assert torch.equal(pixels(tmp_path / "a.tif"), tensor(first))


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "no picture that can be read"),
        (b"GIF but not really", "no picture"),
        (None, "No such"),
    ],
)
def test_what_is_no_picture_is_told(tmp_path: Path, data: bytes | None, reason: str):
    path = tmp_path / "a.png"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(LoomError, match=reason) as caught:
        read(path)
    assert str(path) in caught.value.reason and caught.value.field == "file"


def test_a_folder_is_no_picture(tmp_path: Path):
    with pytest.raises(LoomError, match="can't be read: Is a directory"):
        read(tmp_path)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp", ".tif", ".gif"])
def test_damage_never_ends_in_a_traceback(tmp_path: Path, suffix: str):
    chance = random.Random(5)
    path = tmp_path / f"a{suffix}"
    colourful(40, 30).save(path)
    whole = path.read_bytes()
    refused = 0
    for turn in range(60):
        data = bytearray(whole)
        if turn % 2:
            del data[chance.randrange(len(data)) :]
        for _ in range(chance.choice((0, 1, 4))):
            if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data)
        try:
            read(path)
        except LoomError as error:
            refused += 1
            assert str(path) in error.reason and "\n" not in str(error)
    assert refused > 5


def test_a_truncated_picture_is_told(tmp_path: Path):
    path = tmp_path / "a.jpg"
    colourful(64, 64).save(path)
    path.write_bytes(path.read_bytes()[:1500])
    with pytest.raises(LoomError, match="can't be read: image file is truncated"):
        read(path)


@pytest.mark.parametrize("side", [9000, 40_000])
def test_a_picture_that_would_fill_the_memory_is_refused(tmp_path: Path, side: int):
    """A file of a few bytes whose header asks for very many pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    path = tmp_path / "a.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0"))
        + chunk(b"IEND", b"")
    )
    with pytest.raises(LoomError, match="no more than 67 million pixels are read") as caught:
        read(path)
    assert caught.value.remedy == "Make it smaller with another program."


def folder_of(tmp_path: Path, **sizes: tuple[int, int]) -> Path:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number, (name, size) in enumerate(sizes.items()):
        PIL.Image.new("RGB", size, (number, 0, 0)).save(folder / f"{name}.png")
    return folder


def test_a_folder_is_a_batch_in_the_order_of_its_numbers(tmp_path: Path):
    same = dict.fromkeys(("p10", "p9", "P1", "other"), (6, 4))
    folder = folder_of(tmp_path, **same)
    (folder / ".hidden.png").write_bytes(b"")
    (folder / "notes.txt").write_text("no picture")
    found = read_folder(folder)
    assert found.names.split("\n") == ["other.png", "P1.png", "p9.png", "p10.png"]
    assert (found.image.pixels[:, 0, 0, 0] * 255).tolist() == pytest.approx([3, 2, 1, 0])
    assert found.alpha.values.shape == (4, 1, 4, 6)
    assert read_folder(folder, "p1*").names == "p10.png"


def test_pictures_of_several_sizes(tmp_path: Path):
    folder = folder_of(tmp_path, a=(6, 4), b=(8, 4))
    with pytest.raises(LoomError, match=r"a\.png is 6×4 and b\.png is 8×4"):
        read_folder(folder)
    assert size_of(read_folder(folder, width=5, height=5).image) == (5, 5)
    with pytest.raises(LoomError, match=r"a\.png is 3×2 and b\.png is 4×2"):
        read_folder(folder, height=2)


def test_a_folder_without_a_picture_is_told(tmp_path: Path):
    folder = folder_of(tmp_path, a=(6, 4))
    with pytest.raises(LoomError, match=r"No picture in .*pictures is called \*\.jpg") as caught:
        read_folder(folder, "*.jpg")
    assert caught.value.field == "pattern"


def test_too_many_for_one_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from engine.diffusion.images import reading

    monkeypatch.setattr(reading, "MAX_BATCH", 40)
    with pytest.raises(LoomError, match="2 pictures of 6×4 are too many for one batch"):
        read_folder(folder_of(tmp_path, a=(6, 4), b=(6, 4)))
