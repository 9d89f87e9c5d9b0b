"""Solvers that walk from sigma to sigma: every setting the reference knows, whole loops."""

import pytest
import torch

from tests.parity.schedulers.loops import (
    PREDICTIONS,
    SCHEDULES,
    SPACINGS,
    STEPS,
    TABLES,
    differences,
    grid,
)

pytestmark = pytest.mark.parity

# Of these the reference knows no prediction type "sample".
WITHOUT_SAMPLE = (PREDICTIONS[0], PREDICTIONS[2])
ZERO_SNR = ({}, {"rescale_betas_zero_snr": True})
SD = SCHEDULES[1] | SPACINGS[0]
NAMES = (
    "EulerDiscreteScheduler",
    "EulerAncestralDiscreteScheduler",
    "HeunDiscreteScheduler",
    "KDPM2DiscreteScheduler",
    "KDPM2AncestralDiscreteScheduler",
    "LMSDiscreteScheduler",
)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda c: c["beta_schedule"])
class TestGrid:
    @pytest.mark.parametrize("zero_snr", ZERO_SNR, ids=["", "zero_snr"])
    def test_euler(self, schedule, zero_snr):
        configs = grid([schedule | zero_snr], SPACINGS, TABLES, PREDICTIONS)
        assert not differences("EulerDiscreteScheduler", configs)

    def test_euler_ancestral(self, schedule):
        configs = grid([schedule], ZERO_SNR, SPACINGS, WITHOUT_SAMPLE)
        assert not differences("EulerAncestralDiscreteScheduler", configs)

    def test_heun(self, schedule):
        configs = grid([schedule], SPACINGS, TABLES, PREDICTIONS)
        assert not differences("HeunDiscreteScheduler", configs)

    def test_kdpm2(self, schedule):
        configs = grid([schedule], SPACINGS, TABLES, WITHOUT_SAMPLE)
        assert not differences("KDPM2DiscreteScheduler", configs)

    def test_kdpm2_ancestral(self, schedule):
        configs = grid([schedule], SPACINGS, TABLES, WITHOUT_SAMPLE)
        assert not differences("KDPM2AncestralDiscreteScheduler", configs)

    def test_lms(self, schedule):
        """The reference integrates in float32; with exact weights its loops are ours."""
        configs = grid([schedule], SPACINGS, TABLES, PREDICTIONS)
        assert not differences("LMSDiscreteScheduler", configs, precise=["weights"])


def test_lms_with_the_references_own_weights():
    """Noise predictions of Stable Diffusion don't make anything of their last digits."""
    configs = grid([SCHEDULES[1]], SPACINGS, TABLES, PREDICTIONS[:1])
    assert not differences("LMSDiscreteScheduler", configs)


@pytest.mark.parametrize(
    "more",
    [
        {"interpolation_type": "log_linear"},
        {"final_sigmas_type": "sigma_min"},
        {"sigma_min": 0.1, "sigma_max": 10.0},
        {"prediction_type": "v_prediction", "timestep_type": "continuous"},
    ],
    ids=lambda more: next(reversed(more)),
)
def test_settings_of_euler(more):
    assert not differences("EulerDiscreteScheduler", grid([SD | more], TABLES))


def test_settings_of_heun():
    """Shap-E's are among them: the exp schedule, clipped pictures, Karras levels."""
    shap_e = {"beta_schedule": "exp", "use_karras_sigmas": True, "prediction_type": "sample"}
    clips = [{"clip_sample": True}, {"clip_sample": True, "clip_sample_range": 0.5}]
    assert not differences("HeunDiscreteScheduler", grid([SD, shap_e], clips))
    exp = {"beta_schedule": "exp"}
    assert not differences("HeunDiscreteScheduler", grid([exp], SPACINGS, TABLES, PREDICTIONS))


@pytest.mark.parametrize("name", NAMES)
def test_trained_betas(name):
    betas = tuple(torch.linspace(0.001, 0.03, 400).tolist())
    config = {"num_train_timesteps": 400, "trained_betas": betas}
    assert not differences(name, [config], precise=["weights"])


# LMS of the reference begins in the middle with weights that belong to slopes it has not seen.
@pytest.mark.parametrize("name", [name for name in NAMES if name != "LMSDiscreteScheduler"])
@pytest.mark.parametrize("table", TABLES[:2], ids=["plain", "karras"])
def test_begun_from_a_noised_picture(name, table):
    if name == "EulerAncestralDiscreteScheduler":
        table = {}
    for begin in (2, 14):
        assert not differences(name, grid([SD | table], SPACINGS), (20,), begin=begin)


@pytest.mark.parametrize("name", ["EulerDiscreteScheduler", "HeunDiscreteScheduler"])
@pytest.mark.parametrize("timesteps", [[601], [999, 500, 0], list(range(981, 0, -20))], ids=len)
def test_timesteps_of_ones_own(name, timesteps):
    configs = grid(SCHEDULES, SPACINGS, PREDICTIONS)
    assert not differences(name, configs, (None,), timesteps=timesteps)


@pytest.mark.parametrize(
    "sigmas", [[14.6, 0.0], [14.615, 6.315, 3.771, 0.938, 0.029, 0.0], [3.0, 1.0, 0.5]], ids=len
)
def test_sigmas_of_ones_own(sigmas):
    configs = grid([SD], TABLES, PREDICTIONS)
    assert not differences("EulerDiscreteScheduler", configs, (None,), sigmas=sigmas)


def test_the_number_of_loops_is_as_large_as_it_looks():
    """A grid that came out empty would pass everything."""
    assert len(grid(SCHEDULES, SPACINGS, TABLES, PREDICTIONS)) * len(STEPS) == 540
