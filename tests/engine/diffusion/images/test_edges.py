import hashlib

import numpy as np
import pytest
import torch
from scipy import ndimage

from engine.diffusion.images.edges import canny
from engine.diffusion.values import Image
from engine.graph.errors import LoomError


def disc(size: int = 64, radius: float = 20, low: float = 0.2, high: float = 0.8) -> Image:
    y, x = np.mgrid[:size, :size] - (size - 1) / 2
    inside = np.clip(radius - np.hypot(x, y) + 0.5, 0, 1)
    plane = torch.from_numpy(low + (high - low) * inside).float()
    return Image(plane.expand(1, 3, -1, -1))


def lines(image: Image, *thresholds: float) -> np.ndarray:
    found = canny(image, *thresholds).pixels
    assert found.shape == image.pixels.shape and set(found.unique().tolist()) <= {0.0, 1.0}
    assert torch.equal(found[:, 0], found[:, 2])
    return found[0, 0].numpy() > 0


def test_the_edge_of_a_disc_is_a_thin_closed_circle():
    found = lines(disc())
    y, x = np.nonzero(found)
    distance = np.hypot(x - 31.5, y - 31.5)
    assert np.abs(distance - 20).max() <= 1.0
    _, pieces = ndimage.label(found, np.ones((3, 3)))
    assert pieces == 1
    areas, _ = ndimage.label(~found)
    assert areas[31, 31] != areas[0, 0]
    # As long as the circle, and no longer than a staircase about it.
    assert 2 * np.pi * 20 * 0.8 < found.sum() <= 8 * 20


@pytest.mark.parametrize("turned", [False, True])
def test_a_step_is_one_line_of_a_pixel(turned: bool):
    image = torch.zeros(1, 3, 16, 20)
    image[..., 8:] = 1
    found = lines(Image(image.mT if turned else image))
    found = found.T if turned else found
    assert found.sum(1).tolist() == [1] * 16
    assert set(np.nonzero(found)[1]) <= {7, 8}


def test_thresholds_are_in_the_units_of_sobel_gradients():
    # A step of d levels has a gradient of 4·d.
    def step(levels: float) -> int:
        image = torch.zeros(1, 3, 8, 8)
        image[..., 4:] = levels / 255
        return int(lines(Image(image), 100, 200).sum())

    assert step(50) == 0  # 200 is not above 200
    assert step(51) == 8


def test_weak_lines_are_kept_only_where_they_join_strong_ones():
    image = torch.zeros(1, 3, 24, 24)
    image[..., :12, 6:] = 30 / 255  # 120: weak alone
    image[..., 12:, 6:] = 60 / 255  # 240: strong
    assert lines(Image(image), 100, 200)[:10, 5:7].any()
    assert not lines(Image(image[..., :12, :]), 100, 200).any()


def test_each_pixel_takes_the_channel_with_the_strongest_edge():
    image = torch.full((1, 3, 8, 8), 0.5)
    image[:, 2, :, 4:] = 0.9
    assert lines(Image(image)).sum() == 8


def test_grain_is_left_out_by_a_blur():
    grain = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 0.4
    noisy = Image((disc(low=0.0, high=0.6).pixels + grain).clamp(0, 1))
    rough, smooth = lines(noisy), canny(noisy, 60, 120, blur=2.0).pixels[0, 0].numpy() > 0
    y, x = np.nonzero(smooth)
    assert np.abs(np.hypot(x - 31.5, y - 31.5) - 20).max() < 3
    assert rough.sum() > 2 * smooth.sum()


def test_a_flat_picture_has_no_edges_and_thresholds_have_an_order():
    assert not lines(Image(torch.full((1, 3, 9, 9), 0.4))).any()
    with pytest.raises(LoomError, match="low threshold, 200, is above the high one, 100"):
        canny(disc(), 200, 100)


@pytest.mark.parametrize(
    "low, high, count, digest",
    [(100, 200, 3239, "f2992627eb8ec838"), (200, 700, 2125, "9579035a2d2aebf2")],
)
def test_a_rough_picture_has_the_edges_that_opencv_finds(low, high, count, digest):
    """Of cv2.Canny in OpenCV 5.0.0, to the pixel."""
    chance = np.random.default_rng(7)
    blocks = np.kron(chance.integers(0, 256, (12, 12, 3)), np.ones((8, 8, 1))).astype(np.uint8)
    levels = (blocks // 2 + chance.integers(0, 128, blocks.shape)).astype(np.uint8)
    found = lines(Image(torch.from_numpy(levels).permute(2, 0, 1)[None] / 255), low, high)
    assert found.sum() == count
    packed = np.packbits(found).tobytes()
    assert hashlib.blake2b(packed, digest_size=8).hexdigest() == digest
