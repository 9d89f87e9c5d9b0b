import math

import numpy as np
import pytest
import torch
from scipy import ndimage

from engine.diffusion.images.compare import difference, differences, side_by_side, slider, ssim
from engine.diffusion.values import Image
from engine.graph.errors import LoomError


def rough(seed: int, count: int = 1, size: tuple[int, int] = (24, 32)) -> Image:
    return Image(torch.rand(count, 3, *size, generator=torch.Generator().manual_seed(seed)))


def test_equal_pictures():
    found = differences(rough(1), rough(1))
    assert (found.largest, found.mean, found.psnr) == (0, 0, math.inf)
    assert found.ssim == pytest.approx(1)


def test_one_pixel_that_is_off():
    other = rough(1).pixels.clone()
    other[0, 1, 3, 4] += 0.25
    found = differences(rough(1), Image(other))
    values = other.numel()
    assert found.largest == pytest.approx(0.25)
    assert found.mean == pytest.approx(0.25 / values)
    assert found.psnr == pytest.approx(10 * math.log10(values / 0.25**2))
    assert "64 of 255" in found.text()


def reference_ssim(a: np.ndarray, b: np.ndarray) -> float:
    """The paper's equation with scipy's filter, where the whole window lies inside."""

    def local(values: np.ndarray) -> np.ndarray:
        return ndimage.gaussian_filter(values, 1.5, radius=5)[5:-5, 5:-5]

    means = local(a), local(b)
    variances = local(a * a) - means[0] ** 2, local(b * b) - means[1] ** 2
    both = local(a * b) - means[0] * means[1]
    top = (2 * means[0] * means[1] + 1e-4) * (2 * both + 9e-4)
    bottom = (means[0] ** 2 + means[1] ** 2 + 1e-4) * (variances[0] + variances[1] + 9e-4)
    return float((top / bottom).mean())


def test_structural_similarity_is_the_papers():
    a = rough(1, 2).pixels
    b = (a + 0.1 * rough(2, 2).pixels).clamp(0, 1)
    found = ssim(a, b)
    assert found.shape == (2, 3)
    for i in range(2):
        for c in range(3):
            expected = reference_ssim(a[i, c].double().numpy(), b[i, c].double().numpy())
            assert float(found[i, c]) == pytest.approx(expected, abs=1e-6)
    assert differences(Image(a), Image(b)).ssim == pytest.approx(float(found.mean()))


def test_flat_pictures_differ_by_their_brightness():
    a, b = torch.full((1, 3, 16, 16), 0.2), torch.full((1, 3, 16, 16), 0.6)
    expected = (2 * 0.2 * 0.6 + 1e-4) / (0.2**2 + 0.6**2 + 1e-4)
    assert float(ssim(a, b)[0, 0]) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (3, 20), (11, 11)])
def test_small_pictures_have_a_similarity(size):
    assert differences(rough(1, size=size), rough(1, size=size)).ssim == pytest.approx(1)


def test_a_difference_is_amplified_and_cut_off():
    a, b = Image(torch.full((1, 3, 2, 2), 0.5)), Image(torch.full((1, 3, 2, 2), 0.52))
    assert torch.allclose(difference(a, b, 10).pixels, torch.tensor(0.2), atol=1e-5)
    assert difference(a, b, 1000).pixels.max() == 1


def test_a_slider_shows_one_on_each_side_of_its_line():
    a, b = Image(torch.full((1, 3, 8, 100), 0.25)), Image(torch.full((1, 3, 8, 100), 0.75))
    row = slider(a, b, 0.3).pixels[0, 0, 0]
    assert row[:28].unique().tolist() == [0.25] and row[32:].unique().tolist() == [0.75]
    assert row[28:32].tolist() == [0, 1, 1, 0]
    assert torch.equal(slider(a, b, 1.0).pixels[..., :98], a.pixels[..., :98])


def test_side_by_side():
    a, b = rough(1, 2), rough(2)
    table = side_by_side(a, b, ("left", "right")).pixels
    assert table.shape[3] == 2 * (32 + 4) + 4
    assert table.shape[2] > 2 * (24 + 4)
    bottom = table[0, :, -28:-4]
    assert (bottom[:, :, 4:36] - a.pixels[1]).abs().max() < 1 / 255
    assert (bottom[:, :, 40:72] - b.pixels[0]).abs().max() < 1 / 255


def test_sizes_and_numbers_that_differ_are_told():
    with pytest.raises(LoomError, match="first is 32×24 and the second 5×4"):
        differences(rough(1), rough(1, size=(4, 5)))
    with pytest.raises(LoomError, match="first is a batch of 2 and the second one of 3"):
        side_by_side(rough(1, 2), rough(1, 3))
