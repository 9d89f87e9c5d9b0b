"""Solvers of flow-matching models alone."""

from typing import Annotated, Any

from engine.diffusion.values import Scheduler
from engine.graph.spec import Migration, Range, node
from nodes.scheduler import AS_LOADED, CPU, Sigmas, change, tables

Shift = Annotated[float, Range(0, 20, step=0.1)]


def _shift_as_it_was(params: dict[str, Any]) -> dict[str, Any]:
    return {"shift": 1.0, **params}


@node(
    "scheduler.flow_euler",
    label="Flow Euler",
    version=2,
    migrations={1: Migration(edit=_shift_as_it_was)},
    runs_on=CPU,
)
def flow_euler(
    scheduler: Scheduler | None = None,
    shift: Shift = 0.0,
    sigmas: Sigmas = "plain",
    last: Annotated[float, Range(0, 0.99)] = 0.0,
    stochastic: bool = False,
) -> Scheduler:
    """Euler's method for flow-matching models (Esser et al. 2024); 20 to 30 steps.

    `shift` is higher for larger pictures; 0 is as loaded, or 1. `last` stretches the noise levels
    so that the last step begins there; 0 is as loaded. `stochastic` predicts the picture and noises
    it afresh at every step.
    """
    return _flow(
        scheduler,
        "FlowMatchEulerDiscreteScheduler",
        shift,
        shift_terminal=last or AS_LOADED,
        stochastic_sampling=stochastic,
        **tables(sigmas),
    )


@node(
    "scheduler.flow_heun",
    label="Flow Heun",
    version=2,
    migrations={1: Migration(edit=_shift_as_it_was)},
    runs_on=CPU,
)
def flow_heun(scheduler: Scheduler | None = None, shift: Shift = 0.0) -> Scheduler:
    """Heun's method for flow-matching models; two model calls a step.

    `shift` is higher for larger pictures; 0 is as loaded, or 1.
    """
    return _flow(scheduler, "FlowMatchHeunDiscreteScheduler", shift)


def _flow(scheduler: Scheduler | None, name: str, shift: float, **settings: Any) -> Scheduler:
    """The solver on the schedule of `scheduler`, or on its own defaults; a shift is constant."""
    if shift and name == "FlowMatchEulerDiscreteScheduler":
        settings["use_dynamic_shifting"] = False
    return change(scheduler or Scheduler(name), name, shift=shift or AS_LOADED, **settings)
