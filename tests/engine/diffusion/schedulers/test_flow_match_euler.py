import math

import pytest
import torch

from engine.diffusion.schedulers.euler import EulerDiscreteScheduler
from engine.diffusion.schedulers.flow_match_euler import FlowMatchEulerDiscreteScheduler as Flow
from engine.diffusion.schedulers.flow_match_heun import FlowMatchHeunDiscreteScheduler
from engine.graph.errors import LoomError

VARIANTS = {
    "plain": Flow(),
    "shift": Flow(shift=3.0),
    "exponential shift": Flow(use_dynamic_shifting=True, mu=0.9),
    "linear shift": Flow(use_dynamic_shifting=True, mu=2.0, time_shift_type="linear"),
    "terminal": Flow(shift_terminal=0.02),
    "karras": Flow(shift=3.0, use_karras_sigmas=True),
    "exponential": Flow(use_exponential_sigmas=True),
    "beta": Flow(use_beta_sigmas=True),
    "stochastic": Flow(stochastic_sampling=True),
    "inverted": Flow(shift=3.0, invert_sigmas=True),
    "heun": FlowMatchHeunDiscreteScheduler(shift=2.0),
}


@pytest.mark.parametrize("scheduler", VARIANTS.values(), ids=VARIANTS)
@pytest.mark.parametrize("steps", [1, 2, 9])
def test_a_straight_path_ends_at_the_picture(scheduler, steps):
    x0, noise, fresh = torch.randn(3, 1, 3, 4, 4, dtype=torch.float64)
    run = scheduler.start(steps)
    inverted = getattr(scheduler, "invert_sigmas", False)
    assert run.init_noise_sigma == 1
    x = run.add_noise(0, x0, noise)
    torch.testing.assert_close(x, noise)
    for i in range(len(run.timesteps)):
        sigma = run.timesteps[i].double() / 1000
        noise_now = (
            (x - (1 - sigma) * x0) / sigma if not inverted else (x - sigma * x0) / (1 - sigma)
        )
        velocity = noise_now - x0
        x = run.step(i, -velocity if inverted else velocity, x, fresh)
        torch.testing.assert_close(run.predicted_x0, x0, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(x, x0, rtol=1e-4, atol=1e-4)


def test_shift_moves_the_middle_towards_noise():
    run = Flow(shift=3.0).start(None, sigmas=[1.0, 0.5])
    assert run.sigmas == pytest.approx([1, 0.75, 0])
    assert run.timesteps.tolist() == pytest.approx([1000, 750])


def test_dynamic_shifting_is_a_shift_by_the_exponential_of_mu():
    dynamic = Flow(use_dynamic_shifting=True, mu=math.log(3.0))
    linear = Flow(use_dynamic_shifting=True, mu=3.0, time_shift_type="linear")
    for scheduler in (dynamic, linear):
        assert scheduler.start(None, sigmas=[1.0, 0.5]).sigmas == pytest.approx([1, 0.75, 0])


def test_mu_lies_on_the_line_between_the_smallest_and_the_largest_picture():
    flow = Flow(use_dynamic_shifting=True)
    assert flow.for_tokens(256).mu == pytest.approx(0.5)
    assert flow.for_tokens(4096).mu == pytest.approx(1.15)
    assert flow.for_tokens(2176).mu == pytest.approx(0.825)
    assert Flow().for_tokens(2176) == Flow()


def test_terminal_level_is_where_the_last_step_begins():
    assert Flow(shift_terminal=0.1).start(8).sigmas[-2] == pytest.approx(0.1)


def test_inverted_levels_rise_to_the_picture():
    run, mirror = Flow(invert_sigmas=True).start(4), Flow().start(4)
    assert run.sigmas == pytest.approx([1 - sigma for sigma in mirror.sigmas], abs=1e-6)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"shift": 0.0}, "shift must be above 0"),
        ({"use_karras_sigmas": True, "use_beta_sigmas": True}, "karras and beta"),
        ({"shift_terminal": 1.0}, "shift_terminal"),
        ({"mu": -1.0, "time_shift_type": "linear"}, "mu must be above 0"),
        ({"invert_sigmas": True, "stochastic_sampling": True}, "can't be on together"),
    ],
)
def test_what_is_refused(settings, message):
    with pytest.raises(LoomError, match=message):
        Flow(**settings)


def test_dynamic_shifting_wants_to_know_the_picture():
    with pytest.raises(LoomError, match=r"was not told.*Set mu"):
        Flow(use_dynamic_shifting=True).start(4)
    with pytest.raises(LoomError, match="needs base_shift"):
        Flow(use_dynamic_shifting=True, base_shift=None).for_tokens(1024)


def test_a_model_of_one_kind_is_not_run_by_a_solver_of_the_other():
    with pytest.raises(LoomError, match="EulerDiscreteScheduler can't run a flow-matching model"):
        Flow().swap(EulerDiscreteScheduler)
    with pytest.raises(LoomError, match=r"FlowMatchEuler.* can't run a model .*trained with betas"):
        EulerDiscreteScheduler().swap(Flow)
    assert Flow(shift=3.0).swap(FlowMatchHeunDiscreteScheduler).shift == 3


def test_swap_there_and_back_keeps_what_heun_has_no_field_for():
    flow = Flow(shift=3.0, use_dynamic_shifting=True)
    assert flow.swap(FlowMatchHeunDiscreteScheduler).swap(Flow).use_dynamic_shifting
