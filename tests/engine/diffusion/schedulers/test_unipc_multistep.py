import pytest
import torch

from engine.diffusion.schedulers.dpmsolver_multistep import DPMSolverMultistepScheduler
from engine.diffusion.schedulers.dpmsolver_singlestep import DPMSolverSinglestepScheduler
from engine.diffusion.schedulers.unipc_multistep import UniPCMultistepScheduler
from engine.graph.errors import LoomError
from tests.engine.diffusion.schedulers.gaussian import SD, solve

X0 = {"prediction_type": "sample"}
SIGMA_MIN = {"final_sigmas_type": "sigma_min"}
FLOW = {"use_flow_sigmas": True, "prediction_type": "flow_prediction"}
EVERY_STEP = tuple(range(200))


@pytest.mark.parametrize("kind", ["bh1", "bh2"])
@pytest.mark.parametrize("order", [1, 2])
def test_the_corrector_raises_the_order_by_one(order, kind):
    settings = {**SD, **X0, **SIGMA_MIN, "solver_order": order, "solver_type": kind}
    both = UniPCMultistepScheduler(**settings)
    alone = UniPCMultistepScheduler(**settings, disable_corrector=EVERY_STEP)
    assert solve(alone, 20, 10) / solve(alone, 40, 20) == pytest.approx(2**order, rel=0.25)
    assert solve(both, 20, 10) / solve(both, 40, 20) == pytest.approx(2 ** (order + 1), rel=0.25)


@pytest.mark.parametrize("kind", ["bh1", "bh2"])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_corrector_helps_where_noise_is_integrated_too(order, kind):
    settings = {**SD, **X0, **SIGMA_MIN, "solver_order": order, "solver_type": kind}
    both = UniPCMultistepScheduler(**settings, predict_x0=False)
    alone = UniPCMultistepScheduler(**settings, predict_x0=False, disable_corrector=EVERY_STEP)
    assert solve(both, 40, 20) < 0.5 * solve(alone, 40, 20)


def test_third_order_is_exact_to_six_digits_in_forty_steps():
    assert solve(UniPCMultistepScheduler(**SD, **X0, solver_order=3), 40, 20) < 1e-6


def test_uncorrected_first_order_is_dpm_solver():
    x, m = torch.randn(2, 1, 3, 4, 4)
    one = {**SD, "solver_order": 1}
    ours = UniPCMultistepScheduler(**one, disable_corrector=EVERY_STEP).start(5)
    other = DPMSolverMultistepScheduler(**one).start(5)
    for i in range(5):
        torch.testing.assert_close(ours.step(i, m * i, x), other.step(i, m * i, x))


def test_only_a_step_of_this_run_is_corrected():
    corrected = UniPCMultistepScheduler(**SD).start(10)
    plain = UniPCMultistepScheduler(**SD, disable_corrector=EVERY_STEP).start(10)
    x, m = torch.randn(2, 1, 3, 4, 4)
    assert torch.equal(corrected.step(4, m, x), plain.step(4, m, x))  # begun in the middle
    assert not torch.equal(corrected.step(5, -m, x), plain.step(5, -m, x))
    assert torch.equal(corrected.step(8, m, x), plain.step(8, m, x))  # after a jump


def test_a_copy_goes_on_by_itself():
    run = UniPCMultistepScheduler(**SD, solver_order=3).start(8)
    x = torch.randn(1, 3, 4, 4)
    for i in range(4):
        x = run.step(i, x.cos(), x)
    copied = run.copy()
    one = run.step(4, x.cos(), x)
    run.step(5, one.sin(), one)
    assert torch.equal(copied.step(4, x.cos(), x), one)


def test_singlestep_settings_can_be_taken_over():
    """Its lower_order_final is off by default; the step to sigma = 0 is of first order anyway."""
    unipc = DPMSolverSinglestepScheduler(**SD).swap(UniPCMultistepScheduler)
    assert not unipc.lower_order_final
    run = unipc.start(4)
    x = torch.randn(1, 3, 4, 4)
    for i in range(4):
        x = run.step(i, x.cos(), x)
    assert x.isfinite().all()


def test_flow_matching_runs_end_at_the_picture():
    run = UniPCMultistepScheduler(**FLOW, flow_shift=3.0).start(12)
    x0, noise = torch.randn(2, 1, 3, 4, 4)
    x = run.add_noise(0, x0, noise)
    for i in range(12):
        x = run.step(i, noise - x0, x)
    torch.testing.assert_close(x, x0, rtol=1e-4, atol=1e-4)


def test_sigmas_of_ones_own():
    run = UniPCMultistepScheduler(**FLOW).start(None, sigmas=[1.0, 0.6, 0.3])
    assert run.timesteps.tolist() == [999, 600, 300]
    assert run.sigma == pytest.approx([1, 0.6, 0.3, 0], abs=2e-6)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"solver_type": "bh1"}, "with solver_type='bh1' the last step can't end at sigma = 0"),
        ({"predict_x0": False}, "predict_x0 off.*final_sigmas_type must be 'sigma_min'"),
        ({"predict_x0": False, **FLOW, **SIGMA_MIN}, "on for flow-matching models"),
        ({"predict_x0": False, "thresholding": True, **SIGMA_MIN}, "thresholding bounds x0"),
        ({"solver_order": 4}, "solver_order must be 1, 2 or 3, got 4"),
        ({"flow_shift": 0.0}, "flow_shift must be above 0"),
        ({"disable_corrector": (0.5,)}, "disable_corrector.*a list of a whole number"),
    ],
)
def test_what_is_refused(settings, message):
    with pytest.raises(LoomError, match=message):
        UniPCMultistepScheduler(**settings)


@pytest.mark.parametrize(
    ("settings", "sigmas", "message"),
    [
        ({}, [3.0, 1.0], "for flow-matching models only"),
        (FLOW, [1.5, 0.5], "at most 1"),
        (FLOW, [0.5, 0.0], "Leave out the 0"),
    ],
)
def test_sigmas_that_cannot_be_followed(settings, sigmas, message):
    with pytest.raises(LoomError, match=message):
        UniPCMultistepScheduler(**settings).start(None, sigmas=sigmas)


def test_what_is_not_supported_is_said():
    with pytest.raises(LoomError, match="supports solver_p=None only"):
        UniPCMultistepScheduler.from_json({"solver_p": ["DPMSolver"]})
