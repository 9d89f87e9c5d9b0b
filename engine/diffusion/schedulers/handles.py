"""Between the scheduler that a wire carries (a class name and JSON) and the solver that runs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from engine.diffusion import values
from engine.diffusion.schedulers.base import Scheduler, runs_flow
from engine.diffusion.schedulers.registry import SCHEDULERS, from_json, scheduler_class
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


SWITCHES = {"on": True, "off": False}


def change(scheduler: values.Scheduler | None, class_name: str, **changes: Any) -> values.Scheduler:
    """The solver `class_name` on the noise schedule of `scheduler`, whichever solver that names.

    Changes that say "as loaded" are left out, "on" and "off" are switches; without a scheduler the
    schedule is Stable Diffusion's. A list of steps stays. Raises LoomError for a value or
    combination that the solver can't take.
    """
    config = scheduler.to_json() if scheduler else STABLE_DIFFUSION
    wanted = {
        name: SWITCHES.get(value, value) if isinstance(value, str) else value
        for name, value in changes.items()
        if value != AS_LOADED
    }
    solver = scheduler_class(class_name)
    _require_known(solver, wanted)
    changed = values.Scheduler.from_json(replace(solver.from_json(config), **wanted).to_json())
    if scheduler is None:
        return changed
    return replace(changed, timesteps=scheduler.timesteps, sigmas=scheduler.sigmas)


def _require_known(solver: type[Scheduler], settings: Iterable[str]) -> None:
    """Raise LoomError for a setting that the solver does not have, and name those that do."""
    for name in settings:
        if name not in solver.__dataclass_fields__:
            others = [key for key, kind in SCHEDULERS.items() if name in kind.__dataclass_fields__]
            raise LoomError(
                f"{solver.__name__} has no setting called {name}.",
                remedy=f"Leave it as loaded, or choose one of {', '.join(others)}.",
            )


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


def places(text: str, field: str) -> tuple[int, ...]:
    """The steps listed in a text, counted from 0; LoomError for anything else."""
    found = numbers(text, field)
    if not all(number >= 0 and number == int(number) for number in found):
        raise LoomError(f"{text!r} does not list steps, from 0 on.", field=field)
    return tuple(map(int, found))


def with_shift(scheduler: values.Scheduler, shift: float) -> values.Scheduler:
    """The scheduler of a flow-matching model with its noise levels shifted by `shift` alone."""
    found = solver(scheduler)
    if not runs_flow(scheduler.class_name, found.to_json()):
        raise LoomError(
            f"{scheduler.class_name} has no noise levels to shift: it does not run a flow-matching "
            "model here.",
            field="scheduler",
        )
    known = found.__dataclass_fields__
    fixed = {"use_dynamic_shifting": False} if "use_dynamic_shifting" in known else {}
    name = "shift" if "shift" in known else "flow_shift"
    return change(scheduler, scheduler.class_name, **{name: shift}, **fixed)


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
