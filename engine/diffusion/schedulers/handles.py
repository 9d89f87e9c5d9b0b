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
