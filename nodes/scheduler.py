"""Solvers that walk through the trained timesteps, or from sigma to sigma.

Each takes the noise schedule and prediction type of the model's own scheduler; without a scheduler
joined to it these are Stable Diffusion's. What many solvers share is set by the schedule nodes.
"""

from typing import Annotated, Any, Literal

from engine.diffusion.values import Scheduler
from engine.graph.spec import Range, node

AS_LOADED = "as loaded"
Switch = Literal["as loaded", "on", "off"]
Spacing = Literal["as loaded", "leading", "linspace", "trailing"]
Sigmas = Literal["plain", "karras", "exponential", "beta", "as loaded"]
End = Literal["as loaded", "zero", "sigma_min"]
CPU = "cpu"


@node("scheduler.ddpm", label="DDPM", runs_on=CPU)
def ddpm(
    scheduler: Scheduler | None = None,
    spacing: Spacing = "as loaded",
    variance: Literal[
        "as loaded", "fixed_small", "fixed_small_log", "fixed_large", "learned", "learned_range"
    ] = "as loaded",
) -> Scheduler:
    """Ancestral sampling as diffusion models began (Ho et al. 2020); hundreds of steps.

    It adds noise at every step. `variance` is that of the noise: the smaller or the larger of the
    paper's two, or what the model says in a second half of its channels.
    """
    return change(scheduler, "DDPMScheduler", timestep_spacing=spacing, variance_type=variance)


@node("scheduler.ddim", label="DDIM", runs_on=CPU)
def ddim(
    scheduler: Scheduler | None = None,
    eta: Annotated[float, Range(0, 1)] = 0.0,
    spacing: Spacing = "as loaded",
    follow_clipped: bool = False,
    set_alpha_to_one: Switch = "as loaded",
) -> Scheduler:
    """Denoising diffusion implicit models (Song et al. 2021); 25 to 50 steps.

    `eta` is how much of the noise of ancestral sampling each step adds. With `follow_clipped` steps
    go along the noise that belongs to the clipped picture. `set_alpha_to_one` ends at the clean
    picture, not at the noise of the first timestep.
    """
    return change(
        scheduler,
        "DDIMScheduler",
        eta=eta,
        timestep_spacing=spacing,
        use_clipped_model_output=follow_clipped,
        set_alpha_to_one=set_alpha_to_one,
    )


@node("scheduler.ddim_inverse", label="DDIM inverse", runs_on=CPU)
def ddim_inverse(
    scheduler: Scheduler | None = None,
    spacing: Literal["as loaded", "leading", "trailing"] = "as loaded",
    set_alpha_to_one: Switch = "as loaded",
) -> Scheduler:
    """DDIM backwards, from a picture to the noise that it would have been made of.

    `set_alpha_to_one` begins with a clean picture, not with the noise of the first timestep.
    """
    return change(
        scheduler,
        "DDIMInverseScheduler",
        timestep_spacing=spacing,
        set_alpha_to_one=set_alpha_to_one,
    )


@node("scheduler.pndm", label="PNDM (PLMS)", runs_on=CPU)
def pndm(
    scheduler: Scheduler | None = None,
    warm_up: bool = False,
    spacing: Spacing = "as loaded",
    set_alpha_to_one: Switch = "as loaded",
) -> Scheduler:
    """Pseudo numerical methods of fourth order (Liu et al. 2022); 25 to 50 steps.

    `warm_up` begins with Runge-Kutta steps of four model calls each. `set_alpha_to_one` ends at the
    clean picture, not at the noise of the first timestep.
    """
    return change(
        scheduler,
        "PNDMScheduler",
        skip_prk_steps=not warm_up,
        timestep_spacing=spacing,
        set_alpha_to_one=set_alpha_to_one,
    )


@node("scheduler.lcm", label="LCM", runs_on=CPU)
def lcm(
    scheduler: Scheduler | None = None,
    distilled_steps: Annotated[int, Range(1, 1000)] = 50,
    timestep_scaling: Annotated[float, Range(0, 1000)] = 0.0,
) -> Scheduler:
    """For latent consistency models and LCM-LoRA (Luo et al. 2023); 1 to 8 steps.

    `distilled_steps` is over how many the model was distilled. `timestep_scaling` is how fast its
    output takes over from its input; 0 is as loaded, 10 is usual.
    """
    return change(
        scheduler,
        "LCMScheduler",
        original_inference_steps=distilled_steps,
        timestep_scaling=timestep_scaling or AS_LOADED,
    )


@node("scheduler.unclip", label="UnCLIP", runs_on=CPU)
def unclip(
    scheduler: Scheduler | None = None,
    variance: Literal["as loaded", "fixed_small_log", "learned_range"] = "as loaded",
) -> Scheduler:
    """For unCLIP's priors and decoders (Ramesh et al. 2022); 7 to 25 steps.

    They were trained on the cosine schedule. `variance` is that of the noise it adds at every step:
    the smallest, or what the model says in a second half of its channels.
    """
    given = scheduler or Scheduler("UnCLIPScheduler")
    return change(given, "UnCLIPScheduler", variance_type=variance)


@node("scheduler.lms", label="LMS", runs_on=CPU)
def lms(
    scheduler: Scheduler | None = None, sigmas: Sigmas = "plain", spacing: Spacing = "as loaded"
) -> Scheduler:
    """Linear multistep in sigma, up to fourth order; 25 to 50 steps."""
    return in_sigma(scheduler, "LMSDiscreteScheduler", sigmas, spacing)


@node("scheduler.euler", label="Euler", runs_on=CPU)
def euler(
    scheduler: Scheduler | None = None,
    sigmas: Sigmas = "plain",
    spacing: Spacing = "as loaded",
    end: End = "as loaded",
    smallest: Annotated[float, Range(0, 1000)] = 0.0,
    largest: Annotated[float, Range(0, 100000)] = 0.0,
    interpolation: Literal["as loaded", "linear", "log_linear"] = "as loaded",
    timesteps: Literal["as loaded", "discrete", "continuous"] = "as loaded",
) -> Scheduler:
    """Euler's method in sigma (Karras et al. 2022, algorithm 2 without churn); 20 to 30 steps.

    `sigmas` says how noise levels are spread over the steps, from the `largest` to the `smallest`
    (0: as loaded), and `end` whether the last step goes on to the clean picture. `interpolation`
    is that of plain sigmas between trained ones. Some v models are told `continuous` timesteps,
    log(sigma) / 4.
    """
    return in_sigma(
        scheduler,
        "EulerDiscreteScheduler",
        sigmas,
        spacing,
        final_sigmas_type=end,
        sigma_min=smallest or AS_LOADED,
        sigma_max=largest or AS_LOADED,
        interpolation_type=interpolation,
        timestep_type=timesteps,
    )


@node("scheduler.euler_ancestral", label="Euler ancestral", runs_on=CPU)
def euler_ancestral(
    scheduler: Scheduler | None = None, spacing: Spacing = "as loaded"
) -> Scheduler:
    """Euler's method with fresh noise at every step; 20 to 30 steps, and one for SDXL Turbo."""
    return change(scheduler, "EulerAncestralDiscreteScheduler", timestep_spacing=spacing)


@node("scheduler.heun", label="Heun", runs_on=CPU)
def heun(
    scheduler: Scheduler | None = None, sigmas: Sigmas = "plain", spacing: Spacing = "as loaded"
) -> Scheduler:
    """Heun's method (Karras et al. 2022, algorithm 1 without churn); two model calls a step."""
    return in_sigma(scheduler, "HeunDiscreteScheduler", sigmas, spacing)


@node("scheduler.dpm2", label="DPM2", runs_on=CPU)
def dpm2(
    scheduler: Scheduler | None = None, sigmas: Sigmas = "plain", spacing: Spacing = "as loaded"
) -> Scheduler:
    """The midpoint method in log sigma (Lu et al. 2022, DPM-Solver-2); two model calls a step."""
    return in_sigma(scheduler, "KDPM2DiscreteScheduler", sigmas, spacing)


@node("scheduler.dpm2_ancestral", label="DPM2 ancestral", runs_on=CPU)
def dpm2_ancestral(
    scheduler: Scheduler | None = None, sigmas: Sigmas = "plain", spacing: Spacing = "as loaded"
) -> Scheduler:
    """DPM2 with fresh noise at every step."""
    return in_sigma(scheduler, "KDPM2AncestralDiscreteScheduler", sigmas, spacing)


def change(scheduler: Scheduler | None, name: str, **settings: Any) -> Scheduler:
    """The solver called `name` on the schedule of `scheduler`, with these settings."""
    from engine.diffusion.schedulers import handles

    return handles.change(scheduler, name, **settings)


def in_sigma(
    scheduler: Scheduler | None, name: str, sigmas: str, spacing: Spacing, **settings: Any
) -> Scheduler:
    """A solver with one of the three sigma tables, or with the plain one."""
    return change(scheduler, name, timestep_spacing=spacing, **tables(sigmas), **settings)


def tables(sigmas: str, *more: str) -> dict[str, bool]:
    """The switches of the sigma tables, some solvers having `more` of them."""
    if sigmas == AS_LOADED:
        return {}
    return {
        **{f"use_{name}_sigmas": name == sigmas for name in ("karras", "exponential", "beta")},
        **{f"use_{name}_lambdas": name == sigmas for name in more},
    }
