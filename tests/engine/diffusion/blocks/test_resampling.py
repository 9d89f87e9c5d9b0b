import pytest
import torch

from engine.diffusion.blocks.resampling import (
    Resample,
    average_halve,
    fir_double,
    fir_halve,
    nearest_double,
)


def test_nearest_and_average_undo_one_another():
    x = torch.arange(12.0).view(1, 1, 3, 4)
    assert nearest_double(x)[0, 0, :3, :3].tolist() == [[0, 0, 1], [0, 0, 1], [4, 4, 5]]
    assert torch.equal(average_halve(nearest_double(x)), x)


@pytest.mark.parametrize("resample", [fir_double, fir_halve])
def test_the_filter_keeps_a_flat_picture_inside(resample: Resample):
    flat = torch.full((2, 3, 8, 12), 5.0)
    torch.testing.assert_close(
        resample(flat)[..., 1:-1, 1:-1], torch.full_like(resample(flat)[..., 1:-1, 1:-1], 5.0)
    )


def test_the_filter_on_a_point():
    point = torch.zeros(1, 1, 3, 3)
    point[..., 1, 1] = 16.0
    row = torch.tensor([0.0, 1.0, 3.0, 3.0, 1.0, 0.0])
    assert torch.equal(fir_double(point)[0, 0], torch.outer(row, row))
    step = torch.zeros(1, 1, 4, 4)
    step[..., 1, 1] = 64.0
    assert fir_halve(step)[0, 0].tolist() == [[9.0, 3.0], [3.0, 1.0]]


def test_channels_and_pictures_stay_apart():
    x = torch.randn(2, 3, 4, 6)
    for resample in (fir_double, fir_halve):
        torch.testing.assert_close(resample(x)[1:, 2:], resample(x[1:, 2:]))
