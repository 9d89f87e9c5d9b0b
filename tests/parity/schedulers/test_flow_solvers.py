"""Solvers of flow-matching models: every setting the reference knows, whole loops."""

import math

import pytest

from engine.diffusion.schedulers.registry import scheduler_class
from tests.parity.schedulers.loops import TABLES, differences, grid

pytestmark = pytest.mark.parity

EULER = "FlowMatchEulerDiscreteScheduler"
HEUN = "FlowMatchHeunDiscreteScheduler"
SHIFTS = ({}, {"shift": 3.0}, {"shift": 0.4}, {"num_train_timesteps": 400, "shift": 2.0})


def test_euler():
    more = ({}, {"stochastic_sampling": True}, {"invert_sigmas": True})
    assert not differences(EULER, grid(SHIFTS, TABLES, more))


def test_terminal_level():
    """Not in one step: the reference divides 0 by 0 there, and ours begins at 1."""
    configs = grid(SHIFTS, [{"shift_terminal": 0.1}, {"shift_terminal": 0.02}], TABLES)
    assert not differences(EULER, configs, (2, 5, 20, 50))


@pytest.mark.parametrize("kind", ["exponential", "linear"])
@pytest.mark.parametrize("mu", [0.3, 0.85])
def test_dynamic_shifting(kind, mu):
    configs = grid([{"use_dynamic_shifting": True, "time_shift_type": kind}], SHIFTS[:2], TABLES)
    assert not differences(EULER, configs, extra={"mu": mu}, timing={"mu": mu})


def test_mu_for_a_picture_is_the_pipelines():
    from diffusers.pipelines.flux.pipeline_flux import calculate_shift

    flow = scheduler_class(EULER)(use_dynamic_shifting=True, base_shift=0.6, max_shift=1.3)
    for tokens in (64, 256, 1000, 4096, 9999):
        assert math.isclose(
            flow.for_tokens(tokens).mu, calculate_shift(tokens, 256, 4096, 0.6, 1.3), rel_tol=1e-12
        )


def test_heun():
    """The reference loses digits to (x - (x - sigma v)) / sigma, which float64 gives back."""
    assert not differences(HEUN, SHIFTS, precise=["predictions"])


def test_begun_from_a_noised_picture():
    more = ({}, {"use_karras_sigmas": True})
    assert not differences(EULER, grid(SHIFTS, more), (20,), begin=7)
    assert not differences(HEUN, SHIFTS, (20,), begin=14, precise=["predictions"])


@pytest.mark.parametrize("sigmas", [[1.0], [1.0, 0.5], [0.9, 0.77, 0.4, 0.1, 0.05]], ids=len)
def test_sigmas_of_ones_own(sigmas):
    configs = grid(SHIFTS, TABLES, [{}, {"shift_terminal": 0.1}] if len(sigmas) > 1 else [{}])
    assert not differences(EULER, configs, (None,), sigmas=sigmas)


@pytest.mark.parametrize("timesteps", [[1000.0], [1000.0, 481.5, 20.0]], ids=len)
def test_timesteps_of_ones_own(timesteps):
    assert not differences(EULER, [{}], (None,), timesteps=timesteps)
