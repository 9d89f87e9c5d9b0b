"""Solvers that walk through trained timesteps: every setting the reference knows, whole loops."""

import pytest
import torch

from engine.diffusion.schedulers.registry import scheduler_class
from engine.graph.errors import LoomError
from tests.parity.schedulers.loops import (
    PREDICTIONS,
    SCHEDULES,
    SPACINGS,
    differences,
    grid,
    learned_model,
)

pytestmark = pytest.mark.parity

DDPM, DDIM, PNDM = "DDPMScheduler", "DDIMScheduler", "PNDMScheduler"
INVERSE, LCM, UNCLIP = "DDIMInverseScheduler", "LCMScheduler", "UnCLIPScheduler"
EPSILON, SAMPLE, V = PREDICTIONS
LEADING, LINSPACE, TRAILING = SPACINGS
ZERO_SNR = {"rescale_betas_zero_snr": True}
THRESHOLDING = {
    "thresholding": True,
    "sample_max_value": 1.5,
    "dynamic_thresholding_ratio": 0.9,
}
CLIPS = ({"clip_sample": False}, {"clip_sample": True, "clip_sample_range": 0.8}, THRESHOLDING)
FIXED = [{"variance_type": f"fixed_{kind}"} for kind in ("small", "small_log", "large")]
LEARNED = [{"variance_type": kind} for kind in ("learned", "learned_range")]
PLMS = {"skip_prk_steps": True}
each_schedule = pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda c: c["beta_schedule"])


@each_schedule
class TestDDPM:
    def test_grid(self, schedule):
        assert not differences(DDPM, grid([schedule], SPACINGS, PREDICTIONS))

    def test_bounds_and_variances(self, schedule):
        configs = grid([schedule | LEADING], PREDICTIONS[:2], CLIPS, FIXED)
        assert not differences(DDPM, configs, (1, 5, 20))

    def test_learned_variances(self, schedule):
        configs = grid([schedule | TRAILING], PREDICTIONS, LEARNED)
        assert not differences(DDPM, configs, model=learned_model)

    def test_zero_terminal_snr(self, schedule):
        configs = grid([schedule | ZERO_SNR], SPACINGS, [SAMPLE, V])
        assert not differences(DDPM, configs)
        lost = scheduler_class(DDPM)(**schedule | ZERO_SNR | TRAILING)
        with pytest.raises(LoomError, match="nothing of the picture is left"):
            lost.start(5)

    def test_timesteps_of_ones_own(self, schedule):
        configs = grid([schedule], PREDICTIONS)
        for timesteps in ([601], [999, 500, 1], list(range(980, -1, -20))):
            assert not differences(DDPM, configs, (None,), timesteps=timesteps)


@pytest.mark.parametrize("schedule", ["sigmoid", "laplace"])
def test_schedules_that_only_ddpm_was_published_with(schedule):
    configs = grid([{"beta_schedule": schedule}], SPACINGS, PREDICTIONS)
    assert not differences(DDPM, configs)


@each_schedule
def test_ddim_along_the_noise_of_the_clipped_picture(schedule):
    configs = grid([schedule], SPACINGS, PREDICTIONS, CLIPS[1:])
    clipped = {"use_clipped_model_output": True}
    for eta in ({"eta": 0.0}, {"eta": 0.7}):
        both = eta | clipped
        assert not differences(DDIM, configs, (1, 5, 20), step=both, extra=both)


@each_schedule
class TestDDIMInverse:
    def test_grid(self, schedule):
        ends = [{"set_alpha_to_one": False}, {"set_alpha_to_one": False, "clip_sample": False}]
        configs = grid([schedule], [LEADING, TRAILING], PREDICTIONS, ends)
        assert not differences(INVERSE, configs)

    def test_from_a_clean_picture(self, schedule):
        configs = grid([schedule], [LEADING, TRAILING], [EPSILON, V], [{}, ZERO_SNR])
        assert not differences(INVERSE, configs)


@each_schedule
class TestPNDM:
    @pytest.mark.parametrize("end", [{}, {"set_alpha_to_one": True}], ids=["", "to_one"])
    def test_multistep(self, schedule, end):
        assert not differences(PNDM, grid([schedule | PLMS | end], SPACINGS, [EPSILON, V]))

    def test_runge_kutta_first(self, schedule):
        configs = grid([schedule], SPACINGS, [EPSILON, V])
        assert not differences(PNDM, configs, (4, 5, 20, 50))


@each_schedule
class TestLCM:
    def test_grid(self, schedule):
        assert not differences(LCM, grid([schedule], SPACINGS, PREDICTIONS))

    def test_settings(self, schedule):
        more = [
            {"original_inference_steps": 100, "timestep_scaling": 7.0},
            {"clip_sample": True, "clip_sample_range": 0.8},
            THRESHOLDING,
            {"set_alpha_to_one": False},
        ]
        assert not differences(LCM, grid([schedule], more), (1, 2, 4, 8, 50))

    def test_zero_terminal_snr(self, schedule):
        assert not differences(LCM, grid([schedule | ZERO_SNR], [SAMPLE, V]))

    def test_timesteps_of_ones_own(self, schedule):
        for timesteps in ([999], [999, 759, 499, 259], [801, 400, 3]):
            assert not differences(LCM, grid([schedule]), (None,), timesteps=timesteps)


class TestUnCLIP:
    more = ({}, {"clip_sample": False}, {"clip_sample_range": 5.0})

    def test_fixed_variance(self):
        assert not differences(UNCLIP, grid(PREDICTIONS[:2], self.more), (2, 5, 20, 50))

    def test_learned_variance(self):
        configs = grid([LEARNED[1]], PREDICTIONS[:2], self.more)
        assert not differences(UNCLIP, configs, (2, 5, 20, 50), model=learned_model)


@pytest.mark.parametrize("begin", [1, 2, 7, 19])
@pytest.mark.parametrize(
    ("name", "more"),
    [(DDPM, {}), (PNDM, PLMS), (LCM, {}), (UNCLIP, None)],
    ids=["ddpm", "pndm", "lcm", "unclip"],
)
def test_begun_from_a_noised_picture(name, more, begin):
    configs = [{}] if more is None else grid([SCHEDULES[1] | more], SPACINGS)
    assert not differences(name, configs, (20,), begin=begin)


@pytest.mark.parametrize("name", [DDPM, DDIM, PNDM, LCM])
def test_trained_betas(name):
    betas = tuple(torch.linspace(0.001, 0.03, 400).tolist())
    configs = [{"num_train_timesteps": 400, "trained_betas": betas}]
    assert not differences(name, configs, (4, 20))
