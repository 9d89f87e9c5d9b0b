"""The denoise loop: scale, predict, guide, step."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal, Protocol

import torch

from engine.diffusion.denoiser import Denoiser, FunctionDenoiser
from engine.diffusion.guidance.classifier_free import ClassifierFree
from engine.diffusion.latents import SeededNoise
from engine.diffusion.schedulers.base import Scheduler
from engine.diffusion.schedulers.run import SchedulerRun, at_least_float32
from engine.graph.errors import LoomError

OnStep = Callable[[int, int, torch.Tensor, torch.Tensor | None], object]
"""(i, total, sample, predicted_x0) after each step, 0 ≤ i < total counted within this call."""

Begin = Literal["noise", "renoise", "continue"]


class Guidance(Protocol):
    """Which conditionings each step predicts, and how the predictions become one."""

    def passes(self, steps: int, available: Collection[str]) -> list[tuple[str, ...]]:
        """For each of the run's `steps`, the names of the conditionings to predict."""
        ...

    def __call__(self, predictions: Mapping[str, torch.Tensor], i: int) -> torch.Tensor:
        """The prediction (B, C, h, w) to follow at step `i` of the run."""
        ...


def denoise(
    denoiser: Denoiser | Callable[[torch.Tensor, torch.Tensor, Any], torch.Tensor],
    scheduler: Scheduler,
    latents: torch.Tensor,
    *,
    steps: int,
    conditioning: Mapping[str, Any],
    guidance: Guidance | None = None,
    noise: SeededNoise | None = None,
    begin: Begin = "noise",
    start: int = 0,
    end: int | None = None,
    on_step: OnStep | None = None,
) -> torch.Tensor:
    """Denoise `latents` (B, C, h, w) by steps `start` to `end` (exclusive) of a run of `steps`.

    `denoiser` is a Denoiser, or a function (sample, t, context) → prediction. `conditioning` names
    the contexts that `guidance` combines: with classifier-free guidance (the default, at scale 7.5)
    "positive" and "negative". `on_step` is called after every step, under inference mode, and may
    raise to cancel.

    `begin` says what `latents` are:
      "noise": only their shape and device count, and the run begins from pure noise;
      "renoise": clean, and to be noised to the level of step `start` (image to image);
      "continue": already at the level of step `start` (a second stage, a resumed run).

    Nothing in the loop waits for the device. Returns at least float32, on the device of `latents`.
    Raises LoomError for a range outside the run, missing conditioning or noise, and a result that
    isn't finite.
    """
    guidance = guidance or ClassifierFree()
    with torch.inference_mode():
        run = scheduler.start(steps, latents.device)
        total = len(run.timesteps)
        end = total if end is None else end
        if not 0 <= start < end <= total:
            raise LoomError(
                f"There is nothing to do from step {start} to step {end} of {total}.",
                field="start",
                remedy="Start before the end.",
            )
        passes = guidance.passes(total, conditioning.keys())
        if not isinstance(denoiser, Denoiser):
            denoiser = FunctionDenoiser(denoiser)
        predict = denoiser.prepare(run.timesteps, conditioning, latents.shape[0])
        sample = _first(run, latents, noise, begin, start)
        for i in range(start, end):
            predictions = predict(i, run.scale_input(i, sample), passes[i])
            fresh = _draw(noise, i + 1, sample) if run.needs_noise else None
            sample = run.step(i, guidance(predictions, i), sample, fresh)
            if on_step is not None:
                on_step(i - start, end - start, sample, run.predicted_x0)
        if not bool(torch.isfinite(sample).all()):
            raise LoomError(
                "The denoised latents are not finite (NaN or infinity); the usual cause is half "
                "precision that overflows.",
                remedy="Run the model in bfloat16 or float32, or lower the guidance.",
            )
    return sample.clone()  # outside inference mode: an ordinary tensor again


def _first(
    run: SchedulerRun, latents: torch.Tensor, noise: SeededNoise | None, begin: Begin, start: int
) -> torch.Tensor:
    """The sample that step `start` begins with."""
    latents = at_least_float32(latents)
    if begin == "continue":
        return latents
    unit = _draw(noise, 0, latents)
    if begin == "renoise":
        return run.add_noise(start, latents, unit)
    if start > 0:
        raise LoomError(
            f"Pure noise belongs to step 0, not to step {start}.",
            field="start",
            remedy="Renoise a picture instead, or start at 0.",
        )
    return unit * run.init_noise_sigma


def _draw(noise: SeededNoise | None, index: int, like: torch.Tensor) -> torch.Tensor:
    """The `index`-th noise, for a sample `like` this one."""
    if noise is None:
        raise LoomError("This run draws noise, and none was given.", remedy="Connect a noise seed.")
    shape = (len(noise.seeds), *noise.shape)
    if shape != tuple(like.shape):
        raise LoomError(
            f"The noise has shape {shape}, and the latents have {tuple(like.shape)}.",
            remedy="Give one seed a picture, and noise of the latents' size.",
        )
    return noise(index).to(like, non_blocking=True)
