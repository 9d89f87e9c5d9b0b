"""Recorded runs: the latents of every step."""

from typing import Annotated

from engine.diffusion.values import Latents, Trajectory
from engine.graph.spec import Range, node


@node("trajectory.step", label="Step of a trajectory", runs_on="cpu")
def step(trajectory: Trajectory | None, step: Annotated[int, Range(-1000, 1000)] = -1) -> Latents:
    """The latents after `step` steps: 0 are the first ones, -1 the last."""
    from engine.diffusion.trajectories import step_of

    return step_of(trajectory, step)


@node("trajectory.sheet", label="Steps side by side", runs_on="cpu")
def sheet(trajectory: Trajectory | None, count: Annotated[int, Range(2, 64)] = 8) -> Latents:
    """`count` steps, spread evenly from the first to the last, as one batch of latents."""
    from engine.diffusion.trajectories import spread

    return spread(trajectory, count)
