import numpy as np
import pytest
import torch
from scipy import ndimage

from engine.diffusion.images.filters import blur, gaussian, sharpen
from engine.diffusion.values import Image, Mask


@pytest.fixture
def image() -> Image:
    return Image(torch.rand(2, 3, 20, 26, generator=torch.Generator().manual_seed(2)))


@pytest.mark.parametrize("sigma", [0.5, 1.0, 2.5, 10.0])
def test_the_blur_is_scipys(image: Image, sigma: float):
    found = blur(image, sigma).pixels.numpy()
    radius = int(np.ceil(4 * sigma))
    for picture, result in zip(image.pixels.numpy(), found, strict=True):
        for plane, blurred in zip(picture, result, strict=True):
            expected = ndimage.gaussian_filter(plane, sigma, mode="nearest", radius=radius)
            assert np.abs(blurred - expected).max() < 1e-5


def test_no_radius_is_no_blur(image: Image):
    assert blur(image, 0).pixels is image.pixels
    assert torch.equal(sharpen(image, 0).pixels, image.pixels)


def test_a_flat_picture_stays_flat_to_its_border():
    flat = torch.full((1, 1, 9, 9), 0.3)
    assert torch.allclose(gaussian(flat, 3.0), flat, atol=1e-6)


def test_masks_blur_too():
    mask = torch.zeros(1, 1, 9, 9)
    mask[0, 0, 4, 4] = 1
    found = blur(Mask(mask), 1.0)
    assert isinstance(found, Mask)
    assert float(found.values.sum()) == pytest.approx(1, abs=1e-3)
    assert float(found.values[0, 0, 4, 4]) == pytest.approx(1 / (2 * np.pi), rel=0.01)


def test_sharpening_adds_what_a_blur_takes(image: Image):
    detail = image.pixels - gaussian(image.pixels, 2.0)
    expected = (image.pixels + 1.5 * detail).clamp(0, 1)
    assert torch.allclose(sharpen(image, 2.0, 1.5).pixels, expected)
    kept = sharpen(image, 2.0, 1.5, threshold=0.2).pixels
    small = detail.abs() <= 0.2
    assert torch.equal(kept[small], image.pixels[small])
    assert torch.allclose(kept[~small], expected[~small])
