import math

import pytest
import torch

from engine.diffusion.schedulers.prediction import dynamic_threshold, to_noise, to_x0


@pytest.mark.parametrize("kind", ["epsilon", "sample", "v_prediction"])
@pytest.mark.parametrize("angle", [0.1, 0.8, 1.5])
def test_a_perfect_prediction_gives_back_picture_and_noise(kind, angle):
    x0, noise = torch.randn(2, 1, 3, 4, 4, dtype=torch.float64)
    alpha, sigma = math.cos(angle), math.sin(angle)
    x = alpha * x0 + sigma * noise
    prediction = {"epsilon": noise, "sample": x0, "v_prediction": alpha * noise - sigma * x0}[kind]
    torch.testing.assert_close(to_x0(kind, prediction, x, alpha, sigma), x0)
    torch.testing.assert_close(to_noise(kind, prediction, x, alpha, sigma), noise)


@pytest.mark.parametrize("sigma", [0.1, 0.5, 0.99])
def test_a_perfect_flow_gives_back_picture_and_noise(sigma):
    x0, noise = torch.randn(2, 1, 3, 4, 4, dtype=torch.float64)
    x = (1 - sigma) * x0 + sigma * noise
    given = ("flow_prediction", noise - x0, x, 1 - sigma, sigma)
    torch.testing.assert_close(to_x0(*given), x0)
    torch.testing.assert_close(to_noise(*given), noise)


def test_dynamic_threshold_is_per_picture_and_leaves_small_values():
    calm = torch.linspace(-0.5, 0.5, 48).reshape(1, 3, 4, 4)
    x0 = torch.cat([calm, 10 * calm])
    out = dynamic_threshold(x0, ratio=1.0, largest=4.0)
    torch.testing.assert_close(out[:1], calm)  # s = 1: only clamped
    assert out[1].abs().max() == 1  # s = 4, not 5
    torch.testing.assert_close(out[1, 1, 2, 0], x0[1, 1, 2, 0] / 4)
