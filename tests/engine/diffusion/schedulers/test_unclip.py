import pytest
import torch

from engine.diffusion.schedulers.ddpm import DDPMScheduler
from engine.diffusion.schedulers.unclip import UnCLIPScheduler
from engine.graph.errors import LoomError
from tests.engine.diffusion.schedulers.gaussian import known, levels

X0 = {"prediction_type": "sample", "clip_sample": False}


def test_timesteps_reach_from_the_last_to_the_first():
    assert UnCLIPScheduler().start(5).timesteps.tolist() == [999, 749, 500, 250, 0]
    with pytest.raises(LoomError, match=r"one step can't do both.*Take 2 steps"):
        UnCLIPScheduler().start(1)


def test_where_the_picture_is_known_every_step_lands_on_the_marginal():
    run = UnCLIPScheduler(**X0).start(20)
    alpha, sigma = levels(run, 15)
    mean, std = known(run, 6, 15)
    assert mean == pytest.approx(0.3 * alpha, abs=0.02)
    assert std == pytest.approx(sigma, rel=0.02)


def test_embeddings_are_samples_too():
    run = UnCLIPScheduler(variance_type="learned_range", prediction_type="sample").start(3)
    x, noise = torch.randn(2, 2, 768)
    for i in range(3):
        x = run.step(i, torch.cat([x.tanh(), x.cos()], dim=1), x, noise)
    assert x.shape == (2, 768)
    assert x.isfinite().all()


def test_another_noise_schedule_is_refused():
    with pytest.raises(LoomError, match=r"beta_schedule='linear'.*squaredcos_cap_v2"):
        DDPMScheduler().swap(UnCLIPScheduler)
    cosine = DDPMScheduler(beta_schedule="squaredcos_cap_v2").swap(UnCLIPScheduler)
    assert cosine.variance_type == "fixed_small_log"


def test_its_file_has_nothing_that_the_published_ones_lack():
    assert set(UnCLIPScheduler().to_json()) == {
        "_class_name",
        "num_train_timesteps",
        "variance_type",
        "clip_sample",
        "clip_sample_range",
        "prediction_type",
        "beta_schedule",
    }
