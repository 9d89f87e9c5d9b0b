"""The invisible watermark: it comes back, hardly shows, and is the one others read and write."""

import io
from pathlib import Path

import numpy as np
import PIL.Image
import pytest
import torch

from engine.diffusion.images.pixels import from_pil, to_pil
from engine.diffusion.values import Image
from engine.diffusion.watermark import embed, read
from engine.diffusion.watermark_message import SDXL
from engine.graph.errors import LoomError

# A grey picture that the program invisible-watermark 0.2.0 (dwtDct) wrote SDXL's bits into.
WRITTEN_BY_OTHERS = Path(__file__).parent / "watermarked_grey.png"


def pictures(width: int = 320, height: int = 264, count: int = 2) -> Image:
    """Smooth colours with some grain, away from pure white and black."""
    g = torch.Generator().manual_seed(4)
    rough = torch.rand(count, 3, 6, 8, generator=g)
    smooth = torch.nn.functional.interpolate(rough, size=(height, width), mode="bicubic")
    grain = torch.randn(count, 3, height, width, generator=g) * 0.015
    return Image((0.1 + 0.8 * smooth + grain).clamp(0.05, 0.95))


def through(image: Image, kind: str, **options) -> Image:
    """As it comes back from a file."""
    found: list[PIL.Image.Image] = []
    for picture in to_pil(image):
        file = io.BytesIO()
        picture.save(file, kind, **options)
        found.append(PIL.Image.open(file))
    return from_pil(found)


def psnr(a: Image, b: Image) -> float:
    return -10 * float((a.pixels - b.pixels).square().mean().log10())


def plainly_read(levels: np.ndarray, count: int) -> str:
    """The published rule, block by block, of one picture (H, W, 3) in eight bits."""
    red, green, blue = (levels[..., k].astype(float) for k in range(3))
    u = np.round(0.492 * (blue - (0.299 * red + 0.587 * green + 0.114 * blue)) + 128)
    height, width = (side // 4 * 4 for side in u.shape)
    band = sum(u[i:height:2, j:width:2] for i in (0, 1) for j in (0, 1)) / 2
    votes: list[list[bool]] = [[] for _ in range(count)]
    number = 0
    for y in range(band.shape[0] // 4):
        for x in range(band.shape[1] // 4):
            block = band[4 * y : 4 * y + 4, 4 * x : 4 * x + 4].ravel()
            votes[number % count].append(bool(block[1:].max() % 36 > 18))
            number += 1
    return "".join(str(int(np.mean(one) > 0.5)) for one in votes)


@pytest.mark.parametrize("size", [(256, 256), (320, 264), (333, 277)])
def test_the_message_comes_back_exactly_from_png(size: tuple[int, int]):
    before = pictures(*size)
    marked = embed(before)
    for one in read(through(marked, "PNG")):
        assert (one.bits, one.equal) == (SDXL, 48)
        assert one.agreement > 0.99
    assert psnr(before, marked) > 38
    assert float((before.pixels - marked.pixels).abs().max()) > 0


@pytest.mark.parametrize("quality", [95, 90, 80])
def test_it_outlasts_jpeg(quality: int):
    marked = through(embed(pictures()), "JPEG", quality=quality, subsampling=0)
    assert [one.equal for one in read(marked)] == [48, 48]


def test_a_plain_picture_can_be_marked():
    for colour in ("#7f7f7f", "#dc1e1e", "#64a0e6", "#f3d58e"):
        plain = from_pil([PIL.Image.new("RGB", (256, 256), colour)])
        marked = embed(plain)
        assert read(marked)[0].equal == 48
        assert psnr(plain, marked) > 38


def test_a_picture_without_it_says_other_bits():
    for one in read(pictures(512, 512)):
        assert 12 < one.equal < 36
        assert one.agreement < 0.7


def test_a_message_of_ones_own():
    marked = embed(pictures(), "1011001")
    assert [one.bits for one in read(marked, "0000000")] == ["1011001"] * 2
    assert [one.equal for one in read(marked, "0000000")] == [3, 3]


def test_the_published_rule_reads_it():
    for picture in to_pil(embed(pictures(333, 277))):
        assert plainly_read(np.asarray(picture), 48) == SDXL


def test_it_reads_what_others_write():
    (found,) = read(from_pil([PIL.Image.open(WRITTEN_BY_OTHERS)]))
    assert found.bits == SDXL


def test_too_small_pictures_are_refused():
    small = pictures(320, 255)
    for work in (embed, read):
        with pytest.raises(LoomError, match=r"320×255.*needs 256×256") as refused:
            work(small)
        assert refused.value.field == "image"
