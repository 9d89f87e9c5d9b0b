"""DDIM and DPM-Solver++: every setting the reference knows, whole loops."""

import pytest

from engine.diffusion.schedulers.registry import scheduler_class
from engine.graph.errors import LoomError
from tests.parity.schedulers.loops import (
    PREDICTIONS,
    SCHEDULES,
    SPACINGS,
    TABLES,
    differences,
    grid,
)

pytestmark = pytest.mark.parity

DDIM = "DDIMScheduler"
DPM = "DPMSolverMultistepScheduler"
ZERO_SNR = {"rescale_betas_zero_snr": True}


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda c: c["beta_schedule"])
class TestDDIM:
    @pytest.mark.parametrize(
        "more",
        [
            {"clip_sample": False, "set_alpha_to_one": False},
            {"clip_sample": True, "clip_sample_range": 0.8},
            {"thresholding": True, "sample_max_value": 1.5, "dynamic_thresholding_ratio": 0.9},
        ],
        ids=["plain", "clip", "threshold"],
    )
    def test_deterministic(self, schedule, more):
        assert not differences(DDIM, grid([schedule | more], SPACINGS, PREDICTIONS))

    @pytest.mark.parametrize("eta", [0.3, 1.0])
    def test_stochastic(self, schedule, eta):
        configs = grid([schedule], SPACINGS, PREDICTIONS)
        assert not differences(DDIM, configs, extra={"eta": eta}, step={"eta": eta})

    def test_zero_terminal_snr(self, schedule):
        configs = grid([schedule | ZERO_SNR], SPACINGS, PREDICTIONS)
        lost = [
            c
            for c in configs
            if c["prediction_type"] == "epsilon" and c["timestep_spacing"] != "leading"
        ]
        assert not differences(DDIM, [c for c in configs if c not in lost])
        for config in lost:
            with pytest.raises(LoomError, match="nothing of the picture is left"):
                scheduler_class(DDIM)(**config).start(20)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda c: c["beta_schedule"])
@pytest.mark.parametrize("more", [{}, ZERO_SNR], ids=["", "zero_snr"])
def test_dpmsolver(schedule, more):
    assert not differences(DPM, grid([schedule | more], SPACINGS, TABLES, PREDICTIONS))


@pytest.mark.parametrize(
    "more",
    [
        {"solver_order": 1},
        {"solver_type": "heun"},
        {"final_sigmas_type": "sigma_min"},
        {"final_sigmas_type": "sigma_min", "lower_order_final": False},
        {"final_sigmas_type": "sigma_min", "lower_order_final": False, "solver_type": "heun"},
        {"final_sigmas_type": "sigma_min", "euler_at_final": True},
        {"lower_order_final": False},
        {"thresholding": True, "sample_max_value": 1.5},
        {"beta_schedule": "squaredcos_cap_v2", "lambda_min_clipped": -5.1},
    ],
    ids=lambda more: "-".join(f"{k}={v}" for k, v in more.items()),
)
def test_settings_of_dpmsolver(more):
    assert not differences(DPM, grid([SCHEDULES[1] | more], SPACINGS, TABLES))


@pytest.mark.parametrize("timesteps", [[601], [999, 500, 1], list(range(981, 0, -20))], ids=len)
def test_timesteps_of_ones_own(timesteps):
    configs = grid(SCHEDULES, SPACINGS, PREDICTIONS)
    assert not differences(DPM, configs, (None,), timesteps=timesteps)


@pytest.mark.parametrize("begin", [1, 7, 12])
@pytest.mark.parametrize("name", [DDIM, DPM])
def test_begun_from_a_noised_picture(name, begin):
    assert not differences(name, grid([SCHEDULES[1]], SPACINGS), (20,), begin=begin)
