"""Whole denoising loops with a fixed model function, ours against the reference, float32 on CPU."""

import warnings
from itertools import product

import diffusers
import pytest
import torch

from engine.diffusion.schedulers.registry import from_json
from engine.graph.errors import LoomError

pytestmark = pytest.mark.parity

STEPS = (1, 2, 5, 20, 50)
SCHEDULES = {
    "linear": {"beta_schedule": "linear", "beta_start": 0.0001, "beta_end": 0.02},
    "scaled_linear": {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012},
    "squaredcos_cap_v2": {"beta_schedule": "squaredcos_cap_v2"},
}
SPACINGS = ("leading", "linspace", "trailing")
TABLES = ("plain", "karras", "exponential", "beta")
PREDICTIONS = ("epsilon", "sample", "v_prediction")


def model(x, t):
    """Stands for a network: bounded, smooth, and different at every timestep and pixel."""
    return torch.tanh(0.7 * x + torch.sin(t * 0.01))


def noises(count):
    g = torch.Generator().manual_seed(1)
    return [torch.randn(2, 3, 4, 4, generator=g) for _ in range(count)]


def ours(config, steps, sample, fresh):
    run = from_json(config).start(steps)
    sample = sample * run.init_noise_sigma
    for i, t in enumerate(run.timesteps):
        sample = run.step(i, model(run.scale_input(i, sample), t), sample, fresh[i])
    return run, sample


def reference(config, steps, sample, fresh, **step_arguments):
    arguments = {
        name: value for name, value in config.items() if name not in ("_class_name", "eta")
    }
    scheduler = getattr(diffusers, config["_class_name"])(**arguments)
    scheduler.set_timesteps(steps)
    if hasattr(scheduler, "set_begin_index"):
        # Without it the reference skips a step when rounding makes its first two timesteps equal.
        scheduler.set_begin_index(0)
    sample = sample * scheduler.init_noise_sigma
    for i, t in enumerate(scheduler.timesteps):
        if step_arguments:
            step_arguments["variance_noise"] = fresh[i]
        out = model(scheduler.scale_model_input(sample, t), t)
        sample = scheduler.step(out, t, sample, **step_arguments).prev_sample
    return scheduler, sample


def compare(config, **step_arguments):
    sample, *fresh = noises(max(STEPS) + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for steps in STEPS:
            theirs, want = reference(config, steps, sample, fresh, **step_arguments)
            run, got = ours(config, steps, sample, fresh)
            assert run.timesteps.dtype == theirs.timesteps.dtype
            assert torch.equal(run.timesteps, theirs.timesteps), steps
            assert run.init_noise_sigma == pytest.approx(float(theirs.init_noise_sigma), rel=1e-6)
            if want.isnan().any():  # a second-order step of no length: 0 / 0 there, no change here
                assert got.isfinite().all()
                continue
            error = (got - want).abs().max() / want.abs().max()
            assert error <= 1e-6, f"{steps} steps differ by {error:.1e}"


def config(name, schedule, spacing, prediction, table="plain", **more):
    chosen = {} if table == "plain" else {f"use_{table}_sigmas": True}
    return {
        "_class_name": name,
        **SCHEDULES[schedule],
        "timestep_spacing": spacing,
        "prediction_type": prediction,
        "steps_offset": 1,
        **chosen,
        **more,
    }


@pytest.mark.parametrize(
    ("schedule", "spacing", "prediction"), list(product(SCHEDULES, SPACINGS, PREDICTIONS))
)
class TestDDIM:
    @pytest.mark.parametrize(
        "more",
        [
            {"clip_sample": False, "set_alpha_to_one": False},
            {"clip_sample": True, "clip_sample_range": 0.8},
            {"thresholding": True, "sample_max_value": 1.5, "dynamic_thresholding_ratio": 0.9},
        ],
        ids=["plain", "clip", "threshold"],
    )
    def test_deterministic(self, schedule, spacing, prediction, more):
        compare(config("DDIMScheduler", schedule, spacing, prediction, **more))

    @pytest.mark.parametrize("eta", [0.3, 1.0])
    def test_stochastic(self, schedule, spacing, prediction, eta):
        compare(config("DDIMScheduler", schedule, spacing, prediction, eta=eta), eta=eta)

    def test_zero_terminal_snr(self, schedule, spacing, prediction):
        c = config("DDIMScheduler", schedule, spacing, prediction, rescale_betas_zero_snr=True)
        if prediction == "epsilon" and spacing != "leading":
            with pytest.raises(LoomError, match="nothing of the picture is left"):
                from_json(c).start(20)
        else:
            compare(c)


@pytest.mark.parametrize(
    ("schedule", "spacing", "table", "prediction"),
    list(product(SCHEDULES, SPACINGS, TABLES, PREDICTIONS)),
)
class TestSigmaSolvers:
    @pytest.mark.parametrize("zero_snr", [False, True], ids=["", "zero_snr"])
    def test_euler(self, schedule, spacing, table, prediction, zero_snr):
        name = "EulerDiscreteScheduler"
        more = {"rescale_betas_zero_snr": zero_snr}
        compare(config(name, schedule, spacing, prediction, table, **more))

    @pytest.mark.parametrize("zero_snr", [False, True], ids=["", "zero_snr"])
    def test_dpmsolver(self, schedule, spacing, table, prediction, zero_snr):
        name = "DPMSolverMultistepScheduler"
        more = {"rescale_betas_zero_snr": zero_snr}
        compare(config(name, schedule, spacing, prediction, table, **more))


@pytest.mark.parametrize("table", TABLES)
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
def test_euler_settings(table, more):
    base = config("EulerDiscreteScheduler", "scaled_linear", "leading", "epsilon", table)
    compare(base | more)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "more",
    [
        {"solver_order": 1},
        {"solver_type": "heun"},
        {"final_sigmas_type": "sigma_min"},
        {"final_sigmas_type": "sigma_min", "lower_order_final": False},
        {"final_sigmas_type": "sigma_min", "lower_order_final": False, "solver_type": "heun"},
        {"final_sigmas_type": "sigma_min", "euler_at_final": True},
        {"lower_order_final": False},
        {"thresholding": True, "sample_max_value": 1.5},
        {"beta_schedule": "squaredcos_cap_v2", "lambda_min_clipped": -5.1},
    ],
    ids=lambda more: "-".join(f"{k}={v}" for k, v in more.items()),
)
@pytest.mark.parametrize("spacing", SPACINGS)
def test_dpmsolver_settings(spacing, table, more):
    base = config("DPMSolverMultistepScheduler", "scaled_linear", spacing, "epsilon", table)
    compare(base | more)


@pytest.mark.parametrize("name", ["DDIMScheduler", "EulerDiscreteScheduler"])
def test_trained_betas(name):
    betas = torch.linspace(0.001, 0.03, 400).tolist()
    compare({"_class_name": name, "num_train_timesteps": 400, "trained_betas": betas})
