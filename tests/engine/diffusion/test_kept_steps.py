"""An edited run goes on where it first differs, to the same numbers as a fresh one."""

from dataclasses import replace

import pytest
import torch

from engine.diffusion.guidance.classifier_free import ClassifierFree
from engine.diffusion.hooks.keep_outside import KeepOutside
from engine.diffusion.kept_steps import KeptSteps
from engine.diffusion.sampling import Job, Memory
from engine.diffusion.span import Span
from engine.diffusion.values import Conditioning, Latents, Noise, Scheduler

CONFIG = '{"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}'
SOLVERS = [
    Scheduler("DDIMScheduler", CONFIG.replace("}", ', "clip_sample": false, "eta": 1.0}')),
    Scheduler("EulerDiscreteScheduler", CONFIG),
    Scheduler("DPMSolverMultistepScheduler", CONFIG),
]


class Counting(torch.nn.Module):
    """A UNet whose answer depends on all it gets; it counts how often it was asked."""

    class config:
        in_channels = 4
        cross_attention_dim = 8

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(()))
        self.calls = 0

    def forward(self, sample, timestep, context):
        self.calls += 1
        told = context.mean(dim=(1, 2)).view(-1, 1, 1, 1)
        return torch.tanh(self.weight * sample + told + timestep / 1000)


def said(value: float) -> Conditioning:
    return Conditioning(torch.full((1, 3, 8), value))


def job(scheduler=SOLVERS[0], **changes) -> Job:
    given = {"positive": said(0.5), "negative": said(-0.2), "steps": 10, "guidance": 3.0}
    given |= {"latents": Latents(torch.zeros(2, 4, 3, 3), "tiny"), "noise": Noise((4,))}
    return Job(Counting(), scheduler, **{**given, **changes})


def calls_and_result(wanted: Job, memory: Memory | None, **options):
    wanted.unet.calls = 0
    found = wanted.run(memory=memory, **options)
    return wanted.unet.calls, found


CHAIN = replace(said(0.5), then=said(0.9), at=0.7)
EDITS = [
    ({}, 0),
    ({"span": Span(end=0.7)}, 0),
    ({"positive": CHAIN}, 3),
    ({"guidance": ClassifierFree((3.0,) * 6 + (5.0,) * 4)}, 4),
    ({"guidance": ClassifierFree(3.0, end=0.8)}, 2),
    ({"positive": said(0.6)}, 10),
    ({"noise": Noise((5,))}, 10),
    ({"steps": 11}, 11),
    ({"hooks": (KeepOutside(torch.ones(1, 1, 3, 3), torch.zeros(1, 4, 3, 3)),)}, 10),
]


@pytest.mark.parametrize("scheduler", SOLVERS, ids=lambda s: s.class_name)
@pytest.mark.parametrize(("edit", "expected"), EDITS, ids=[str(list(e)) for e, _ in EDITS])
def test_an_edit_runs_only_the_steps_that_differ(scheduler, edit, expected):
    memory = Memory(KeptSteps(), "model")
    first, _ = calls_and_result(job(scheduler, guidance=ClassifierFree(3.0)), memory)
    edit = {"guidance": ClassifierFree(3.0), **edit}
    calls, resumed = calls_and_result(job(scheduler, **edit), memory)
    _, fresh = calls_and_result(job(scheduler, **edit), None)
    assert (first, calls) == (10, expected)
    assert torch.equal(resumed.latents.samples, fresh.latents.samples)


def test_a_longer_part_goes_on_from_the_shorter():
    memory = Memory(KeptSteps(), "model")
    calls_and_result(job(span=Span(end=0.5)), memory)
    calls, whole = calls_and_result(job(), memory)
    assert calls == 5
    assert torch.equal(whole.latents.samples, job().run().latents.samples)


@pytest.mark.parametrize("span", [Span("renoise", 0.5), Span("continue", start=0.5)])
def test_runs_from_pictures_depend_on_them(span: Span):
    memory = Memory(KeptSteps(), "model")
    picture = Latents(torch.randn(2, 4, 3, 3), "tiny")
    one, _ = calls_and_result(job(span=span, latents=picture), memory)
    again, _ = calls_and_result(job(span=span, latents=picture), memory)
    other = Latents(picture.samples + 1, "tiny")
    different, _ = calls_and_result(job(span=span, latents=other), memory)
    assert (one, again, different) == (5, 0, 5)


def test_another_model_takes_nothing_up():
    states = KeptSteps()
    calls_and_result(job(), Memory(states, "one"))
    assert calls_and_result(job(), Memory(states, "other"))[0] == 10


def test_a_recorded_run_has_its_first_sample_and_every_step():
    seen = []
    found = job().run(record=True, on_step=lambda i, n, sample, x0: seen.append(sample.clone()))
    path = found.trajectory
    assert path.samples.shape == (11, 2, 4, 3, 3) and len(path.timesteps) == 10
    assert torch.equal(path.samples[1:], torch.stack(seen))
    assert torch.equal(path.samples[-1], found.latents.samples)


@pytest.mark.parametrize("budget", [1 << 20, 3000])
def test_a_recorded_run_that_was_taken_up_is_whole_too(budget: int):
    memory = Memory(KeptSteps(budget), "model")
    calls_and_result(job(), memory)
    _, found = calls_and_result(job(positive=CHAIN), memory, record=True)
    fresh = job(positive=CHAIN).run(record=True)
    assert torch.equal(found.trajectory.samples, fresh.trajectory.samples)


def test_the_budget_holds_and_the_longest_unused_go_first():
    states = KeptSteps(budget=4000)
    run = torch.zeros(1, 4, 5, 5)  # 400 bytes

    class Run:
        def copy(self):
            return self

    for number in range(12):
        states.put(str(number), Run(), run + number)
        states.get("0")
    assert states.used <= 4000
    assert states.get("0") is not None and states.get("1") is None and states.get("11") is not None
    states.clear()
    assert states.used == 0 and states.get("0") is None
