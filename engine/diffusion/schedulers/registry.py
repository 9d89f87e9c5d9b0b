"""Schedulers by the class name that scheduler_config.json files give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.diffusion.schedulers.base import Scheduler
from engine.diffusion.schedulers.ddim import DDIMScheduler
from engine.diffusion.schedulers.ddim_inverse import DDIMInverseScheduler
from engine.diffusion.schedulers.ddpm import DDPMScheduler
from engine.diffusion.schedulers.deis_multistep import DEISMultistepScheduler
from engine.diffusion.schedulers.dpmsolver_multistep import DPMSolverMultistepScheduler
from engine.diffusion.schedulers.dpmsolver_singlestep import DPMSolverSinglestepScheduler
from engine.diffusion.schedulers.euler import EulerDiscreteScheduler
from engine.diffusion.schedulers.euler_ancestral import EulerAncestralDiscreteScheduler
from engine.diffusion.schedulers.flow_match_euler import FlowMatchEulerDiscreteScheduler
from engine.diffusion.schedulers.flow_match_heun import FlowMatchHeunDiscreteScheduler
from engine.diffusion.schedulers.heun import HeunDiscreteScheduler
from engine.diffusion.schedulers.kdpm2 import KDPM2DiscreteScheduler
from engine.diffusion.schedulers.kdpm2_ancestral import KDPM2AncestralDiscreteScheduler
from engine.diffusion.schedulers.lcm import LCMScheduler
from engine.diffusion.schedulers.lms import LMSDiscreteScheduler
from engine.diffusion.schedulers.pndm import PNDMScheduler
from engine.diffusion.schedulers.unclip import UnCLIPScheduler
from engine.diffusion.schedulers.unipc_multistep import UniPCMultistepScheduler
from engine.graph.errors import LoomError

SCHEDULERS: dict[str, type[Scheduler]] = {
    solver.__name__: solver
    for solver in (
        DDIMInverseScheduler,
        DDIMScheduler,
        DDPMScheduler,
        DEISMultistepScheduler,
        DPMSolverMultistepScheduler,
        DPMSolverSinglestepScheduler,
        EulerAncestralDiscreteScheduler,
        EulerDiscreteScheduler,
        FlowMatchEulerDiscreteScheduler,
        FlowMatchHeunDiscreteScheduler,
        HeunDiscreteScheduler,
        KDPM2AncestralDiscreteScheduler,
        KDPM2DiscreteScheduler,
        LCMScheduler,
        LMSDiscreteScheduler,
        PNDMScheduler,
        UnCLIPScheduler,
        UniPCMultistepScheduler,
    )
}


def scheduler_class(name: str) -> type[Scheduler]:
    """The scheduler class called `name`; LoomError names those there are."""
    if name not in SCHEDULERS:
        raise LoomError(
            f"No scheduler is called {name!r}; there are {', '.join(sorted(SCHEDULERS))}."
        )
    return SCHEDULERS[name]


def from_json(config: Mapping[str, Any]) -> Scheduler:
    """The scheduler that a scheduler_config.json describes.

    To read a file of one solver as another (its noise schedule kept), call that class's `from_json`
    instead.
    """
    if not isinstance(config.get("_class_name"), str):
        raise LoomError(
            "The scheduler configuration has no _class_name: is it a scheduler_config.json?"
        )
    return scheduler_class(config["_class_name"]).from_json(config)


def swap(scheduler: Scheduler, name: str, **changes: Any) -> Scheduler:
    """`scheduler` as the solver called `name`: its noise schedule kept, then `changes` made."""
    return scheduler.swap(scheduler_class(name), **changes)
