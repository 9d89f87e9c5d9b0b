import torch

from engine.diffusion.images.heat import STOPS, heat
from engine.diffusion.values import Image


def test_cold_is_black_and_hot_is_pale():
    ends = torch.stack([torch.zeros(4, 4), torch.ones(4, 4)])
    found = heat(ends, side=8).pixels
    assert found.shape == (2, 3, 8, 8)
    for k, stop in ((0, STOPS[0]), (1, STOPS[-1])):
        assert torch.allclose(found[k, :, 4, 4] * 255, torch.tensor(stop).float(), atol=1e-3)


def test_lightness_rises_all_the_way():
    ramp = torch.linspace(0, 1, 64).expand(1, 8, 64)
    grey = heat(ramp, side=64).pixels.mean(1)[0, 4]
    assert bool((grey.diff() > 0)[2:-2].all())


def test_it_lies_over_the_picture_in_grey():
    picture = Image(torch.rand(1, 3, 16, 24, generator=torch.Generator().manual_seed(0)))
    found = heat(torch.zeros(2, 4, 6), picture).pixels
    assert found.shape == (2, 3, 16, 24)
    grey = picture.pixels.mean(1, keepdim=True)
    assert torch.allclose(found - found.mean(1, keepdim=True), found * 0, atol=0.01)
    assert torch.allclose(
        found.mean(1, keepdim=True), (0.4 * grey).expand(2, -1, -1, -1), atol=0.01
    )
