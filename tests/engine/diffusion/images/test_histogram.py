import pytest
import torch

from engine.diffusion.images.histogram import CHANNELS, draw, histogram, summary
from engine.diffusion.images.pixels import to_pil
from engine.diffusion.values import Image


@pytest.fixture
def image() -> Image:
    pixels = torch.rand(1, 3, 20, 30, generator=torch.Generator().manual_seed(4))
    return Image((pixels * 255).round() / 255)


def test_counts_are_pillows(image: Image):
    (picture,) = to_pil(image)
    found = histogram(image)
    assert found[:3].flatten().tolist() == picture.histogram()
    assert found.sum(1).tolist() == [600] * 4


def test_a_batch_counts_together(image: Image):
    twice = Image(image.pixels.repeat(2, 1, 1, 1))
    assert torch.equal(histogram(twice, 16), 2 * histogram(image, 16))


def test_numbers_of_each_channel():
    pixels = torch.zeros(1, 3, 1, 100)
    pixels[0, 0] = torch.arange(100) / 99
    pixels[0, 1, 0, :25] = 1
    found = summary(Image(pixels))
    assert list(found) == list(CHANNELS)
    red, green = found["red"], found["green"]
    assert (red.mean, red.low, red.high) == pytest.approx((0.5, 1 / 99, 98 / 99))
    assert red.deviation == pytest.approx(float(pixels[0, 0].std(correction=0)))
    assert (green.mean, green.black, green.white) == (0.25, 0.75, 0.25)
    assert found["blue"].median == 0 and found["blue"].black == 1


def test_a_drawing_is_highest_where_most_are():
    pixels = torch.full((1, 3, 10, 10), 0.25)
    drawn = draw(histogram(Image(pixels)), 264, 100).pixels
    assert drawn.shape == (1, 3, 100, 264)
    top = (drawn[0, :, 10] < 0.7).all(0).nonzero().flatten()
    assert 0.2 < (float(top.float().mean()) - 8) / 248 < 0.3
