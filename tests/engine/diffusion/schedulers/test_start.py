"""What a run can be asked for: steps, or the timesteps or sigmas themselves."""

import pytest
import torch

from engine.diffusion.schedulers.ddim import DDIMScheduler
from engine.diffusion.schedulers.dpmsolver_multistep import DPMSolverMultistepScheduler
from engine.diffusion.schedulers.euler import EulerDiscreteScheduler
from engine.diffusion.schedulers.flow_match_euler import FlowMatchEulerDiscreteScheduler
from engine.diffusion.schedulers.heun import HeunDiscreteScheduler
from engine.diffusion.schedulers.lms import LMSDiscreteScheduler
from engine.graph.errors import LoomError

EULER = EulerDiscreteScheduler()
FLOW = FlowMatchEulerDiscreteScheduler()
VISITED = [900, 500, 100]


@pytest.mark.parametrize(
    "scheduler",
    [
        EulerDiscreteScheduler(timestep_spacing="trailing"),
        HeunDiscreteScheduler(timestep_spacing="trailing"),
        DPMSolverMultistepScheduler(timestep_spacing="trailing"),
    ],
    ids=lambda s: type(s).__name__,
)
def test_asking_for_the_timesteps_of_the_spacing_changes_nothing(scheduler):
    spaced, asked = scheduler.start(4), scheduler.start(None, timesteps=[999, 749, 499, 249])
    assert asked.timesteps.tolist() == spaced.timesteps.tolist()
    assert asked.init_noise_sigma == spaced.init_noise_sigma
    a = b = torch.randn(1, 1, 4, 4)
    for i in range(len(asked.timesteps)):
        a, b = asked.step(i, torch.cos(a), a), spaced.step(i, torch.cos(b), b)
    assert torch.equal(a, b)


def test_euler_visits_the_timesteps_it_is_given():
    run = EULER.start(None, timesteps=VISITED)
    assert run.timesteps.tolist() == VISITED
    alpha_bar = EULER.alphas_cumprod()[VISITED]
    assert run.sigmas == pytest.approx([*((1 - alpha_bar) / alpha_bar).sqrt().tolist(), 0])


def test_euler_walks_through_the_sigmas_it_is_given():
    run = EULER.start(None, sigmas=[10.0, 2.0, 0.5])
    assert run.sigmas == [10.0, 2.0, 0.5]
    assert len(run.timesteps) == 2
    assert run.init_noise_sigma == 10
    x0, noise = torch.randn(2, 1, 1, 4, 4)
    x = run.add_noise(0, x0, noise)
    for i in range(2):
        x = run.step(i, noise, x)
    torch.testing.assert_close(x, x0 + 0.5 * noise)  # where the list ends


def test_sigmas_take_the_place_of_a_table():
    karras = EulerDiscreteScheduler(use_karras_sigmas=True)
    assert karras.start(None, sigmas=[3.0, 1.0, 0.0]).sigmas == [3, 1, 0]


def test_flow_timesteps_and_sigmas_are_the_same_thing():
    by_time = FLOW.start(None, timesteps=[1000, 600.5, 200])
    by_sigma = FLOW.start(None, sigmas=[1, 0.6005, 0.2])
    assert by_time.sigmas == pytest.approx([1, 0.6005, 0.2, 0])
    assert by_sigma.sigmas == pytest.approx([1, 0.6005, 0.2, 0])
    assert by_time.timesteps.tolist() == pytest.approx(by_sigma.timesteps.tolist())


@pytest.mark.parametrize(
    ("scheduler", "steps", "lists", "message"),
    [
        (EULER, None, {}, "got none of them.*exactly one"),
        (EULER, 5, {"timesteps": VISITED}, "got steps and timesteps"),
        (EULER, None, {"timesteps": VISITED, "sigmas": [1, 0]}, "got timesteps and sigmas"),
        (DDIMScheduler(), None, {"timesteps": VISITED}, "a list of timesteps.*a number of steps"),
        (HeunDiscreteScheduler(), None, {"sigmas": [1, 0]}, "sigmas.*number of steps or timesteps"),
        (LMSDiscreteScheduler(), None, {"sigmas": [1, 0]}, "LMS.*can't take a list of sigmas"),
        (EULER, None, {"timesteps": []}, "don't fall"),
        (EULER, None, {"timesteps": [1, 2]}, r"\[1, 2\] don't fall.*noisiest to the cleanest"),
        (EULER, None, {"timesteps": [9, 9, 2]}, "each once"),
        (EULER, None, {"timesteps": [1000, 2]}, "whole numbers from 0 to 999"),
        (EULER, None, {"timesteps": [7, -1]}, "whole numbers from 0 to 999"),
        (EULER, None, {"timesteps": [7.5, 2]}, "whole numbers"),
        (EULER, None, {"sigmas": [1, 2, 0]}, "don't fall"),
        (EULER, None, {"sigmas": [1, -1]}, "numbers from 0 on"),
        (EULER, None, {"sigmas": [float("inf"), 0]}, "numbers from 0 on"),
        (EULER, None, {"sigmas": [float("nan"), 0]}, "numbers from 0 on"),
        (EULER, None, {"sigmas": [3]}, "at least two.*End the list with 0"),
        (
            EulerDiscreteScheduler(use_beta_sigmas=True),
            None,
            {"timesteps": VISITED},
            "by the beta table.*Use the plain table",
        ),
        (
            EulerDiscreteScheduler(interpolation_type="log_linear"),
            None,
            {"timesteps": VISITED},
            "log_linear.*Give sigmas",
        ),
        (
            EulerDiscreteScheduler(prediction_type="v_prediction", timestep_type="continuous"),
            None,
            {"timesteps": VISITED},
            "continuous.*Give sigmas",
        ),
        (FLOW, None, {"sigmas": [1, 0.5, 0]}, "at most 1.*Leave out the 0"),
        (FLOW, None, {"timesteps": [1001, 5]}, "at most 1000"),
        (
            FlowMatchEulerDiscreteScheduler(shift=3.0),
            None,
            {"timesteps": VISITED},
            "shifts or spreads.*Give sigmas",
        ),
    ],
)
def test_what_cannot_be_asked_for(scheduler, steps, lists, message):
    with pytest.raises(LoomError, match=message):
        scheduler.start(steps, **lists)
