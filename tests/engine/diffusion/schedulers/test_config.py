import dataclasses
import json
import math
import subprocess
import sys
import typing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.diffusion.schedulers.beta_scheduler import BetaScheduler
from engine.diffusion.schedulers.ddim import DDIMScheduler
from engine.diffusion.schedulers.dpmsolver_multistep import DPMSolverMultistepScheduler
from engine.diffusion.schedulers.euler import EulerDiscreteScheduler
from engine.diffusion.schedulers.flow_match_euler import FlowMatchEulerDiscreteScheduler
from engine.diffusion.schedulers.lambda_scheduler import LambdaScheduler
from engine.diffusion.schedulers.registry import SCHEDULERS, from_json, swap
from engine.graph.errors import LoomError


def test_configuration_is_frozen_hashable_and_equal_by_value():
    a, b = EulerDiscreteScheduler(beta_end=0.012), EulerDiscreteScheduler(beta_end=0.012)
    assert a == b
    assert hash(a) == hash(b)
    with pytest.raises(dataclasses.FrozenInstanceError):
        a.beta_end = 0.5


# Solvers of models that were trained with betas.
BETAS = sorted(name for name, kind in SCHEDULERS.items() if issubclass(kind, BetaScheduler))


def choices(name, field):
    """The values that this solver allows for a field."""
    return typing.get_args(typing.get_type_hints(SCHEDULERS[name])[field])


@given(
    name=st.sampled_from(BETAS),
    data=st.data(),
    end=st.floats(0.02, 0.9),
    offset=st.integers(0, 2),
    zero=st.booleans(),
)
def test_json_round_trip(name, data, end, offset, zero):
    fields = ("beta_schedule", "prediction_type", "timestep_spacing")
    values = {field: data.draw(st.sampled_from(choices(name, field))) for field in fields}
    flow = values["prediction_type"] == "flow_prediction"
    scheduler = SCHEDULERS[name](
        **values,
        **({"use_flow_sigmas": True} if flow else {}),
        beta_end=end,
        steps_offset=offset,
        rescale_betas_zero_snr=zero,
    )
    assert from_json(json.loads(json.dumps(scheduler.to_json()))) == scheduler


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({}, "no _class_name"),
        ({"_class_name": "TurboScheduler"}, "TurboScheduler.*DDIMScheduler, "),
        (
            {"_class_name": "DDIMScheduler", "beta_schedule": "cubic"},
            "beta_schedule='cubic'.*one of linear",
        ),
        (
            {"_class_name": "DDIMScheduler", "prediction_type": "flow_prediction"},
            "epsilon, sample, v_pred",
        ),
        ({"_class_name": "DDIMScheduler", "clip_sample": "yes"}, "true or false"),
        ({"_class_name": "DDIMScheduler", "steps_offset": 1.5}, "a whole number"),
        ({"_class_name": "DDIMScheduler", "beta_end": float("nan")}, "a number"),
        (
            {"_class_name": "DDIMScheduler", "beta_start": 0.5, "beta_end": 0.1},
            "beta_start ≤ beta_end",
        ),
        ({"_class_name": "DDIMScheduler", "eta": 2.0}, "from 0 to 1"),
        ({"_class_name": "DDIMScheduler", "trained_betas": [0.1, 0.2]}, "2 values for 1000"),
        ({"_class_name": "DDIMScheduler", "num_train_timesteps": 0}, "at least 1"),
        ({"_class_name": "DPMSolverMultistepScheduler", "solver_order": 4}, "1, 2 or 3, got 4"),
        (
            {"_class_name": "DPMSolverMultistepScheduler", "use_dynamic_shifting": True},
            "use_dynamic_shifting=False only.*True",
        ),
        (
            {"_class_name": "DPMSolverMultistepScheduler", "use_flow_sigmas": True},
            "use_flow_sigmas",
        ),
        (
            {
                "_class_name": "EulerDiscreteScheduler",
                "use_karras_sigmas": True,
                "use_beta_sigmas": True,
            },
            "only one sigma table.*karras and beta",
        ),
        (
            {"_class_name": "EulerDiscreteScheduler", "timestep_type": "continuous"},
            "v_prediction models",
        ),
        (
            {"_class_name": "EulerDiscreteScheduler", "sigma_min": 2.0, "sigma_max": 1.0},
            "below sigma_max",
        ),
    ],
)
def test_what_is_refused_and_why(config, message):
    with pytest.raises(LoomError, match=message):
        from_json(config)


@pytest.mark.parametrize(
    ("scheduler", "steps", "message"),
    [
        (DDIMScheduler(), 0, "Ask for 1 to 1000"),
        (EulerDiscreteScheduler(num_train_timesteps=50), 51, "Ask for 1 to 50"),
        (DDIMScheduler(steps_offset=1), 1000, "begin at timestep 1000"),
        (DPMSolverMultistepScheduler(timestep_spacing="leading"), 1000, "Take fewer steps"),
        (
            DDIMScheduler(rescale_betas_zero_snr=True, timestep_spacing="trailing"),
            10,
            "use a v_prediction|Use a v_prediction",
        ),
    ],
)
def test_runs_that_cannot_be(scheduler, steps, message):
    with pytest.raises(LoomError, match=message):
        scheduler.start(steps)


@pytest.mark.parametrize("source", BETAS)
@pytest.mark.parametrize("target", BETAS)
def test_swap_keeps_the_noise_schedule_or_says_what_it_cannot_keep(source, target):
    settings = {
        "beta_schedule": "scaled_linear",
        "beta_start": 0.00085,
        "beta_end": 0.012,
        "num_train_timesteps": 600,
        "prediction_type": "v_prediction",
        "timestep_spacing": "trailing",
        "steps_offset": 1,
        "rescale_betas_zero_snr": True,
    }
    for field in ("beta_schedule", "prediction_type", "timestep_spacing"):
        if settings[field] not in choices(source, field):
            settings[field] = choices(source, field)[0]
    scheduler = SCHEDULERS[source](**settings)
    refused = [
        field
        for field in ("beta_schedule", "prediction_type", "timestep_spacing")
        if settings[field] not in choices(target, field)
    ]
    if refused:
        with pytest.raises(LoomError, match="|".join(refused)):
            swap(scheduler, target)
        return
    swapped = swap(scheduler, target)
    assert type(swapped).__name__ == target
    assert {name: getattr(swapped, name) for name in settings} == settings


def test_swap_there_and_back_loses_nothing():
    ddim = DDIMScheduler(clip_sample=False, set_alpha_to_one=False, eta=0.5)
    assert ddim.swap(EulerDiscreteScheduler).swap(DDIMScheduler).to_json() | ddim.to_json() == (
        ddim.swap(EulerDiscreteScheduler).swap(DDIMScheduler).to_json()
    )
    karras = EulerDiscreteScheduler(use_karras_sigmas=True)
    assert karras.swap(DPMSolverMultistepScheduler).sigma_table == "karras"


def test_swap_does_not_begin_to_clip():
    assert DDIMScheduler().clip_sample
    assert not EulerDiscreteScheduler().swap(DDIMScheduler).clip_sample
    assert (
        DDIMScheduler(clip_sample=True).swap(EulerDiscreteScheduler).swap(DDIMScheduler).clip_sample
    )


def test_another_solvers_file_is_read_for_its_noise_schedule():
    pndm = {
        "_class_name": "PNDMScheduler",
        "_diffusers_version": "0.6.0",
        "beta_schedule": "scaled_linear",
        "beta_end": 0.012,
        "clip_sample": False,
        "skip_prk_steps": True,
        "set_alpha_to_one": False,
        "steps_offset": 1,
        "trained_betas": None,
    }
    euler = EulerDiscreteScheduler.from_json(pndm)
    assert (euler.beta_schedule, euler.beta_end, euler.steps_offset) == ("scaled_linear", 0.012, 1)
    assert euler.to_json()["skip_prk_steps"] is True
    assert euler.swap(DDIMScheduler).set_alpha_to_one is False


def test_swap_with_changes_and_unknown_ones():
    ddim = swap(EulerDiscreteScheduler(), "DDIMScheduler", eta=1.0)
    assert ddim.start(3).needs_noise
    with pytest.raises(LoomError, match="no setting called churn"):
        EulerDiscreteScheduler().swap(DDIMScheduler, churn=1)


LAMBDA = sorted(name for name, kind in SCHEDULERS.items() if issubclass(kind, LambdaScheduler))
FLOW = [name for name in SCHEDULERS if name.startswith("FlowMatch")]


@pytest.mark.parametrize("source", [*LAMBDA, *FLOW])
@pytest.mark.parametrize("target", [*LAMBDA, *FLOW])
def test_a_flow_matching_models_solvers_can_be_swapped(source, target):
    flow = {"use_flow_sigmas": True, "prediction_type": "flow_prediction", "flow_shift": 3.0}
    model = SCHEDULERS[source](
        num_train_timesteps=600, **({"shift": 3.0} if source in FLOW else flow)
    )
    swapped = swap(model, target)
    found = swapped.to_json()
    assert found["_class_name"] == target
    expected = {"shift": 3.0} if target in FLOW else flow
    assert {name: found[name] for name in expected} == expected
    assert swap(swapped, source).start(5).timesteps.tolist() == model.start(5).timesteps.tolist()


@pytest.mark.parametrize(("kind", "shift"), [("exponential", math.exp(0.7)), ("linear", 0.7)])
def test_a_shift_by_the_pictures_size_is_kept_as_it_is_then(kind, shift):
    flow = FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True, time_shift_type=kind, mu=0.7)
    assert flow.swap(DPMSolverMultistepScheduler).flow_shift == shift
    with pytest.raises(LoomError, match="by the picture's size, which it was not told") as raised:
        dataclasses.replace(flow, mu=None).swap(DPMSolverMultistepScheduler)
    assert raised.value.field == "mu"


@pytest.mark.parametrize(
    ("settings", "target", "message"),
    [
        ({"shift_terminal": 0.1}, "UniPCMultistepScheduler", "shift_terminal=0.1, which other"),
        ({"invert_sigmas": True}, "DEISMultistepScheduler", "invert_sigmas=True, which other"),
        ({"use_karras_sigmas": True}, "UniPCMultistepScheduler", "can't be spread by the karras"),
        ({}, "EulerDiscreteScheduler", "can't run a flow-matching model"),
        ({}, "DDIMScheduler", "can't run a flow-matching model"),
    ],
)
def test_flows_that_another_solver_cannot_follow(settings, target, message):
    with pytest.raises(LoomError, match=message):
        FlowMatchEulerDiscreteScheduler(**settings).swap(SCHEDULERS[target])


def test_a_model_with_betas_has_no_flow():
    with pytest.raises(LoomError, match="can't run a model that was trained with betas"):
        DPMSolverMultistepScheduler().swap(FlowMatchEulerDiscreteScheduler)
    flow = DPMSolverMultistepScheduler(use_flow_sigmas=True, prediction_type="flow_prediction")
    with pytest.raises(LoomError, match="can't run a flow-matching model"):
        flow.swap(EulerDiscreteScheduler)


def test_configuration_module_imports_no_torch():
    code = "import sys, engine.diffusion.schedulers.base; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
