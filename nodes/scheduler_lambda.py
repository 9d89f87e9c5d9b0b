"""Solvers that integrate in lambda, half the log-SNR: the fastest ones.

They run flow-matching models too, where the scheduler joined to them is one of such a model.
"""

from typing import Annotated, Any, Literal

from engine.diffusion.values import Scheduler
from engine.graph.spec import Range, node
from nodes.scheduler import AS_LOADED, CPU, End, Sigmas, Spacing, Switch, in_sigma, tables

Order = Annotated[int, Range(1, 3)]
Clip = Annotated[float, Range(-100, 0)]
SolverType = Literal["midpoint", "heun"]


@node("scheduler.dpm_solver_pp_2m", label="DPM-Solver++ 2M", runs_on=CPU)
def dpm_solver_pp_2m(
    scheduler: Scheduler | None = None, sigmas: Sigmas = "plain", spacing: Spacing = "as loaded"
) -> Scheduler:
    """DPM-Solver++ multistep of second order (Lu et al. 2022); good from about 15 steps on.

    `sigmas` says how noise levels are spread over the steps.
    """
    return in_sigma(scheduler, "DPMSolverMultistepScheduler", sigmas, spacing, solver_order=2)


@node("scheduler.dpm_solver", label="DPM-Solver multistep", runs_on=CPU)
def dpm_solver(
    scheduler: Scheduler | None = None,
    algorithm: Literal["dpmsolver++", "dpmsolver", "sde-dpmsolver++", "sde-dpmsolver"] = (
        "dpmsolver++"
    ),
    order: Order = 2,
    solver: SolverType = "midpoint",
    sigmas: Literal["plain", "karras", "exponential", "beta", "lu", "as loaded"] = "plain",
    spacing: Spacing = "as loaded",
    euler_at_final: bool = False,
    lower_order_final: Switch = "as loaded",
    end: End = "as loaded",
    clip_lambda: Clip = 0.0,
    learned_variance: bool = False,
) -> Scheduler:
    """The whole family of multistep DPM-Solvers (Lu et al. 2022).

    The ++ ones follow the predicted picture, the others the noise; the sde ones add noise at every
    step. Order 3 is for unguided runs. The table `lu` is even in lambda. `end` says whether the
    last step goes on to the clean picture, which only the ++ ones can. `clip_lambda` leaves out
    noisier levels, -5.1 for the cosine schedule; 0 is as loaded. `learned_variance` is for models
    that predict one.
    """
    return in_sigma(
        scheduler,
        "DPMSolverMultistepScheduler",
        "as loaded",
        spacing,
        algorithm_type=algorithm,
        solver_order=order,
        solver_type=solver,
        euler_at_final=euler_at_final,
        lower_order_final=lower_order_final,
        **tables(sigmas, "lu"),
        **_of_both(end, algorithm.endswith("++"), clip_lambda, learned_variance),
    )


@node("scheduler.dpm_solver_singlestep", label="DPM-Solver singlestep", runs_on=CPU)
def dpm_solver_singlestep(
    scheduler: Scheduler | None = None,
    algorithm: Literal["dpmsolver++", "dpmsolver", "sde-dpmsolver++"] = "dpmsolver++",
    order: Order = 2,
    sigmas: Sigmas = "plain",
    solver: SolverType = "midpoint",
    lower_order_final: Switch = "on",
    end: End = "as loaded",
    clip_lambda: Clip = 0.0,
    learned_variance: bool = False,
) -> Scheduler:
    """DPM-Solver whose steps of higher order forget the ones before; 20 or more model calls.

    The settings are those of DPM-Solver multistep.
    """
    return in_sigma(
        scheduler,
        "DPMSolverSinglestepScheduler",
        sigmas,
        "as loaded",
        algorithm_type=algorithm,
        solver_order=order,
        solver_type=solver,
        lower_order_final=lower_order_final,
        **_of_both(end, algorithm.endswith("++"), clip_lambda, learned_variance),
    )


@node("scheduler.deis", label="DEIS", runs_on=CPU)
def deis(
    scheduler: Scheduler | None = None,
    order: Order = 2,
    sigmas: Sigmas = "plain",
    spacing: Spacing = "as loaded",
    lower_order_final: Switch = "as loaded",
) -> Scheduler:
    """Exponential integrator with polynomials in log rho (Zhang and Chen 2023); 15 to 25 steps."""
    return in_sigma(
        scheduler,
        "DEISMultistepScheduler",
        sigmas,
        spacing,
        solver_order=order,
        lower_order_final=lower_order_final,
    )


@node("scheduler.unipc", label="UniPC", runs_on=CPU)
def unipc(
    scheduler: Scheduler | None = None,
    order: Order = 2,
    variant: Literal["bh2", "bh1"] = "bh2",
    sigmas: Sigmas = "plain",
    spacing: Spacing = "as loaded",
    predict: Literal["picture", "noise"] = "picture",
    uncorrected: str = "",
    lower_order_final: Switch = "as loaded",
    end: End = "as loaded",
) -> Scheduler:
    """Predictor and corrector of one form (Zhao et al. 2023); good from about 8 steps on.

    `variant` bh1 is for unguided runs. `predict` is what is followed. The steps `uncorrected`,
    "0, 1, 2", stay as they were predicted: the first few, where strong guidance makes them jump.
    """
    from engine.diffusion.schedulers.handles import places

    return in_sigma(
        scheduler,
        "UniPCMultistepScheduler",
        sigmas,
        spacing,
        solver_order=order,
        solver_type=variant,
        predict_x0=predict == "picture",
        disable_corrector=places(uncorrected, "uncorrected"),
        lower_order_final=lower_order_final,
        final_sigmas_type=_last_sigma(end, variant == "bh2" and predict == "picture"),
    )


def _of_both(
    end: End, reaches_zero: bool, clip_lambda: float, learned_variance: bool
) -> dict[str, Any]:
    """Settings that both kinds of DPM-Solver have."""
    return {
        "final_sigmas_type": _last_sigma(end, reaches_zero),
        "lambda_min_clipped": clip_lambda or AS_LOADED,
        "variance_type": "learned_range" if learned_variance else AS_LOADED,
    }


def _last_sigma(end: End, reaches_zero: bool) -> str:
    """Solvers that can't step to sigma = 0 end at the smallest that the model was trained on."""
    return "sigma_min" if end == AS_LOADED and not reaches_zero else end
