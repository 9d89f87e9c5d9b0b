"""Solvers. Each takes the noise schedule and prediction type of the model's own scheduler.

Without a scheduler joined to it, the noise schedule is Stable Diffusion's.
"""

from typing import Annotated, Any, Literal

from engine.diffusion.values import Scheduler
from engine.graph.spec import Range, node

Spacing = Literal["as loaded", "leading", "linspace", "trailing"]
Sigmas = Literal["plain", "karras", "exponential", "beta"]
Order = Annotated[int, Range(1, 3)]
CPU = "cpu"


@node("scheduler.ddpm", label="DDPM", runs_on=CPU)
def ddpm(scheduler: Scheduler | None = None, spacing: Spacing = "as loaded") -> Scheduler:
    """Ancestral sampling as diffusion models began (Ho et al. 2020); hundreds of steps.

    It adds noise at every step.
    """
    return _change(scheduler, "DDPMScheduler", spacing)


@node("scheduler.ddim", label="DDIM", runs_on=CPU)
def ddim(
    scheduler: Scheduler | None = None,
    eta: Annotated[float, Range(0, 1)] = 0.0,
    spacing: Spacing = "as loaded",
) -> Scheduler:
    """Denoising diffusion implicit models (Song et al. 2021); 25 to 50 steps.

    `eta` is how much of the noise of ancestral sampling each step adds.
    """
    return _change(scheduler, "DDIMScheduler", spacing, eta=eta)


@node("scheduler.ddim_inverse", label="DDIM inverse", runs_on=CPU)
def ddim_inverse(scheduler: Scheduler | None = None) -> Scheduler:
    """DDIM backwards, from a picture to the noise that it would have been made of."""
    return _change(scheduler, "DDIMInverseScheduler")


@node("scheduler.pndm", label="PNDM (PLMS)", runs_on=CPU)
def pndm(scheduler: Scheduler | None = None, warm_up: bool = False) -> Scheduler:
    """Pseudo numerical methods of fourth order (Liu et al. 2022); 25 to 50 steps.

    `warm_up` begins with Runge-Kutta steps of four model calls each.
    """
    return _change(scheduler, "PNDMScheduler", skip_prk_steps=not warm_up)


@node("scheduler.lms", label="LMS", runs_on=CPU)
def lms(
    scheduler: Scheduler | None = None, sigmas: Sigmas = "plain", spacing: Spacing = "as loaded"
) -> Scheduler:
    """Linear multistep in sigma, up to fourth order; 25 to 50 steps."""
    return _change(scheduler, "LMSDiscreteScheduler", spacing, sigmas)


@node("scheduler.euler", label="Euler", runs_on=CPU)
def euler(
    scheduler: Scheduler | None = None, sigmas: Sigmas = "plain", spacing: Spacing = "as loaded"
) -> Scheduler:
    """Euler's method in sigma (Karras et al. 2022, algorithm 2 without churn); 20 to 30 steps.

    `sigmas` says how noise levels are spread over the steps.
    """
    return _change(scheduler, "EulerDiscreteScheduler", spacing, sigmas)


@node("scheduler.euler_ancestral", label="Euler ancestral", runs_on=CPU)
def euler_ancestral(
    scheduler: Scheduler | None = None, spacing: Spacing = "as loaded"
) -> Scheduler:
    """Euler's method with fresh noise at every step; 20 to 30 steps, and one for SDXL Turbo."""
    return _change(scheduler, "EulerAncestralDiscreteScheduler", spacing)


@node("scheduler.heun", label="Heun", runs_on=CPU)
def heun(
    scheduler: Scheduler | None = None, sigmas: Sigmas = "plain", spacing: Spacing = "as loaded"
) -> Scheduler:
    """Heun's method (Karras et al. 2022, algorithm 1 without churn); two model calls a step."""
    return _change(scheduler, "HeunDiscreteScheduler", spacing, sigmas)


@node("scheduler.dpm2", label="DPM2", runs_on=CPU)
def dpm2(
    scheduler: Scheduler | None = None, sigmas: Sigmas = "plain", spacing: Spacing = "as loaded"
) -> Scheduler:
    """The midpoint method in log sigma (Lu et al. 2022, DPM-Solver-2); two model calls a step."""
    return _change(scheduler, "KDPM2DiscreteScheduler", spacing, sigmas)


@node("scheduler.dpm2_ancestral", label="DPM2 ancestral", runs_on=CPU)
def dpm2_ancestral(
    scheduler: Scheduler | None = None, sigmas: Sigmas = "plain", spacing: Spacing = "as loaded"
) -> Scheduler:
    """DPM2 with fresh noise at every step."""
    return _change(scheduler, "KDPM2AncestralDiscreteScheduler", spacing, sigmas)


@node("scheduler.dpm_solver_pp_2m", label="DPM-Solver++ 2M", runs_on=CPU)
def dpm_solver_pp_2m(
    scheduler: Scheduler | None = None, sigmas: Sigmas = "plain", spacing: Spacing = "as loaded"
) -> Scheduler:
    """DPM-Solver++ multistep of second order (Lu et al. 2022); good from about 15 steps on.

    `sigmas` says how noise levels are spread over the steps.
    """
    return _change(scheduler, "DPMSolverMultistepScheduler", spacing, sigmas, solver_order=2)


@node("scheduler.dpm_solver", label="DPM-Solver multistep", runs_on=CPU)
def dpm_solver(
    scheduler: Scheduler | None = None,
    algorithm: Literal["dpmsolver++", "dpmsolver", "sde-dpmsolver++", "sde-dpmsolver"] = (
        "dpmsolver++"
    ),
    order: Order = 2,
    solver: Literal["midpoint", "heun"] = "midpoint",
    sigmas: Sigmas = "plain",
    spacing: Spacing = "as loaded",
    euler_at_final: bool = False,
) -> Scheduler:
    """The whole family of multistep DPM-Solvers (Lu et al. 2022).

    The ++ ones follow the predicted picture, the others the noise; the sde ones add noise at every
    step. Order 3 is for unguided runs.
    """
    return _change(
        scheduler,
        "DPMSolverMultistepScheduler",
        spacing,
        sigmas,
        algorithm_type=algorithm,
        solver_order=order,
        solver_type=solver,
        euler_at_final=euler_at_final,
        **_last_sigma(algorithm.endswith("++")),
    )


@node("scheduler.dpm_solver_singlestep", label="DPM-Solver singlestep", runs_on=CPU)
def dpm_solver_singlestep(
    scheduler: Scheduler | None = None,
    algorithm: Literal["dpmsolver++", "dpmsolver", "sde-dpmsolver++"] = "dpmsolver++",
    order: Order = 2,
    sigmas: Sigmas = "plain",
) -> Scheduler:
    """DPM-Solver whose steps of higher order forget the ones before; 20 or more model calls."""
    return _change(
        scheduler,
        "DPMSolverSinglestepScheduler",
        "as loaded",
        sigmas,
        algorithm_type=algorithm,
        solver_order=order,
        lower_order_final=True,
        **_last_sigma(algorithm.endswith("++")),
    )


@node("scheduler.deis", label="DEIS", runs_on=CPU)
def deis(
    scheduler: Scheduler | None = None,
    order: Order = 2,
    sigmas: Sigmas = "plain",
    spacing: Spacing = "as loaded",
) -> Scheduler:
    """Exponential integrator with polynomials in log rho (Zhang and Chen 2023); 15 to 25 steps."""
    return _change(scheduler, "DEISMultistepScheduler", spacing, sigmas, solver_order=order)


@node("scheduler.unipc", label="UniPC", runs_on=CPU)
def unipc(
    scheduler: Scheduler | None = None,
    order: Order = 2,
    variant: Literal["bh2", "bh1"] = "bh2",
    sigmas: Sigmas = "plain",
    spacing: Spacing = "as loaded",
) -> Scheduler:
    """Predictor and corrector of one form (Zhao et al. 2023); good from about 8 steps on.

    `variant` bh1 is for unguided runs.
    """
    return _change(
        scheduler,
        "UniPCMultistepScheduler",
        spacing,
        sigmas,
        solver_order=order,
        solver_type=variant,
        **_last_sigma(variant == "bh2"),
    )


@node("scheduler.lcm", label="LCM", runs_on=CPU)
def lcm(
    scheduler: Scheduler | None = None,
    distilled_steps: Annotated[int, Range(1, 1000)] = 50,
) -> Scheduler:
    """For latent consistency models and LCM-LoRA (Luo et al. 2023); 1 to 8 steps."""
    return _change(scheduler, "LCMScheduler", original_inference_steps=distilled_steps)


@node("scheduler.flow_euler", label="Flow Euler", runs_on=CPU)
def flow_euler(
    scheduler: Scheduler | None = None,
    shift: Annotated[float, Range(0.1, 20, step=0.1)] = 1.0,
    sigmas: Sigmas = "plain",
) -> Scheduler:
    """Euler's method for flow-matching models (Esser et al. 2024); 20 to 30 steps.

    `shift` is higher for larger pictures.
    """
    from engine.diffusion.schedulers.handles import flow

    return flow(scheduler, "FlowMatchEulerDiscreteScheduler", shift=shift, **_tables(sigmas))


@node("scheduler.flow_heun", label="Flow Heun", runs_on=CPU)
def flow_heun(
    scheduler: Scheduler | None = None,
    shift: Annotated[float, Range(0.1, 20, step=0.1)] = 1.0,
) -> Scheduler:
    """Heun's method for flow-matching models; two model calls a step."""
    from engine.diffusion.schedulers.handles import flow

    return flow(scheduler, "FlowMatchHeunDiscreteScheduler", shift=shift)


def _change(
    scheduler: Scheduler | None,
    name: str,
    spacing: str = "as loaded",
    sigmas: Sigmas | None = None,
    **settings: Any,
) -> Scheduler:
    from engine.diffusion.schedulers.handles import change

    if spacing != "as loaded":
        settings["timestep_spacing"] = spacing
    tables = _tables(sigmas) if sigmas else {}
    return change(scheduler, name, **tables, **settings)


def _tables(sigmas: Sigmas) -> dict[str, bool]:
    return {f"use_{name}_sigmas": name == sigmas for name in ("karras", "exponential", "beta")}


def _last_sigma(reaches_zero: bool) -> dict[str, str]:
    """Solvers that can't step to sigma = 0 end at the smallest that the model was trained on."""
    return {} if reaches_zero else {"final_sigmas_type": "sigma_min"}
