"""The denoise loop: scale, predict, guide, step."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

import torch

from engine.diffusion.attention_reach import attending
from engine.diffusion.denoiser import Denoiser, FunctionDenoiser
from engine.diffusion.finite import Finite
from engine.diffusion.guidance.base import Guidance
from engine.diffusion.guidance.classifier_free import ClassifierFree
from engine.diffusion.hooks.base import Hook, Loop
from engine.diffusion.latents import SeededNoise
from engine.diffusion.model_calls import calling
from engine.diffusion.prompt_schedule import Scheduled
from engine.diffusion.schedulers.run import SchedulerRun, at_least_float32
from engine.graph.errors import LoomError

OnStep = Callable[[int, int, torch.Tensor, torch.Tensor | None], object]
"""(i, total, sample, predicted_x0) after each step, 0 ≤ i < total counted within this call."""

Begin = Literal["noise", "renoise", "continue"]


class Kept(Protocol):
    """Where the states between steps are kept, so that a run can take up an earlier one's."""

    def latest(self, end: int) -> tuple[int, SchedulerRun, torch.Tensor] | None:
        """The last state up to step `end`, if there is one: steps done, the run, the sample."""
        ...

    def keep(self, done: int, run: SchedulerRun, sample: torch.Tensor) -> None:
        """Keep the state after `done` steps."""
        ...


def denoise(
    denoiser: Denoiser | Callable[[torch.Tensor, torch.Tensor, Any], torch.Tensor],
    run: SchedulerRun,
    latents: torch.Tensor,
    *,
    conditioning: Mapping[str, Any],
    guidance: Guidance | None = None,
    noise: SeededNoise | None = None,
    begin: Begin = "noise",
    start: int = 0,
    end: int | None = None,
    hooks: Sequence[Hook] = (),
    kept: Kept | None = None,
    on_step: OnStep | None = None,
    reports: list[Any] | None = None,
) -> torch.Tensor:
    """Denoise `latents` (B, C, h, w) by the indices `start` to `end` (exclusive) of a fresh `run`.

    `denoiser` is a Denoiser, or a function (sample, t, context) → prediction. `conditioning` names
    the contexts that `guidance` combines: with classifier-free guidance (the default, at scale 7.5)
    "positive" and "negative". `hooks` reach in between, in their order. `on_step` is called after
    every step, under inference mode, and may raise to cancel. Where `kept` has a state of a run
    that was the same so far, this one takes it up there. What the hooks found out is added to
    `reports`, in their order.

    `begin` says what `latents` are:
      "noise": only their shape and device count, and the run begins from pure noise;
      "renoise": clean, and to be noised to the level of step `start` (image to image);
      "continue": already at the level of step `start` (a second stage, a resumed run).

    Nothing in the loop waits for the device. Returns at least float32, on the device of `latents`.
    Raises LoomError for a range outside the run, missing conditioning or noise, and for latents
    that are no longer finite, which ends a run on the CPU at once.
    """
    guidance = guidance or ClassifierFree()
    total = len(run.timesteps)
    end = total if end is None else end
    _check_range(run, start, end)
    if not isinstance(denoiser, Denoiser):
        denoiser = FunctionDenoiser(denoiser)
    gradients = any(hook.needs_gradients for hook in hooks)
    with torch.no_grad() if gradients else torch.inference_mode():
        contexts = guidance.contexts(conditioning)
        passes = guidance.passes(total, contexts.keys())
        predict = Scheduled(denoiser).prepare(run.timesteps, contexts, latents.shape[0])
        sample, unit = first_sample(run, latents, noise, begin, start)
        loop = Loop(run, start, end, tuple(latents.shape), latents.device, unit, contexts, predict)
        joined = [hook.begin(loop) for hook in hooks]
        first = start
        # A run from a picture counts its noise from its first step, one that goes on from step 0.
        counted_from = start if begin == "renoise" else 0
        resumes = not any(hook.stateful for hook in hooks)
        finite = Finite(end - start)
        if kept is not None:
            kept.keep(start, run, sample)
            if resumes and (found := kept.latest(end)):
                first, run, sample = found
                finite.look(first - start - 1, sample)
        for i in range(first, end):
            for hook in joined:
                sample = hook.before(i, sample)
            with attending(joined), calling(joined):
                prediction = guidance(predict(i, run.scale_input(i, sample), passes[i]), i)
            for hook in joined:
                prediction = hook.guided(i, prediction, sample)
            fresh = fresh_noise(noise, i + 1 - counted_from, sample) if run.needs_noise else None
            sample = run.step(i, prediction, sample, fresh)
            for hook in joined:
                sample = hook.after(i, sample)
            finite.look(i - start, sample)
            if kept is not None:
                kept.keep(i + 1, run, sample)
            if on_step is not None:
                on_step(i - start, end - start, sample, run.predicted_x0)
        finite.require()
        if reports is not None:
            reports += [hook.report() for hook in joined]
    return sample.clone()  # outside inference mode: an ordinary tensor again


def _check_range(run: SchedulerRun, start: int, end: int) -> None:
    total = len(run.timesteps)
    if not 0 <= start < end <= total:
        raise LoomError(
            f"There is nothing to do from step {start} to step {end} of {total}.",
            field="start",
            remedy="Start before the end.",
        )
    cuts = {*run.starts, total}
    for name, index in (("start", start), ("end", end)):
        if index not in cuts:
            raise LoomError(
                f"This solver is in the middle of a step at model call {index}.",
                field=name,
                remedy=f"Cut it at one of {', '.join(map(str, sorted(cuts)))}.",
            )


def first_sample(
    run: SchedulerRun, latents: torch.Tensor, noise: SeededNoise | None, begin: Begin, start: int
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """The sample that step `start` begins with, and the run's unit noise where there is one."""
    latents = at_least_float32(latents)
    if begin == "continue":
        return latents, None if noise is None else fresh_noise(noise, 0, latents)
    unit = fresh_noise(noise, 0, latents)
    if begin == "renoise":
        return run.add_noise(start, latents, unit), unit
    if start > 0:
        raise LoomError(
            f"Pure noise belongs to step 0, not to step {start}.",
            field="start",
            remedy="Renoise a picture instead, or start at 0.",
        )
    return unit * run.init_noise_sigma, unit


def fresh_noise(noise: SeededNoise | None, index: int, like: torch.Tensor) -> torch.Tensor:
    """The `index`-th noise, for a sample `like` this one."""
    if noise is None:
        raise LoomError(
            "This run draws noise, and none was given.",
            field="noise",
            remedy="Connect a noise seed.",
        )
    shape = (len(noise.seeds), *noise.shape)
    if shape != tuple(like.shape):
        raise LoomError(
            f"The noise has shape {shape}, and the latents have {tuple(like.shape)}.",
            field="noise",
            remedy="Give one seed a picture, and noise of the latents' size.",
        )
    drawn = noise(index)
    if like.is_cuda:
        drawn = drawn.pin_memory()  # else the copy waits for all that the device was asked before
    return drawn.to(like, non_blocking=True)
