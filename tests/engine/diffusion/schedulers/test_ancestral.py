import pytest
import torch

from engine.diffusion.schedulers.ancestral import down_and_up

SIGMAS = torch.tensor([157.0, 14.6, 3.0, 2.9, 0.01, 0.0])


def test_down_and_up_make_the_level_asked_for():
    down, up = down_and_up(SIGMAS)
    assert (down**2 + up**2).sqrt().tolist() == pytest.approx(SIGMAS[1:].tolist(), rel=1e-5)


def test_up_is_the_deviation_of_the_posterior():
    _, up = down_and_up(torch.tensor([2.0, 1.0]))
    assert up.item() == pytest.approx((1 * (4 - 1) / 4) ** 0.5)


def test_the_last_step_adds_no_noise():
    down, up = down_and_up(SIGMAS)
    assert (down[-1], up[-1]) == (0, 0)


@pytest.mark.parametrize("level", [0.0093, 0.01, 0.0107, 0.03])
def test_a_step_far_down_ends_above_zero(level):
    down, _ = down_and_up(torch.tensor([4096.0, level]))
    assert down.item() == pytest.approx(level**2 / 4096, rel=1e-5)
