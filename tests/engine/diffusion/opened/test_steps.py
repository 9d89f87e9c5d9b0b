"""A run taken apart gives the numbers of the loop, bit for bit."""

from dataclasses import replace

import pytest
import torch

from engine.diffusion.guidance.classifier_free import ClassifierFree
from engine.diffusion.opened.steps import begin, clean, latents, predict, step, switch
from engine.diffusion.opened.values import Prediction
from engine.diffusion.sampling import Job
from engine.diffusion.span import Span
from engine.diffusion.text.combine import followed
from engine.diffusion.values import Conditioning, ExtraChannels, Latents, Noise, Scheduler
from engine.graph.digests import digest
from engine.graph.errors import LoomError

CONFIG = '{"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.012}'
DDIM = Scheduler("DDIMScheduler", CONFIG.replace("}", ', "clip_sample": false, "eta": 0.7}'))
EULER = Scheduler("EulerDiscreteScheduler", CONFIG)
DPM = Scheduler("DPMSolverMultistepScheduler", CONFIG)


class UNet(torch.nn.Module):
    """Answers with something of all it gets."""

    class config:
        in_channels = 4
        cross_attention_dim = 8

    def __init__(self) -> None:
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(()))

    def forward(self, sample, timestep, context):
        told = context.mean(dim=(1, 2)).view(-1, 1, 1, 1)
        return torch.tanh(self.weight * sample + told + timestep / 1000)


def said(value: float) -> Conditioning:
    return Conditioning(torch.full((1, 3, 8), value))


PICTURE = Latents(torch.randn(2, 4, 3, 3, generator=torch.Generator().manual_seed(2)), "tiny")
NOISE = Noise((4,))


def opened(scheduler: Scheduler, span: Span, steps: int = 6, stop: int | None = None):
    sampling = begin(scheduler, PICTURE, NOISE, steps, span)
    while sampling.index < (sampling.end if stop is None else stop):
        positive, negative = predict(UNet(), sampling, said(0.5), said(-0.2))
        both = {"positive": positive.values, "negative": negative.values}
        sampling = step(sampling, Prediction(ClassifierFree(3.0)(both, 0)))
    return sampling


@pytest.mark.parametrize("scheduler", [DDIM, EULER, DPM], ids=lambda s: s.class_name)
@pytest.mark.parametrize("span", [Span(), Span("renoise", 0.5)], ids=["noise", "picture"])
def test_it_is_the_loop_bit_for_bit(scheduler: Scheduler, span: Span):
    whole = Job(
        *(UNet(), scheduler, PICTURE, NOISE, said(0.5), said(-0.2)),
        steps=6,
        guidance=3.0,
        span=span,
    ).run()
    assert torch.equal(latents(opened(scheduler, span)).samples, whole.latents.samples)


class Inpainting(UNet):
    """Reads a mask and a picture beside the sample."""

    class config:
        in_channels = 9
        cross_attention_dim = 8

    def forward(self, sample, timestep, context):
        return super().forward(sample[:, :4], timestep, context) + sample[:, 4:].mean(1, True)


def test_a_unet_that_reads_more_is_told_it_in_either_loop():
    extra = ExtraChannels(torch.randn(1, 5, 3, 3, generator=torch.Generator().manual_seed(3)))
    told = (Inpainting(), DDIM, PICTURE, NOISE, said(0.5), said(-0.2))
    whole = Job(*told, steps=6, guidance=3.0, channels=extra).run()
    sampling = begin(DDIM, PICTURE, NOISE, 6, Span())
    while sampling.index < sampling.end:
        positive, negative = predict(Inpainting(), sampling, said(0.5), said(-0.2), extra)
        both = {"positive": positive.values, "negative": negative.values}
        sampling = step(sampling, Prediction(ClassifierFree(3.0)(both, 0)))
    assert torch.equal(latents(sampling).samples, whole.latents.samples)
    with pytest.raises(LoomError, match=r"^unet: This UNet reads 9 channels, and it gets 4"):
        predict(Inpainting(), begin(DDIM, PICTURE, NOISE, 6, Span()), said(0.5))


def test_a_state_can_be_gone_on_from_twice():
    half = opened(DPM, Span(), stop=3)
    before = digest(half)
    ends = [opened_on(half) for _ in range(2)]
    assert torch.equal(ends[0].sample, ends[1].sample)
    assert digest(half) == before and half.index == 3


def opened_on(sampling):
    while sampling.index < sampling.end:
        positive, _ = predict(UNet(), sampling, said(0.5))
        sampling = step(sampling, positive)
    return sampling


def test_without_a_negative_there_is_one_prediction():
    positive, negative = predict(UNet(), opened(EULER, Span(), stop=0), said(0.5))
    assert positive.values.shape == (2, 4, 3, 3) and negative is None


def test_the_picture_so_far_is_what_the_solver_saw():
    half = opened(EULER, Span(), stop=2)
    assert torch.equal(clean(half).samples, half.run.predicted_x0)
    first = begin(EULER, PICTURE, NOISE, 6, Span())
    assert torch.equal(clean(first).samples, first.sample)


def test_switching_to_the_same_solver_changes_nothing_that_remembers_nothing():
    half = opened(EULER, Span(), stop=3)
    assert torch.equal(opened_on(switch(half, EULER)).sample, opened_on(half).sample)


def test_switching_between_scales_of_noise_keeps_the_picture():
    """Euler's samples are x0 + sigma noise, DDIM's are scaled to unit variance."""
    spaced = CONFIG.replace("}", ', "timestep_spacing": "leading", "steps_offset": 1}')
    euler = Scheduler("EulerDiscreteScheduler", spaced)
    plain = spaced.replace("}", ', "clip_sample": false}')
    half = opened(euler, Span(), stop=3)
    other = switch(half, Scheduler("DDIMScheduler", plain))
    x0, eps = torch.randn(2, 2, 4, 3, 3)
    for run, sampling in ((half.run, half), (other.run, other)):
        assert sampling.index == 3 and len(run.timesteps) == 6
    ratio = other.sample / half.sample
    expected = other.run.add_noise(3, x0, eps) / half.run.add_noise(3, x0, eps)
    assert torch.allclose(ratio, expected, rtol=1e-3)


def test_switching_to_other_noise_levels_is_refused():
    half = opened(EULER, Span(), stop=3)
    trailing = CONFIG.replace("}", ', "timestep_spacing": "trailing"}')
    with pytest.raises(LoomError, match="same noise level at step 3"):
        switch(half, Scheduler("EulerDiscreteScheduler", trailing))


def test_a_finished_run_takes_no_further_step():
    done = opened(EULER, Span())
    with pytest.raises(LoomError, match="The run is over: it has 6 steps"):
        predict(UNet(), done, said(0.5))
    with pytest.raises(LoomError, match="over"):
        step(done, Prediction(done.sample))


def test_a_prompt_that_changes_on_the_way_does_so_here_too():
    changing = followed(said(0.5), said(-0.9), 0.5)
    whole = Job(UNet(), EULER, PICTURE, NOISE, changing, steps=6).run()
    sampling = begin(EULER, PICTURE, NOISE, 6, Span())
    while sampling.index < sampling.end:
        sampling = step(sampling, predict(UNet(), sampling, changing)[0])
    assert torch.equal(sampling.sample, whole.latents.samples)


def test_what_the_unet_can_not_read_or_say_is_named():
    first = begin(EULER, PICTURE, NOISE, 6, Span())
    broken, other = UNet(), UNet()
    broken.weight.data.fill_(float("nan"))
    other.config = type("config", (), {"in_channels": 9, "cross_attention_dim": 8})
    with pytest.raises(LoomError, match=r"^unet: What the UNet predicts at step 0 is not finite"):
        predict(broken, first, said(0.5))
    with pytest.raises(LoomError, match=r"^unet: This UNet reads 9 channels, .* have 4"):
        predict(other, first, said(0.5))
    with pytest.raises(LoomError, match=r"^negative: The negative prompt's .* not finite"):
        predict(UNet(), first, said(0.5), said(float("inf")))


def test_states_have_digests_that_tell_them_apart():
    first, second = opened(DPM, Span(), stop=2), opened(DPM, Span(), stop=3)
    assert digest(first) != digest(second)
    assert digest(first) == digest(opened(DPM, Span(), stop=2))
    assert digest(replace(first, seeds=(9,))) != digest(first)
