"""The denoise loop as nodes run it: a lent UNet, previews, cancel, steps kept for later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from engine.diffusion.kept_steps import KeptSteps
from engine.diffusion.latent_codec import decode
from engine.diffusion.preview import Previews, picture
from engine.diffusion.sampling import Denoised, Job, Memory
from engine.graph.environment import environment
from engine.runtime.cuda_graphs import cuda_graphs
from engine.runtime.device import numeric_environment
from engine.runtime.lending import lent_to_denoise
from engine.runtime.pool import shared_pool

if TYPE_CHECKING:
    from engine.diffusion.control import Control
    from engine.diffusion.guidance.base import Guidance
    from engine.diffusion.hooks.base import Hook
    from engine.diffusion.span import Span
    from engine.diffusion.values import (
        VAE,
        Conditioning,
        ExtraChannels,
        Latents,
        Noise,
        Scheduler,
        UNet,
    )
    from engine.graph.context import Context

_states = KeptSteps()


def run(
    context: Context,
    span: Span,
    unet: UNet,
    latents: Latents,
    noise: Noise | None,
    scheduler: Scheduler,
    positive: Conditioning | None = None,
    negative: Conditioning | None = None,
    guidance: float | Guidance = 7.5,
    channels: ExtraChannels | None = None,
    hooks: Sequence[Hook] | None = None,
    controls: Sequence[Control] | None = None,
    preview: VAE | None = None,
    steps: int = 25,
    record: bool = False,
) -> Denoised:
    """One run of the loop, as a `Job` does it.

    Reports every step and, a few times a second, how the clean picture looks by now; `preview`
    draws it, else a linear map. States between steps are kept in this process, so that a run edited
    from some step on goes on from there.
    """

    def on_step(i: int, total: int, sample: Any, predicted: Any) -> None:
        context.progress(i + 1, total)
        previews.show(sample if predicted is None else predicted)

    def job_with(model: Any, nets: Sequence[Any]) -> Job:
        return Job(
            *(model, scheduler, latents, noise),
            *(positive, negative, steps, guidance, span, channels),
            hooks=hooks or (),
            controls=list(zip(controls or (), nets, strict=True)),
        )

    attention = environment().get("attention", "")

    def first(model: Any, nets: Sequence[Any]) -> Callable[[], object]:
        return job_with(model, nets).predict_first

    memory = Memory(_states, (unet, numeric_environment(attention)))
    nets = [control.net for control in controls or ()]
    with (
        lent_to_denoise(context, [unet, *nets], latents, first) as (model, *led),
        shared_pool().lease(preview) if preview else nullcontext() as decoder,
        cuda_graphs(shared_pool().device.kind) as graphs,
    ):
        draw = partial(decode, decoder) if decoder else picture
        previews = Previews(context.preview, latents, draw)
        job = replace(job_with(model, led), replays=graphs)
        return job.run(memory=memory, record=record, on_step=on_step)


def forget() -> None:
    """Drop the states kept between steps."""
    _states.clear()
