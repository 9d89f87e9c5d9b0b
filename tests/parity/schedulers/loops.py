"""Whole denoising loops with a fixed model function, ours and the reference's, float32 on CPU.

Noise is drawn by a generator seeded for each step, so that both sides get the same.
"""

import inspect
import math
import warnings
from functools import cache, lru_cache, partial
from itertools import product
from types import SimpleNamespace

import diffusers
import torch

from engine.diffusion.schedulers.registry import scheduler_class

diffusers.utils.logging.set_verbosity_error()

STEPS = (1, 2, 5, 20, 50)
SCHEDULES = (
    {"beta_schedule": "linear", "beta_start": 0.0001, "beta_end": 0.02},
    {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012},
    {"beta_schedule": "squaredcos_cap_v2"},
)
SPACINGS = tuple(
    {"timestep_spacing": spacing, "steps_offset": 1}
    for spacing in ("leading", "linspace", "trailing")
)
TABLES = ({}, *({f"use_{table}_sigmas": True} for table in ("karras", "exponential", "beta")))
PREDICTIONS = tuple({"prediction_type": kind} for kind in ("epsilon", "sample", "v_prediction"))
SHAPE = (2, 3, 4, 4)
LIMIT = 1e-6
# Settings that the reference reads when it sets timesteps (where it may change the last of these)
# and steps. Making it takes long.
LATE = {
    "prediction_type",
    "timestep_spacing",
    "steps_offset",
    *(key for table in TABLES for key in table),
    "lower_order_final",
}


def model(x, t):
    """Stands for a network: bounded, smooth, and different at every timestep and pixel."""
    return torch.tanh(0.7 * x + torch.sin(t * 0.01))


def learned_model(x, t):
    """A model that predicts its variance too, as numbers from 0 to 1."""
    return torch.cat([model(x, t), torch.sigmoid(3 * x - t * 0.002)], dim=1)


@cache
def noise(i):
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(1000 + i))


@cache
def picture():
    return torch.randn(SHAPE, generator=torch.Generator().manual_seed(7)).clamp(-1, 1)


def ours(name, config, steps, model=model, begin=0, end=None, **plan):
    """The run, and what it makes of noise, or (begun in the middle) of a noised picture."""
    run = scheduler_class(name)(**config).start(steps, **plan)
    x = (
        noise(-1) * run.init_noise_sigma
        if begin == 0
        else run.add_noise(begin, picture(), noise(-1))
    )
    for i in range(begin, len(run.timesteps) if end is None else end):
        fresh = noise(i) if run.needs_noise else None
        x = run.step(i, model(run.scale_input(i, x), run.timesteps[i]), x, fresh)
    return run, x


@lru_cache(maxsize=8)
def _made(name, settings):
    scheduler = getattr(diffusers, name)(**dict(settings))
    return scheduler, dict(scheduler.config)


def made(name, config):
    """The reference's scheduler of these settings; one is kept for all that are LATE.

    All are set again each time: some schedulers change their own.
    """
    early = {key: value for key, value in config.items() if key not in LATE}
    scheduler, made_with = _made(name, tuple(sorted(early.items())))
    late = {key: value for key, value in config.items() if key in LATE}
    scheduler.register_to_config(**made_with | late)
    return scheduler


@cache
def _weight(sigmas, order, t, current_order):
    """LMS's weight of one slope; the reference integrates in the precision of its sigmas."""
    exact = SimpleNamespace(sigmas=torch.tensor(sigmas, dtype=torch.float64))
    return diffusers.LMSDiscreteScheduler.get_lms_coefficient(exact, order, t, current_order)


def reference(
    name,
    config,
    steps,
    model=model,
    begin=0,
    end=None,
    step=None,
    timing=None,
    precise=(),
    told=None,
    **plan,
):
    """The same by the reference.

    `step` and `timing` are further arguments of its step and set_timesteps. What `precise` names,
    the "predictions" it is given or the "weights" of LMS, are float64. `told` are timesteps for the
    model in place of the scheduler's own.
    """
    scheduler = made(name, config)
    scheduler.set_timesteps(**(plan or {"num_inference_steps": steps}), **(timing or {}))
    if hasattr(scheduler, "set_begin_index"):
        # Without it the reference skips a step when rounding makes its first two timesteps equal.
        scheduler.set_begin_index(begin)
    vars(scheduler).pop("get_lms_coefficient", None)  # of an earlier call
    if "weights" in precise:
        scheduler.get_lms_coefficient = partial(_weight, tuple(scheduler.sigmas.tolist()))
    takes = inspect.signature(scheduler.step).parameters
    x = noise(-1) * getattr(scheduler, "init_noise_sigma", 1.0)
    if begin > 0:
        t = scheduler.timesteps[begin].reshape(1)
        if hasattr(scheduler, "add_noise"):
            x = scheduler.add_noise(picture(), noise(-1), t)
        else:  # flow matching
            x = scheduler.scale_noise(picture(), t, noise(-1))
    count = len(scheduler.timesteps) if end is None else end
    if told is None or len(told) != len(scheduler.timesteps):
        told = scheduler.timesteps
    for i in range(begin, count):
        t = scheduler.timesteps[i]
        arguments = dict(step or {})
        if "generator" in takes:
            arguments["generator"] = torch.Generator().manual_seed(1000 + i)
        if "prev_timestep" in takes and i + 1 < count:
            arguments["prev_timestep"] = scheduler.timesteps[i + 1]
        scaled = scheduler.scale_model_input(x, t) if hasattr(scheduler, "add_noise") else x
        out = model(scaled, told[i])
        out = out.double() if "predictions" in precise else out
        x = scheduler.step(out, t, x, **arguments).prev_sample
    return scheduler, x


def difference(name, config, steps, *, extra=None, step=None, timing=None, precise=(), **how):
    """What is different between ours and the reference, or None.

    `extra` are settings of ours. Timesteps are compared by themselves: the model is told ours in
    both loops, or it would make much of their last digit. Where the reference divides 0 by 0, ours
    has to stay finite.
    """
    run, got = ours(name, config | (extra or {}), steps, **how)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, want = reference(
            name,
            config,
            steps,
            step=step,
            timing=timing,
            precise=precise,
            told=run.timesteps,
            **how,
        )
    if not want.isfinite().all():
        return None if got.isfinite().all() else "not finite"
    times = theirs.timesteps.to(run.timesteps.dtype)  # KDPM2 of the reference leaves float64
    if run.timesteps.shape != times.shape or not torch.allclose(
        run.timesteps, times, rtol=LIMIT, atol=1e-5
    ):
        return f"timesteps {run.timesteps.tolist()}, wanted {theirs.timesteps.tolist()}"
    sigma = float(getattr(theirs, "init_noise_sigma", 1.0))
    if not math.isclose(run.init_noise_sigma, sigma, rel_tol=1e-6):
        return f"init_noise_sigma {run.init_noise_sigma}, wanted {sigma}"
    error = ((got - want).abs().max() / want.abs().max()).item()
    return None if error <= LIMIT else f"relative error {error:.1e}"


def differences(name, configs, steps=STEPS, **how):
    """All that is different over a grid of settings, as lines of text; for `assert not`."""
    found = []
    for config, count in product(configs, steps):
        try:
            wrong = difference(name, config, count, **how)
        except Exception as error:
            wrong = f"{type(error).__name__}: {error}"
        if wrong:
            found.append(f"{name} {config} {count} steps: {wrong}")
    return found


def grid(*axes):
    """Every combination of the axes' settings, each one dictionary."""
    return [{k: v for part in parts for k, v in part.items()} for parts in product(*axes)]
