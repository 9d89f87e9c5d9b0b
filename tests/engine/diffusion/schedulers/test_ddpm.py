import pytest
import torch

from engine.diffusion.schedulers.ddim import DDIMScheduler
from engine.diffusion.schedulers.ddpm import DDPMScheduler
from engine.diffusion.schedulers.dpmsolver_multistep import DPMSolverMultistepScheduler
from engine.diffusion.schedulers.run import SchedulerRun
from engine.graph.errors import LoomError
from tests.engine.diffusion.schedulers.gaussian import SD, known, levels

X0 = {"prediction_type": "sample", "clip_sample": False}


def test_where_the_picture_is_known_every_step_lands_on_the_marginal():
    run = DDPMScheduler(**SD, **X0).start(20)
    alpha, sigma = levels(run, 12)
    mean, std = known(run, 3, 12)
    assert mean == pytest.approx(0.3 * alpha, abs=0.02)
    assert std == pytest.approx(sigma, rel=0.02)


def test_a_large_variance_is_larger():
    small, large = (
        known(DDPMScheduler(**SD, **X0, variance_type=kind).start(20), 3, 4)[1]
        for kind in ("fixed_small", "fixed_large")
    )
    assert large > small * 1.001


def test_ddim_with_eta_1_is_ddpm():
    ddim = DDIMScheduler(**SD, clip_sample=False, eta=1.0).start(10)
    ddpm = DDPMScheduler(**SD, clip_sample=False).start(10)
    x, e, noise = torch.randn(3, 1, 3, 4, 4, dtype=torch.float64)
    for i in range(9):
        torch.testing.assert_close(
            ddim.step(i, e, x, noise), ddpm.step(i, e, x, noise), rtol=1e-4, atol=1e-5
        )


def test_no_noise_at_timestep_0():
    run: SchedulerRun = DDPMScheduler().start(4)
    x = torch.randn(1, 1, 2, 2)
    assert run.timesteps[-1] == 0
    assert torch.equal(run.step(3, x, x, x), run.step(3, x, x, -x))


def test_a_learned_variance_is_the_models():
    run = DDPMScheduler(**SD, **X0, variance_type="learned").start(20)
    x, noise = torch.randn(2, 1, 3, 4, 4)
    calm, wild = (
        run.step(5, torch.cat([x, torch.full_like(x, v)], dim=1), x, noise) for v in (0.0, 4.0)
    )
    torch.testing.assert_close(wild - calm, 2 * noise)
    with pytest.raises(LoomError, match=r"predicts 3.*Set variance_type"):
        run.step(5, x, x, noise)


def test_a_variance_that_has_no_root_is_refused():
    with pytest.raises(LoomError, match=r"negative number.*Use fixed_large"):
        DDPMScheduler(variance_type="fixed_large_log").start(10)


def test_a_solver_without_learned_variances_keeps_the_word_but_not_the_fixed_ones():
    learned = DDPMScheduler(variance_type="learned_range").swap(DPMSolverMultistepScheduler)
    assert learned.variance_type == "learned_range"
    assert learned.swap(DDPMScheduler).variance_type == "learned_range"
    fixed = DDPMScheduler(variance_type="fixed_large").swap(DPMSolverMultistepScheduler)
    assert fixed.variance_type is None
    assert fixed.swap(DDPMScheduler).variance_type == "fixed_small"


def test_lists_of_timesteps():
    run = DDPMScheduler(**SD, **X0).start(None, timesteps=[900, 500, 100])
    assert run.timesteps.tolist() == [900, 500, 100]
    alpha, sigma = levels(run, 2)
    mean, std = known(run, 0, 2)
    assert (mean, std) == (pytest.approx(0.3 * alpha, abs=0.02), pytest.approx(sigma, rel=0.02))
