"""Nodes of solvers: every setting of every solver can be reached, and none is changed unasked."""

from dataclasses import fields

import pytest

from engine.diffusion.schedulers.handles import STABLE_DIFFUSION, solver
from engine.diffusion.schedulers.registry import SCHEDULERS, scheduler_class
from engine.diffusion.values import Scheduler
from engine.graph.errors import LoomError
from engine.graph.spec import spec_of
from nodes import schedule, scheduler, scheduler_flow, scheduler_lambda

NODES = {
    "DDPMScheduler": scheduler.ddpm,
    "DDIMScheduler": scheduler.ddim,
    "DDIMInverseScheduler": scheduler.ddim_inverse,
    "PNDMScheduler": scheduler.pndm,
    "LCMScheduler": scheduler.lcm,
    "UnCLIPScheduler": scheduler.unclip,
    "LMSDiscreteScheduler": scheduler.lms,
    "EulerDiscreteScheduler": scheduler.euler,
    "EulerAncestralDiscreteScheduler": scheduler.euler_ancestral,
    "HeunDiscreteScheduler": scheduler.heun,
    "KDPM2DiscreteScheduler": scheduler.dpm2,
    "KDPM2AncestralDiscreteScheduler": scheduler.dpm2_ancestral,
    "DPMSolverMultistepScheduler": scheduler_lambda.dpm_solver,
    "DPMSolverSinglestepScheduler": scheduler_lambda.dpm_solver_singlestep,
    "DEISMultistepScheduler": scheduler_lambda.deis,
    "UniPCMultistepScheduler": scheduler_lambda.unipc,
    "FlowMatchEulerDiscreteScheduler": scheduler_flow.flow_euler,
    "FlowMatchHeunDiscreteScheduler": scheduler_flow.flow_heun,
}
# What nodes set besides what is their solver's alone.
SHARED = (
    (schedule.noise, {"prediction": "v_prediction", "betas": "squaredcos_cap_v2"}),
    (schedule.noise, {"prediction": "sample", "betas": "laplace"}),
    (schedule.noise, {"beta_start": 0.002, "beta_end": 0.03, "zero_terminal_snr": "on"}),
    (schedule.spacing, {"spacing": "trailing", "offset": 3}),
    (schedule.spacing, {"spacing": "leading", "set_alpha_to_one": "on"}),
    (schedule.spacing, {"spacing": "linspace", "set_alpha_to_one": "off"}),
    (schedule.spacing, {"end": "sigma_min"}),
    (schedule.noise, {"prediction": "sample"}),
    (schedule.bounds, {"clip": "on", "clip_range": 2.0}),
    (schedule.bounds, {"clip": "off"}),
    (schedule.bounds, {"threshold": "on", "ratio": 0.9, "largest": 1.5}),
    (schedule.shift, {"shift": 5.0}),
    *((None, {"sigmas": table}) for table in ("karras", "exponential", "beta", "lu")),
)
OWN = {
    "DDPMScheduler": {"variance": "learned_range"},
    "DDIMScheduler": {"eta": 0.5, "follow_clipped": True},
    "PNDMScheduler": {"warm_up": True},
    "LCMScheduler": {"distilled_steps": 100, "timestep_scaling": 7.0},
    "UnCLIPScheduler": {"variance": "learned_range"},
    "EulerDiscreteScheduler": {
        "smallest": 0.1,
        "largest": 10.0,
        "interpolation": "log_linear",
        "timesteps": "discrete",
    },
    "DPMSolverMultistepScheduler": {
        "algorithm": "dpmsolver",
        "order": 3,
        "solver": "heun",
        "euler_at_final": True,
        "lower_order_final": "off",
        "clip_lambda": -5.1,
        "learned_variance": True,
    },
    "DPMSolverSinglestepScheduler": {
        "algorithm": "sde-dpmsolver++",
        "order": 3,
        "solver": "heun",
        "lower_order_final": "off",
        "clip_lambda": -5.1,
        "learned_variance": True,
    },
    "DEISMultistepScheduler": {"order": 3, "lower_order_final": "off"},
    "UniPCMultistepScheduler": {
        "order": 3,
        "variant": "bh1",
        "predict": "noise",
        "uncorrected": "0, 1",
        "lower_order_final": "off",
    },
    "FlowMatchEulerDiscreteScheduler": {"shift": 3.0, "last": 0.1, "stochastic": True},
    "FlowMatchHeunDiscreteScheduler": {"shift": 3.0},
}
# Set by a model's own files: its length of training, its own betas, sizes of pictures that it was
# shifted for; one choice only; and what is told by joining a flow-matching model's scheduler.
FROM_FILES = {
    *("num_train_timesteps", "trained_betas", "other", "time_shift_type", "mu", "invert_sigmas"),
    *("base_shift", "max_shift", "base_image_seq_len", "max_image_seq_len"),
    "use_dynamic_shifting",
}
FROM_FILES_OF = {
    "UnCLIPScheduler": {"beta_schedule", "beta_start", "beta_end"},
    "DEISMultistepScheduler": {"algorithm_type", "solver_type"},
    "EulerDiscreteScheduler": {"timestep_type"},
}


def settings(wire: Scheduler) -> dict[str, object]:
    found = solver(wire)
    return {f.name: getattr(found, f.name) for f in fields(found)}


def test_every_solver_has_a_node():
    assert NODES.keys() == SCHEDULERS.keys()
    for name, node in NODES.items():
        assert node().class_name == name


@pytest.mark.parametrize("name", NODES)
def test_every_setting_can_be_reached(name):
    made = NODES[name]()
    plain, reached = settings(made), set()
    flow = scheduler_flow.flow_euler(shift=2.0)
    calls = [(NODES[name], None, OWN.get(name, {}))]
    calls += [(node or NODES[name], made if node else None, given) for node, given in SHARED]
    if "use_flow_sigmas" in plain:
        calls += [(NODES[name], flow, {})]
    for node, before, given in calls:
        try:
            found = settings(node(before, **given))
        except (LoomError, TypeError):  # a setting that this solver does not have
            assert given is not OWN.get(name)
            continue
        reached |= {key for key, value in found.items() if value != plain[key]}
    assert plain.keys() - reached - FROM_FILES - FROM_FILES_OF.get(name, set()) == set()


@pytest.mark.parametrize("name", NODES)
def test_a_solver_is_as_it_was_loaded_unless_one_says_otherwise(name):
    loaded = scheduler_class(name)()
    wire = Scheduler.from_json(loaded.to_json())
    node = NODES[name]
    if name == "PNDMScheduler":
        node = lambda scheduler: NODES[name](scheduler, warm_up=True)  # noqa: E731
    given = settings(node(wire))
    unlike = {key for key, value in given.items() if value != getattr(loaded, key)}
    assert unlike <= {"lower_order_final"}  # what is better in every singlestep run
    for change in (schedule.noise, schedule.spacing, schedule.bounds):
        assert settings(change(wire)) == settings(wire)


@pytest.mark.parametrize(
    ("node", "choice", "end"),
    [
        (scheduler_lambda.dpm_solver, {"algorithm": "dpmsolver++"}, "zero"),
        (scheduler_lambda.dpm_solver, {"algorithm": "dpmsolver"}, "sigma_min"),
        (scheduler_lambda.dpm_solver, {"algorithm": "sde-dpmsolver++"}, "zero"),
        (scheduler_lambda.dpm_solver, {"algorithm": "sde-dpmsolver"}, "sigma_min"),
        (scheduler_lambda.dpm_solver, {"end": "sigma_min"}, "sigma_min"),
        (
            scheduler_lambda.dpm_solver_singlestep,
            {"algorithm": "dpmsolver", "order": 3},
            "sigma_min",
        ),
        (scheduler_lambda.unipc, {"variant": "bh2"}, "zero"),
        (scheduler_lambda.unipc, {"variant": "bh1", "order": 3}, "sigma_min"),
        (scheduler_lambda.unipc, {"predict": "noise"}, "sigma_min"),
    ],
)
def test_a_solver_that_cannot_reach_sigma_0_ends_before(node, choice, end):
    found = solver(node(**choice))
    assert found.final_sigmas_type == end
    assert len(found.start(8).timesteps) == 8


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (
            lambda: scheduler_lambda.dpm_solver(algorithm="dpmsolver", end="zero"),
            "can't end at sigma = 0",
        ),
        (lambda: scheduler_lambda.unipc(uncorrected="0, x"), "is no list of numbers"),
        (lambda: scheduler_lambda.unipc(uncorrected="-1"), "does not list steps"),
        (
            lambda: scheduler_lambda.dpm_solver(algorithm="sde-dpmsolver", order=3),
            "has no third order",
        ),
        (
            lambda: schedule.bounds(scheduler.euler(), threshold="on"),
            "EulerDiscreteScheduler has no setting called thresholding.*choose one of DDIM",
        ),
        (
            lambda: schedule.noise(scheduler_flow.flow_euler(), zero_terminal_snr="on"),
            "has no setting called rescale_betas_zero_snr",
        ),
        (
            lambda: schedule.spacing(scheduler.ddim_inverse(), spacing="linspace"),
            "must be one of leading, trailing",
        ),
        (lambda: schedule.shift(scheduler.ddim(), 2.0), "does not run a flow-matching model"),
        (lambda: scheduler.unclip(scheduler.ddim()), "beta_schedule='scaled_linear'"),
        (
            lambda: scheduler.euler(timesteps="continuous"),
            "continuous timesteps are for v_prediction models",
        ),
        (
            lambda: scheduler_lambda.dpm_solver_singlestep(
                schedule.bounds(scheduler.ddim(), threshold="on"), algorithm="dpmsolver"
            ),
            "turn thresholding off",
        ),
    ],
)
def test_wrong_combinations_are_said_in_words(made, message):
    with pytest.raises(LoomError, match=message):
        made()


def test_a_flow_matching_model_keeps_its_shift_with_every_solver():
    loaded = Scheduler("FlowMatchEulerDiscreteScheduler", '{"shift": 3.0}')
    for node in (scheduler_flow.flow_euler, scheduler_flow.flow_heun):
        assert solver(node(loaded)).shift == 3.0
        assert solver(node(loaded, shift=2.0)).shift == 2.0
        assert solver(schedule.shift(node(loaded), 4.0)).shift == 4.0
    for node in (
        scheduler_lambda.dpm_solver,
        scheduler_lambda.dpm_solver_pp_2m,
        scheduler_lambda.dpm_solver_singlestep,
        scheduler_lambda.deis,
        scheduler_lambda.unipc,
    ):
        found = solver(node(loaded))
        assert (found.use_flow_sigmas, found.flow_shift) == (True, 3.0)
        assert solver(schedule.shift(node(loaded), 4.0)).flow_shift == 4.0
        assert solver(scheduler_flow.flow_heun(node(loaded))).shift == 3.0


def test_a_list_of_steps_outlives_other_changes():
    chosen = schedule.steps(scheduler.euler(), sigmas="14.6, 3, 0")
    assert schedule.noise(chosen, prediction="v_prediction").sigmas == (14.6, 3.0, 0.0)
    assert scheduler.euler(chosen, sigmas="karras").sigmas == (14.6, 3.0, 0.0)


def test_without_a_scheduler_the_schedule_is_stable_diffusions():
    found = settings(scheduler_lambda.unipc())
    assert {key: found[key] for key in STABLE_DIFFUSION if key in found} == {
        key: value for key, value in STABLE_DIFFUSION.items() if key in found
    }


def test_a_shift_that_was_never_written_down_stays_1():
    for node in (scheduler_flow.flow_euler, scheduler_flow.flow_heun):
        edit = spec_of(node).migrations[1].edit
        assert edit is not None
        assert (edit({}), edit({"shift": 2.0})) == ({"shift": 1.0}, {"shift": 2.0})
