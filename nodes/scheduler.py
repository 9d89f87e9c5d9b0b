"""Solvers. Each takes the noise schedule and prediction type of the model's own scheduler."""

from typing import Annotated, Literal

from engine.diffusion.values import Scheduler
from engine.graph.spec import Range, node

Spacing = Literal["as loaded", "leading", "linspace", "trailing"]
Sigmas = Literal["plain", "karras", "exponential", "beta"]


@node("scheduler.ddim", label="DDIM")
def ddim(
    scheduler: Scheduler | None = None,
    eta: Annotated[float, Range(0, 1)] = 0.0,
    spacing: Spacing = "as loaded",
) -> Scheduler:
    """Denoising diffusion implicit models (Song et al. 2021); 25 to 50 steps.

    `eta` is how much of the noise of ancestral sampling each step adds. Without a scheduler joined
    to it, the noise schedule is Stable Diffusion's.
    """
    from engine.diffusion.schedulers.handles import change

    return change(scheduler, "DDIMScheduler", eta=eta, timestep_spacing=spacing)


@node("scheduler.euler", label="Euler")
def euler(
    scheduler: Scheduler | None = None,
    sigmas: Sigmas = "plain",
    spacing: Spacing = "as loaded",
) -> Scheduler:
    """Euler's method in sigma (Karras et al. 2022, algorithm 2 without churn); 20 to 30 steps.

    `sigmas` says how noise levels are spread over the steps. Without a scheduler joined to it, the
    noise schedule is Stable Diffusion's.
    """
    from engine.diffusion.schedulers.handles import change

    return change(scheduler, "EulerDiscreteScheduler", timestep_spacing=spacing, **_tables(sigmas))


@node("scheduler.dpm_solver_pp_2m", label="DPM-Solver++ 2M")
def dpm_solver_pp_2m(
    scheduler: Scheduler | None = None,
    sigmas: Sigmas = "plain",
    spacing: Spacing = "as loaded",
) -> Scheduler:
    """DPM-Solver++ multistep of second order (Lu et al. 2022); good from about 15 steps on.

    `sigmas` says how noise levels are spread over the steps. Without a scheduler joined to it, the
    noise schedule is Stable Diffusion's.
    """
    from engine.diffusion.schedulers.handles import change

    return change(
        scheduler,
        "DPMSolverMultistepScheduler",
        solver_order=2,
        timestep_spacing=spacing,
        **_tables(sigmas),
    )


def _tables(sigmas: Sigmas) -> dict[str, bool]:
    return {f"use_{name}_sigmas": name == sigmas for name in ("karras", "exponential", "beta")}
