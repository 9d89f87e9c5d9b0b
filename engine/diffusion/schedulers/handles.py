"""Between the scheduler that a wire carries (a class name and JSON) and the solver that runs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.diffusion import values
from engine.diffusion.schedulers.base import Scheduler
from engine.diffusion.schedulers.registry import from_json, scheduler_class
from engine.graph.errors import LoomError

# The noise schedule of Stable Diffusion 1 and 2, for models that come without one.
STABLE_DIFFUSION = {
    "num_train_timesteps": 1000,
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "steps_offset": 1,
    "clip_sample": False,
    "set_alpha_to_one": False,
}
AS_LOADED = "as loaded"


def change(scheduler: values.Scheduler | None, class_name: str, **changes: Any) -> values.Scheduler:
    """The solver `class_name` on the noise schedule of `scheduler`, whichever solver that names.

    Changes that say "as loaded" are left out; without a scheduler the schedule is Stable
    Diffusion's. Raises LoomError for a value or combination that the solver can't take.
    """
    config = scheduler.to_json() if scheduler else STABLE_DIFFUSION
    changes = {name: value for name, value in changes.items() if value != AS_LOADED}
    solver = replace(scheduler_class(class_name).from_json(config), **changes)
    return values.Scheduler.from_json(solver.to_json())


NAMED: dict[str, tuple[str, dict[str, Any]]] = {
    "DDIM": ("DDIMScheduler", {}),
    "DDPM": ("DDPMScheduler", {}),
    "PNDM": ("PNDMScheduler", {"skip_prk_steps": True}),
    "LMS": ("LMSDiscreteScheduler", {}),
    "Euler": ("EulerDiscreteScheduler", {}),
    "Euler ancestral": ("EulerAncestralDiscreteScheduler", {}),
    "Heun": ("HeunDiscreteScheduler", {}),
    "DPM2": ("KDPM2DiscreteScheduler", {}),
    "DPM2 ancestral": ("KDPM2AncestralDiscreteScheduler", {}),
    "DPM-Solver++ 2M": ("DPMSolverMultistepScheduler", {}),
    "DPM-Solver++ 2M Karras": ("DPMSolverMultistepScheduler", {"use_karras_sigmas": True}),
    "DPM-Solver++ 2M SDE": (
        "DPMSolverMultistepScheduler",
        {"algorithm_type": "sde-dpmsolver++"},
    ),
    "DPM-Solver++ singlestep": ("DPMSolverSinglestepScheduler", {"lower_order_final": True}),
    "DEIS": ("DEISMultistepScheduler", {}),
    "UniPC": ("UniPCMultistepScheduler", {}),
    "LCM": ("LCMScheduler", {}),
}
"""Solvers by the names that people call them: the class and its settings."""


def by_name(scheduler: values.Scheduler | None, name: str) -> values.Scheduler:
    """The solver that people call `name`, on the noise schedule of `scheduler`."""
    class_name, settings = NAMED[name]
    return change(scheduler, class_name, **settings)


def flow(scheduler: values.Scheduler | None, class_name: str, **changes: Any) -> values.Scheduler:
    """A solver for flow-matching models, on the schedule of `scheduler` or on its own defaults."""
    given = scheduler or values.Scheduler(class_name)
    return change(given, class_name, **changes)


def with_steps(scheduler: values.Scheduler, timesteps: str, sigmas: str) -> values.Scheduler:
    """The scheduler with the steps listed in a text, "999, 850, 0"; LoomError for what is none."""
    times, levels = numbers(timesteps, "timesteps"), numbers(sigmas, "sigmas")
    if bool(times) == bool(levels):
        raise LoomError(
            "The steps to visit are given as timesteps or as sigmas, and here is "
            + ("both." if levels else "neither."),
            field="timesteps",
            remedy="List one of the two.",
        )
    found = replace(scheduler, timesteps=times, sigmas=levels)
    solver(found).start(None, timesteps=times or None, sigmas=levels or None)
    return found


def numbers(text: str, field: str) -> tuple[float, ...]:
    """The numbers of a text, apart by commas, spaces or lines; LoomError for anything else."""
    try:
        return tuple(map(float, text.replace(",", " ").split()))
    except ValueError as error:
        raise LoomError(
            f"{text!r} is no list of numbers.", field=field, remedy="Write 999, 850, 700."
        ) from error


def with_noise(
    scheduler: values.Scheduler,
    prediction: str,
    betas: str,
    beta_start: float,
    beta_end: float,
    zero_terminal_snr: str,
) -> values.Scheduler:
    """The scheduler on another noise schedule; "as loaded" and betas of 0 change nothing."""
    changes: dict[str, Any] = {
        "prediction_type": prediction,
        "beta_schedule": betas,
        "beta_start": beta_start or AS_LOADED,
        "beta_end": beta_end or AS_LOADED,
        "rescale_betas_zero_snr": (
            AS_LOADED if zero_terminal_snr == AS_LOADED else zero_terminal_snr == "on"
        ),
    }
    return change(scheduler, scheduler.class_name, **changes)


def solver(scheduler: values.Scheduler) -> Scheduler:
    """The solver that a wire's scheduler describes; LoomError when there is none of that name."""
    try:
        return from_json(scheduler.to_json())
    except LoomError as error:
        error.remedy = error.remedy or "Put one of the scheduler nodes between it and the loop."
        raise error.at("", "scheduler") from None


def inverse(scheduler: values.Scheduler) -> values.Scheduler:
    """DDIM's inverse on the noise schedule of `scheduler`; an inverse one as it is."""
    if scheduler.class_name == "DDIMInverseScheduler":
        return scheduler
    return change(scheduler, "DDIMInverseScheduler")
