"""The denoise loop: from pure noise, from a picture, or on from noisy latents."""

from typing import Annotated, NamedTuple

from engine.diffusion.control import Control
from engine.diffusion.guidance.base import Guidance
from engine.diffusion.hooks.base import Hook
from engine.diffusion.values import (
    VAE,
    AttentionMaps,
    Conditioning,
    ExtraChannels,
    Latents,
    Noise,
    Scheduler,
    Trajectory,
    UNet,
)
from engine.graph.spec import Context, ForPreviews, Label, Range, node

Fraction = Annotated[float, Range(0, 1, step=0.01)]
Steps = Annotated[int, Range(1, 1000)]
Scale = Annotated[float, Range(0, 100, step=0.1)]
Channels = Annotated[ExtraChannels | None, Label("Extra channels")]
Preview = Annotated[VAE | None, ForPreviews()]


class Result(NamedTuple):
    """Where a run ends, and, where they are recorded, the way there and what it looked at."""

    latents: Latents
    trajectory: Trajectory | None
    attention: AttentionMaps | None


@node("diffusion.denoise", label="Denoise")
def denoise(
    context: Context,
    unet: UNet,
    latents: Latents,
    noise: Noise,
    scheduler: Scheduler,
    positive: Conditioning | None = None,
    negative: Conditioning | None = None,
    guide: Guidance | None = None,
    channels: Channels = None,
    hooks: list[Hook] | None = None,
    controls: list[Control] | None = None,
    preview: Preview = None,
    steps: Steps = 25,
    guidance: Scale = 7.5,
    end: Fraction = 1.0,
    record: bool = False,
) -> Result:
    """Latents of pictures that show what `positive` says, from pure noise.

    `latents` give size and number. With `negative` joined, each step goes `guidance` times as far
    away from it as `positive` is (classifier-free guidance); up to 1, or without it, nothing is
    guided and a step takes half the time. `guide` takes the place of that number with another way
    of guiding. `hooks` reach in between steps, `controls` lead by pictures, and `preview`, best a
    tiny VAE, draws the picture so far. At an `end` below 1 the latents stay noisy, for Denoise on.
    `record` keeps the latents of every step.
    """
    from engine.diffusion.span import Span
    from engine.runtime.denoising import run

    span = Span("noise", end=end)
    told = (positive, negative, guide or guidance, channels, hooks, controls)
    done = run(context, span, unet, latents, noise, scheduler, *told, preview, steps, record)
    return Result(*done)


@node("diffusion.redraw", label="Denoise a picture")
def redraw(
    context: Context,
    unet: UNet,
    latents: Latents,
    noise: Noise,
    scheduler: Scheduler,
    positive: Conditioning | None = None,
    negative: Conditioning | None = None,
    guide: Guidance | None = None,
    channels: Channels = None,
    hooks: list[Hook] | None = None,
    controls: list[Control] | None = None,
    preview: Preview = None,
    steps: Steps = 25,
    guidance: Scale = 7.5,
    strength: Annotated[float, Range(0.01, 1, step=0.01)] = 0.8,
    end: Fraction = 1.0,
    record: bool = False,
) -> Result:
    """A picture's latents made noisy, and denoised towards `positive` (Meng et al. 2022, SDEdit).

    `strength` is the share of the steps that is done: low keeps the picture, 1 keeps its rough
    colours at most. The rest is as in Denoise.
    """
    from engine.diffusion.span import Span
    from engine.runtime.denoising import run

    span = Span("renoise", strength, end=end)
    told = (positive, negative, guide or guidance, channels, hooks, controls)
    done = run(context, span, unet, latents, noise, scheduler, *told, preview, steps, record)
    return Result(*done)


@node("diffusion.go_on", label="Denoise on")
def go_on(
    context: Context,
    unet: UNet,
    latents: Latents,
    scheduler: Scheduler,
    noise: Noise | None = None,
    positive: Conditioning | None = None,
    negative: Conditioning | None = None,
    guide: Guidance | None = None,
    channels: Channels = None,
    hooks: list[Hook] | None = None,
    controls: list[Control] | None = None,
    preview: Preview = None,
    steps: Steps = 25,
    guidance: Scale = 7.5,
    start: Fraction = 0.8,
    end: Fraction = 1.0,
    record: bool = False,
) -> Result:
    """Noisy latents denoised on, as they are, from `start`: the second of an ensemble of experts.

    Steps and `start` must be the first one's steps and its `end`. Noise is needed only for solvers
    that add some at every step.
    """
    from engine.diffusion.span import Span
    from engine.runtime.denoising import run

    span = Span("continue", start=start, end=end)
    told = (positive, negative, guide or guidance, channels, hooks, controls)
    done = run(context, span, unet, latents, noise, scheduler, *told, preview, steps, record)
    return Result(*done)
