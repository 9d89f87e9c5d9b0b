"""Latents out of recorded runs."""

from __future__ import annotations

import math

import torch

from engine.diffusion.schedulers.run import SchedulerRun
from engine.diffusion.values import Latents, Trajectory
from engine.graph.errors import LoomError


def step_of(trajectory: Trajectory | None, step: int) -> Latents:
    """The latents (B, C, h, w) after `step` steps; negative ones count from the end.

    Raises LoomError for a run that was not recorded, and for a step that it doesn't have.
    """
    path = recorded(trajectory)
    total = len(path.samples)
    if not -total <= step < total:
        raise LoomError(
            f"The trajectory has {total - 1} steps, and none is step {step}.",
            field="step",
            remedy=f"Choose {-total} to {total - 1}.",
        )
    return Latents(path.samples[step].clone(), path.space, path.factor)


def spread(trajectory: Trajectory | None, count: int) -> Latents:
    """`count` states, evenly from the first to the last, as one batch (count · B, C, h, w)."""
    path = recorded(trajectory)
    chosen = torch.linspace(0, len(path.samples) - 1, count).round().long()
    return Latents(path.samples[chosen].flatten(0, 1), path.space, path.factor)


def recorded(trajectory: Trajectory | None) -> Trajectory:
    """The trajectory; LoomError where the run was not recorded."""
    if trajectory is None:
        raise LoomError(
            "The run was not recorded, so its steps are gone.",
            field="trajectory",
            remedy="Switch record on at the node that denoises.",
        )
    return trajectory


def scale_at(run: SchedulerRun, i: int) -> float:
    """How many times as large the samples of `run` are before call `i` as an inversion's.

    DDIM's samples are sqrt(a) x0 + sqrt(1 - a) noise, of unit variance; those of solvers that work
    on x0 + sigma noise are sqrt(1 + sigma²) times as large (Karras et al. 2022, table 1).
    """
    if i >= len(run.timesteps):
        return 1.0
    one = torch.ones(1, 1, 1, 1, device=run.timesteps.device)
    both = (run.add_noise(i, one, 0 * one), run.add_noise(i, 0 * one, one))
    found = math.hypot(*map(float, both))
    return 1.0 if abs(found - 1) < 1e-3 else found
