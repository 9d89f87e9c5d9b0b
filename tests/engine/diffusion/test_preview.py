import pytest
import torch

from engine.diffusion import preview
from engine.diffusion.preview import Previews, fitted_map, picture
from engine.diffusion.values import Image, Latents


def test_a_known_map_is_used(monkeypatch: pytest.MonkeyPatch):
    rows = ((1.0, 0, 0), (0, 1.0, 0), (0, 0, 1.0), (0, 0, 0))
    monkeypatch.setitem(preview.MAPS, "mine", (rows, (0.0, 0.0, 0.5)))
    x = torch.rand(2, 4, 3, 5) - 0.5
    found = picture(Latents(x, "mine", 8)).pixels
    assert found.shape == (2, 3, 24, 40)
    assert torch.allclose(found[:, 0, ::8, ::8], x[:, 0] / 2 + 0.5)
    assert torch.allclose(found[:, 2, ::8, ::8], (x[:, 2] + 0.5) / 2 + 0.5)


def test_latents_nobody_knows_show_where_they_vary():
    x = torch.zeros(1, 8, 6, 6)
    x[:, 3, :, :3] = 2.0
    found = picture(Latents(x, "unknown", 8)).pixels
    left, right = found[..., :24].mean(), found[..., 24:].mean()
    assert left > right + 0.1 and found.min() >= 0 and found.max() <= 1
    assert torch.equal(found, picture(Latents(x, "unknown", 8)).pixels)


def test_pixels_are_shown_as_they_are():
    x = torch.rand(1, 3, 4, 4) * 2 - 1
    assert torch.allclose(picture(Latents(x, "pixels", 1)).pixels, x / 2 + 0.5)


def test_large_latents_make_small_previews():
    assert picture(Latents(torch.randn(1, 4, 128, 256), "", 8)).pixels.shape[2:] == (256, 512)


def test_a_map_is_found_by_least_squares():
    latents = torch.randn(4, 4, 8, 8)
    rows = torch.randn(4, 3)
    small = torch.einsum("bchw,cr->brhw", latents, rows) + 0.25
    large = torch.nn.functional.interpolate(small, scale_factor=4.0)
    found, zero = fitted_map(latents, large)
    assert torch.allclose(torch.tensor(found), rows, atol=1e-3)
    assert zero == pytest.approx((0.25,) * 3, abs=1e-3)


def test_previews_come_at_a_bounded_rate():
    now, shown = [0.0], []
    previews = Previews(
        shown.append, Latents(torch.zeros(1, 4, 2, 2)), interval=0.25, clock=lambda: now[0]
    )
    for step in range(100):
        now[0] = step * 0.01
        previews.show(torch.randn(1, 4, 2, 2))
    assert len(shown) == 4


def test_a_slow_decoder_takes_a_fifth_of_the_time_at_most():
    now, drawn = 0.0, []

    def slow(latents: Latents) -> Image:
        nonlocal now
        now += 2.0
        drawn.append(now)
        return picture(latents)

    like = Latents(torch.zeros(1, 4, 2, 2), "sd15")
    previews = Previews(lambda image: None, like, slow, clock=lambda: now)
    for _ in range(100):
        now += 0.5  # a step
        previews.show(torch.zeros(1, 4, 2, 2))
    assert 2.0 * len(drawn) <= 0.2 * now + 2.0
    assert len(drawn) >= 6
