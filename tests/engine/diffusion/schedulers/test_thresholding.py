import pytest
import torch

from engine.diffusion.schedulers.ddim import DDIMScheduler
from engine.diffusion.schedulers.dpmsolver_multistep import DPMSolverMultistepScheduler
from engine.diffusion.schedulers.heun import HeunDiscreteScheduler
from engine.graph.errors import LoomError

X0 = torch.linspace(-4, 4, 48).reshape(1, 3, 4, 4)


def test_bounds_are_off_where_nothing_is_on():
    assert DPMSolverMultistepScheduler().bounded(X0) is X0
    assert HeunDiscreteScheduler().bounded(X0) is X0


def test_clipping_is_to_the_range():
    heun = HeunDiscreteScheduler(clip_sample=True, clip_sample_range=1.5)
    assert heun.bounded(X0).abs().max() == 1.5
    assert DDIMScheduler().bounded(X0).abs().max() == 1


def test_thresholding_divides_by_the_largest_and_takes_the_place_of_clipping():
    ddim = DDIMScheduler(thresholding=True, sample_max_value=2.0, clip_sample_range=0.5)
    torch.testing.assert_close(ddim.bounded(X0), X0.clamp(-2, 2) / 2)


def test_heun_follows_the_clipped_picture():
    run = HeunDiscreteScheduler(clip_sample=True, prediction_type="sample").start(5)
    x = torch.randn(1, 3, 4, 4) * run.init_noise_sigma
    for i in range(len(run.timesteps)):
        x = run.step(i, X0, x)
    torch.testing.assert_close(x, X0.clamp(-1, 1), rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"dynamic_thresholding_ratio": 0.0}, "dynamic_thresholding_ratio"),
        ({"sample_max_value": 0.5}, "sample_max_value"),
        ({"clip_sample_range": 0.0}, "clip_sample_range"),
    ],
)
def test_what_is_refused(settings, message):
    with pytest.raises(LoomError, match=message):
        DDIMScheduler(**settings)
