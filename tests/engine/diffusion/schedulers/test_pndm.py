import pytest
import torch

from engine.diffusion.schedulers.pndm import PNDMScheduler
from engine.graph.errors import LoomError
from tests.engine.diffusion.schedulers.gaussian import SD, solve

PLMS = PNDMScheduler(**SD, skip_prk_steps=True)
PRK = PNDMScheduler(**SD)


def go(run, begin=0, end=None):
    x = torch.linspace(-1, 1, 16).reshape(1, 1, 4, 4)
    for i in range(begin, len(run.timesteps) if end is None else end):
        x = run.step(i, torch.cos(3 * x + i), x)
    return x


def test_the_second_timestep_is_called_twice():
    assert PLMS.start(5).timesteps.tolist() == [800, 600, 600, 400, 200, 0]
    assert PLMS.start(1).timesteps.tolist() == [0]


def test_a_runge_kutta_step_is_four_calls():
    run = PRK.start(5)
    first, second = [800, 700, 700, 600], [600, 500, 500, 400]
    assert run.timesteps.tolist() == [*first, *second, 400, 300, 300, 200, 200, 0]
    assert list(run.starts) == [0, 4, 8, 12, 13]
    assert list(PLMS.start(5).starts) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("scheduler", [PLMS, PRK], ids=["plms", "prk"])
def test_far_better_than_first_order(scheduler):
    coarse, fine = solve(scheduler, 40, 20), solve(scheduler, 160, 80)
    assert coarse < 2e-4
    assert coarse / fine > 12  # first order: 4


def test_a_constant_noise_is_followed_exactly():
    run = PNDMScheduler(**SD, skip_prk_steps=True, set_alpha_to_one=True).start(10)
    x0, e = torch.randn(2, 1, 1, 4, 4, dtype=torch.float64)
    x = run.add_noise(0, x0, e)
    for i in range(11):
        x = run.step(i, e, x)
        torch.testing.assert_close(run.predicted_x0, x0, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(x, x0, rtol=1e-4, atol=1e-4)


def test_begun_in_the_middle_it_starts_anew():
    run = PLMS.start(10)
    whole = go(run)
    assert torch.equal(go(run), whole)  # the same run again from its first step
    assert torch.equal(go(run, 4), go(PLMS.start(10), 4))


@pytest.mark.parametrize("scheduler", [PLMS, PRK], ids=["plms", "prk"])
def test_a_copy_goes_on_by_itself(scheduler):
    run = scheduler.start(8)
    x = go(run, end=2)
    copied = run.copy()
    one = run.step(2, x.cos(), x)
    run.step(3, one.sin(), one)
    assert torch.equal(copied.step(2, x.cos(), x), one)


def test_a_warm_up_has_a_beginning_and_a_length():
    run = PRK.start(8)
    x = torch.zeros(1, 1, 2, 2)
    with pytest.raises(LoomError, match=r"can't begin in the middle.*Set skip_prk_steps"):
        run.step(4, x, x)
    with pytest.raises(LoomError, match=r"takes 3 steps, and 3 are asked for.*Take 4 steps"):
        PRK.start(3)


def test_what_it_cannot_follow():
    with pytest.raises(LoomError, match="prediction_type='sample'"):
        PNDMScheduler(prediction_type="sample")
    lost = {"rescale_betas_zero_snr": True, "prediction_type": "v_prediction"}
    with pytest.raises(LoomError, match=r"divides by what is left.*leading spacing"):
        PNDMScheduler(**SD, **lost, timestep_spacing="trailing", skip_prk_steps=True).start(5)
    leading = PNDMScheduler(**SD, **lost, skip_prk_steps=True).start(5)
    assert go(leading).isfinite().all()
