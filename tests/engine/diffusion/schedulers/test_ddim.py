import pytest
import torch

from engine.diffusion.schedulers.ddim import DDIMScheduler
from tests.engine.diffusion.schedulers.gaussian import SD


def step(scheduler, prediction, x):
    return scheduler.start(10).step(2, prediction, x)


def test_following_the_clipped_picture_ends_at_it_for_good():
    """A step that moves along the noise of the clipped picture would find the same one again."""
    x, e = torch.randn(2, 1, 3, 4, 4)
    config = DDIMScheduler(**SD, clip_sample_range=0.5, use_clipped_model_output=True)
    run = config.start(10)
    after = run.step(2, e, x)
    clipped = run.predicted_x0
    assert clipped.abs().max() == 0.5
    noise = (after - run.alpha[3] * clipped) / run.sigma[3]
    again = (x - run.alpha[2] * clipped) / run.sigma[2]
    torch.testing.assert_close(noise, again, rtol=1e-4, atol=1e-4)


def test_following_the_clipped_picture_is_no_change_where_nothing_is_clipped():
    x, e = torch.randn(2, 1, 3, 4, 4)
    plain = DDIMScheduler(**SD, clip_sample=False)
    follows = DDIMScheduler(**SD, clip_sample=False, use_clipped_model_output=True)
    torch.testing.assert_close(step(plain, e, x), step(follows, e, x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("field", ["eta", "use_clipped_model_output"])
def test_settings_that_files_lack_are_written_only_where_they_are_set(field):
    assert field not in DDIMScheduler().to_json()
    config = DDIMScheduler(eta=0.5, use_clipped_model_output=True)
    assert config.to_json()[field]
    assert DDIMScheduler.from_json(config.to_json()) == config
