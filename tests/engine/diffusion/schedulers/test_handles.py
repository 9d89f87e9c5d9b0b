import pytest

from engine.diffusion.schedulers.handles import change, solver
from engine.diffusion.values import Scheduler
from engine.graph.errors import LoomError

LOADED = Scheduler(
    "PNDMScheduler",
    '{"beta_end": 0.013, "beta_schedule": "scaled_linear", "beta_start": 0.0009, '
    '"prediction_type": "v_prediction", "skip_prk_steps": true, "steps_offset": 1}',
)


@pytest.mark.parametrize(
    "name", ["DDIMScheduler", "EulerDiscreteScheduler", "DPMSolverMultistepScheduler"]
)
def test_a_solver_takes_over_the_noise_schedule_of_any_other(name: str):
    found = solver(change(LOADED, name))
    assert type(found).__name__ == name
    assert (found.beta_start, found.beta_end, found.steps_offset) == (0.0009, 0.013, 1)
    assert (found.beta_schedule, found.prediction_type) == ("scaled_linear", "v_prediction")


def test_changes_are_made_and_as_loaded_is_none():
    found = solver(change(LOADED, "DDIMScheduler", eta=0.5, timestep_spacing="as loaded"))
    assert (found.eta, found.timestep_spacing) == (0.5, "leading")
    found = solver(change(LOADED, "DDIMScheduler", timestep_spacing="trailing"))
    assert found.timestep_spacing == "trailing"


def test_without_a_scheduler_it_is_stable_diffusions():
    found = solver(change(None, "DDIMScheduler"))
    assert (found.beta_start, found.beta_end, found.clip_sample) == (0.00085, 0.012, False)
    assert (found.steps_offset, found.set_alpha_to_one) == (1, False)


def test_a_solver_nobody_knows_is_refused_with_the_way_out():
    with pytest.raises(LoomError, match="TurboScheduler") as caught:
        solver(Scheduler("TurboScheduler"))
    assert caught.value.field == "scheduler"
    assert "scheduler nodes" in caught.value.remedy
