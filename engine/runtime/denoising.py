"""The denoise loop as nodes run it: a lent UNet, previews, cancel, steps kept for later."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Any

from engine.diffusion.kept_steps import KeptSteps
from engine.diffusion.latent_codec import decode
from engine.diffusion.preview import Previews, picture
from engine.diffusion.sampling import Denoised, Job, Memory
from engine.runtime.device import numeric_environment
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
        ModelRef,
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

    memory = Memory(_states, (unet, numeric_environment()))
    with ExitStack() as lent:
        draw = partial(decode, _lent(lent, preview)) if preview else picture
        previews = Previews(context.preview, latents, draw)
        job = Job(
            *(_lent(lent, unet), scheduler, latents, noise),
            *(positive, negative, steps, guidance, span, channels),
            hooks=hooks or (),
            controls=[(control, _lent(lent, control.net)) for control in controls or ()],
        )
        return job.run(memory=memory, record=record, on_step=on_step)


def _lent(lent: ExitStack, ref: ModelRef) -> Any:
    """The model of a handle, until `lent` closes."""
    return lent.enter_context(shared_pool().lease(ref))


def forget() -> None:
    """Drop the states kept between steps."""
    _states.clear()
