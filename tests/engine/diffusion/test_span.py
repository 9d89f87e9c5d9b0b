import pytest
import torch

from engine.diffusion.schedulers.ddim import DDIMScheduler
from engine.diffusion.schedulers.run import SchedulerRun
from engine.diffusion.span import Span
from engine.graph.errors import LoomError

DDIM = DDIMScheduler(timestep_spacing="leading", steps_offset=1)


class Second(SchedulerRun):
    """Timesteps of a solver of second order: each step but the last asks the model twice."""

    def __init__(self) -> None:
        self.timesteps = torch.tensor([999, 799, 799, 599, 599, 399, 399, 199, 199])

    @property
    def starts(self):
        return range(0, 9, 2)

    def step(self, i, prediction, sample, noise=None):
        return sample

    def add_noise(self, i, sample, noise):
        return sample


@pytest.mark.parametrize("steps", [1, 7, 25, 40])
@pytest.mark.parametrize("fraction", [0.1, 0.5, 0.8, 0.99])
def test_an_ensemble_of_experts_does_every_step_once(steps: int, fraction: float):
    run = DDIM.start(steps)
    try:
        first = Span("noise", end=fraction).indices(run, 1000)
    except LoomError:
        first = (0, 0)
    try:
        second = Span("continue", start=fraction).indices(run, 1000)
    except LoomError:
        second = (steps, steps)
    assert first[0] == 0 and first[1] == second[0] and second[1] == steps
    cutoff = round(1000 - fraction * 1000)
    assert all(t >= cutoff for t in run.timesteps[: first[1]])
    assert all(t < cutoff for t in run.timesteps[second[0] :])


@pytest.mark.parametrize("cut", [0.1, 0.3, 0.5, 0.8])
def test_solvers_of_second_order_are_cut_between_steps(cut: float):
    run = Second()
    first, second = Span(end=cut).indices(run, 1000), Span("continue", start=cut).indices(run, 1000)
    assert first[1] == second[0] and first[1] % 2 == 0


@pytest.mark.parametrize(
    ("strength", "skipped"), [(1.0, 0), (0.99, 1), (0.8, 10), (0.5, 25), (0.02, 49)]
)
def test_strength_is_the_share_of_the_last_steps(strength: float, skipped: int):
    assert Span("renoise", strength).indices(DDIM.start(50), 1000) == (skipped, 50)


def test_strength_counts_steps_not_model_calls():
    assert Span("renoise", 0.4).indices(Second(), 1000) == (6, 9)


@pytest.mark.parametrize(
    ("span", "message"),
    [
        (Span("renoise", 0.01), "25 steps at strength 0.01 .* at least 0.04, or more steps"),
        (Span("continue", start=0.8, end=0.8), "can't go on at 0.8 and end at 0.8"),
        (Span("continue", start=0.9, end=0.2), "Start before the end"),
        (Span("renoise", 0.1, end=0.5), "lies between strength 0.1 and 0.5"),
        (Span(end=0.0), "lies between 0 and 0 "),
    ],
)
def test_a_part_with_nothing_in_it_is_refused(span: Span, message: str):
    with pytest.raises(LoomError, match=message):
        span.indices(DDIM.start(25), 1000)
