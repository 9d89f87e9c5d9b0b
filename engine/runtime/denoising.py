"""The denoise loop as nodes run it: a lent UNet, previews, cancel, steps kept for later."""

from __future__ import annotations

from typing import Any

from engine.diffusion.kept_steps import KeptSteps
from engine.diffusion.preview import Previews
from engine.diffusion.sampling import Denoised, Job, Memory
from engine.diffusion.span import Span
from engine.diffusion.values import Latents, UNet
from engine.graph.context import Context
from engine.runtime.device import numeric_environment
from engine.runtime.pool import shared_pool

_states = KeptSteps()


def run(context: Context, unet: UNet, span: Span, record: bool, **inputs: Any) -> Denoised:
    """One run of the loop; `inputs` are the fields of a `Job`.

    Reports every step and, a few times a second, how the clean picture looks by now. States between
    steps are kept in this process, so that a run edited from some step on goes on from there.
    """
    inputs["hooks"] = inputs.get("hooks") or ()
    latents: Latents = inputs["latents"]
    previews = Previews(context.preview, latents)

    def on_step(i: int, total: int, sample: Any, predicted: Any) -> None:
        context.progress(i + 1, total)
        previews.show(sample if predicted is None else predicted)

    memory = Memory(_states, (unet, numeric_environment()))
    with shared_pool().lease(unet) as model:
        job = Job(model, span=span, **inputs)
        found = job.run(memory=memory, record=record, on_step=on_step)
    return found


def forget() -> None:
    """Drop the states kept between steps."""
    _states.clear()
