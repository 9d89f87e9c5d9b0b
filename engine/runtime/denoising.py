"""The denoise loop as nodes run it: a lent UNet, previews, cancel, steps kept for later."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import Any

from engine.diffusion.control import Control
from engine.diffusion.kept_steps import KeptSteps
from engine.diffusion.latent_codec import decode
from engine.diffusion.preview import Previews, picture
from engine.diffusion.sampling import Denoised, Job, Memory
from engine.diffusion.span import Span
from engine.diffusion.values import VAE, Latents, ModelRef, UNet
from engine.graph.context import Context
from engine.runtime.device import numeric_environment
from engine.runtime.pool import shared_pool

_states = KeptSteps()


def run(context: Context, unet: UNet, span: Span, record: bool, **inputs: Any) -> Denoised:
    """One run of the loop; `inputs` are the fields of a `Job`, and a VAE to draw the `preview`.

    Reports every step and, a few times a second, how the clean picture looks by now. States between
    steps are kept in this process, so that a run edited from some step on goes on from there.
    """
    inputs["hooks"] = inputs.get("hooks") or ()
    controls: list[Control] = inputs.pop("controls", None) or []
    decoder: VAE | None = inputs.pop("preview", None)
    latents: Latents = inputs["latents"]

    def on_step(i: int, total: int, sample: Any, predicted: Any) -> None:
        context.progress(i + 1, total)
        previews.show(sample if predicted is None else predicted)

    memory = Memory(_states, (unet, numeric_environment()))
    with ExitStack() as lent:
        model = _lent(lent, unet)
        inputs["controls"] = [(control, _lent(lent, control.net)) for control in controls]
        draw = partial(decode, _lent(lent, decoder)) if decoder else picture
        previews = Previews(context.preview, latents, draw)
        job = Job(model, span=span, **inputs)
        return job.run(memory=memory, record=record, on_step=on_step)


def _lent(lent: ExitStack, ref: ModelRef) -> Any:
    """The model of a handle, until `lent` closes."""
    return lent.enter_context(shared_pool().lease(ref))


def forget() -> None:
    """Drop the states kept between steps."""
    _states.clear()
