import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.diffusion.schedulers import sigma_tables as tables
from engine.diffusion.schedulers.ddim import DDIMScheduler

SD = DDIMScheduler(beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012)
TRAINED = tables.trained_sigmas(SD.alphas_cumprod())


def test_trained_sigmas_of_stable_diffusion():
    assert TRAINED[[0, -1]].tolist() == pytest.approx([0.0292, 14.6146], abs=1e-4)


@settings(deadline=None)
@given(st.sampled_from(["karras", "exponential", "beta", "lu"]), st.integers(2, 60))
def test_spread_tables_fall_from_end_to_end(table, steps):
    sigmas = tables.spread(table, 14.6, 0.03, steps)
    assert len(sigmas) == steps
    assert sigmas[[0, -1]].tolist() == pytest.approx([14.6, 0.03])
    assert (np.diff(sigmas) < 0).all()


def test_karras_is_even_in_the_seventh_root():
    assert np.diff(tables.karras(80, 0.002, 18) ** (1 / 7), 2) == pytest.approx(0, abs=1e-12)


def test_exponential_is_even_in_log():
    assert np.diff(np.log(tables.exponential(80, 0.002, 18)), 2) == pytest.approx(0, abs=1e-12)


def test_beta_is_symmetric_about_the_middle():
    sigmas = tables.beta(1.0, 0.0, 11)
    assert sigmas + sigmas[::-1] == pytest.approx(1)
    assert sigmas[5] == pytest.approx(0.5)


@given(st.floats(0, 999))
def test_timestep_of_a_trained_sigma_is_found_again(t):
    sigma = np.exp(np.interp([t], np.arange(1000), np.log(TRAINED)))
    assert tables.timesteps_of(sigma, TRAINED)[0] == pytest.approx(t, abs=2e-3)


def test_timesteps_are_held_at_the_ends():
    assert tables.timesteps_of(np.array([1e4, 1e-6]), TRAINED).tolist() == [999, 0]


def test_the_last_of_the_trained_sigmas_below_counts():
    """With zero terminal SNR the very last trained sigma may lie below those before it."""
    trained = np.array([1, 2, 4, 8, 6], np.float32)
    assert tables.timesteps_of(np.array([6.001, 3.0]), trained).round().tolist() == [4, 2]
