"""The denoise loop taken apart: begin, predict and step as functions of values.

A `Sampling` is where a run stands between two steps. It is immutable: a step makes a new one, so a
graph can branch a run, switch its guidance or its solver half-way, or look at any state of it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from engine.diffusion.denoiser import UNetDenoiser
from engine.diffusion.guidance.base import NEGATIVE, POSITIVE
from engine.diffusion.joined_channels import check_channels, with_channels
from engine.diffusion.latents import SeededNoise
from engine.diffusion.loop import first_sample, fresh_noise
from engine.diffusion.opened.values import Prediction, Sampling
from engine.diffusion.prompt_schedule import Scheduled
from engine.diffusion.sampling import seeds_for, start_run
from engine.diffusion.schedulers.handles import solver
from engine.diffusion.schedulers.run import SchedulerRun
from engine.diffusion.span import Span
from engine.diffusion.told_check import check_told
from engine.diffusion.values import (
    Conditioning,
    ExtraChannels,
    Latents,
    Noise,
    Scheduler,
    tensor_bytes,
)
from engine.graph import digests
from engine.graph.errors import LoomError


def _read_memory(run: SchedulerRun, digest: digests.Digest) -> None:
    """A run's content beyond its settings, which stand beside it: the tensors that it remembers."""
    for name, value in vars(run).items():
        for k, tensor in enumerate(_tensors(value)):
            digest.text("memory", f"{name} {k} {tensor.dtype} {tuple(tensor.shape)}")
            digest.bytes("data", tensor_bytes(tensor))


def _tensors(value: Any) -> list[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        return [value]
    parts = value if isinstance(value, list | tuple) else ()
    return [tensor for part in parts for tensor in _tensors(part)]


digests.reader(SchedulerRun)(_read_memory)


@torch.inference_mode()
def begin(scheduler: Scheduler, latents: Latents, noise: Noise, steps: int, span: Span) -> Sampling:
    """A run before its first step; LoomError where `span` leaves none."""
    made = solver(scheduler)
    run = start_run(made, scheduler, steps, "cpu")
    start, end = span.indices(run, made.num_train_timesteps)
    batch, *shape = latents.samples.shape
    seeds = seeds_for(noise, batch)
    drawn = SeededNoise(seeds, shape)
    sample, _ = first_sample(run, latents.samples, drawn, span.begin, start)
    return Sampling(
        *(scheduler, steps, start, end, sample.clone(), run, seeds, latents.space, latents.factor),
        start=start,
    )


@torch.inference_mode()
def predict(
    unet: Any,
    sampling: Sampling,
    positive: Conditioning,
    negative: Conditioning | None = None,
    channels: ExtraChannels | None = None,
) -> tuple[Prediction, Prediction | None]:
    """What the UNet predicts of the next step for one or two conditionings, in one batch.

    `channels` go into it beside the sample. Raises LoomError for a run that is over, for what the
    UNet can't read, and a prediction that isn't finite.
    """
    require_steps(sampling)
    check_told(unet.config, positive, negative)
    check_channels(unet.config.in_channels, sampling.sample, channels)
    predicted = ask(unet, sampling, positive, negative, channels)
    made = {name: Prediction(values.cpu().clone()) for name, values in predicted.items()}
    if not all(bool(torch.isfinite(one.values).all()) for one in made.values()):
        raise LoomError(
            f"What the UNet predicts at step {sampling.index} is not finite (NaN or infinity); the "
            "usual cause is half precision that overflows.",
            field="unet",
            remedy="Run the model in bfloat16 or float32.",
        )
    return made[POSITIVE], made.get(NEGATIVE)


def ask(
    unet: Any,
    sampling: Sampling,
    positive: Conditioning,
    negative: Conditioning | None = None,
    channels: ExtraChannels | None = None,
) -> dict[str, torch.Tensor]:
    """What a step asks of the UNet, and nothing else.

    Over a UNet without numbers, on the meta device, it shows what that takes in memory.
    """
    device = next(unet.parameters()).device
    told = {POSITIVE: positive} | ({NEGATIVE: negative} if negative else {})
    contexts = {name: with_channels(one, channels) for name, one in told.items()}
    names = (NEGATIVE, POSITIVE) if negative else (POSITIVE,)
    run, sample = sampling.run, sampling.sample
    timesteps = run.timesteps if device.type == "meta" else run.timesteps.to(device)
    predict = Scheduled(UNetDenoiser(unet)).prepare(timesteps, contexts, len(sample))
    return predict(sampling.index, run.scale_input(sampling.index, sample), names)


@torch.inference_mode()
def step(sampling: Sampling, prediction: Prediction) -> Sampling:
    """The run after one more step that follows `prediction`."""
    require_steps(sampling)
    run, i, sample = sampling.run.copy(), sampling.index, sampling.sample
    fresh = None
    if run.needs_noise:
        fresh = fresh_noise(
            SeededNoise(sampling.seeds, sample.shape[1:]), i + 1 - sampling.start, sample
        )
    after = run.step(i, prediction.values, sample, fresh)
    return replace(sampling, index=i + 1, sample=after.clone(), run=run)


def switch(sampling: Sampling, scheduler: Scheduler) -> Sampling:
    """The run going on with another solver, of as many steps, which begins without a memory.

    Raises LoomError where the other run doesn't walk through the same noise levels.
    """
    run = start_run(solver(scheduler), scheduler, sampling.steps, "cpu")
    i = sampling.index
    old = sampling.run.timesteps
    if len(run.timesteps) != len(old) or (
        i < len(old) and abs(float(run.timesteps[i] - old[i])) > 1
    ):
        raise LoomError(
            f"The other solver is not at the same noise level at step {i}.",
            field="scheduler",
            remedy="Give both the same spacing and sigmas.",
        )
    unit = torch.zeros_like(sampling.sample)
    one = torch.ones_like(sampling.sample)
    scales = [float(r.add_noise(i, one, unit).mean()) for r in (sampling.run, run)]
    sample = sampling.sample * (scales[1] / scales[0])
    return replace(sampling, scheduler=scheduler, run=run, sample=sample)


def clean(sampling: Sampling) -> Latents:
    """The clean picture as the last step saw it; the sample itself before the first."""
    found = sampling.run.predicted_x0
    values = sampling.sample if found is None else found
    return Latents(values.clone(), sampling.space, sampling.factor)


def latents(sampling: Sampling) -> Latents:
    """The sample as it stands."""
    return Latents(sampling.sample, sampling.space, sampling.factor)


def require_steps(sampling: Sampling) -> None:
    """LoomError for a run that is over."""
    if sampling.index >= sampling.end:
        raise LoomError(
            f"The run is over: it has {sampling.end} steps.",
            field="sampling",
            remedy="Repeat as often as the run has steps, not more.",
        )
