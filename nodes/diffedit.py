"""DiffEdit: find what to change, go back to noise, and make it anew (Couairon et al. 2023)."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

from engine.diffusion.hooks.base import Hook
from engine.diffusion.values import (
    Conditioning,
    Latents,
    Mask,
    Noise,
    Scheduler,
    Trajectory,
    UNet,
)
from engine.graph.spec import Context, Range, node

Steps = Annotated[int, Range(1, 1000)]
Scale = Annotated[float, Range(0, 100, step=0.1)]
Strength = Annotated[float, Range(0.01, 1, step=0.01)]


@node("diffedit.mask", label="Mask of a difference")
def mask(
    context: Context,
    unet: UNet,
    latents: Latents,
    noise: Noise,
    scheduler: Scheduler,
    source: Conditioning,
    target: Conditioning,
    negative: Conditioning | None = None,
    steps: Steps = 50,
    strength: Strength = 0.5,
    maps: Annotated[int, Range(1, 100)] = 10,
    guidance: Scale = 7.5,
    ratio: Annotated[float, Range(0.1, 20, step=0.1)] = 3.0,
) -> Mask:
    """White where a picture would change if `source`, what it shows, became `target`.

    The picture's latents are noised `maps` times to `strength`. A higher `ratio` makes a smaller
    mask.
    """
    from engine.diffusion.diffedit import ask_for_map, difference_mask
    from engine.runtime.lending import lent_to_denoise

    def first(model: Any, _: Any) -> Callable[[], object]:
        told = scheduler, latents, source, target, negative
        return partial(ask_for_map, model, *told, steps=steps, guidance=guidance)

    with lent_to_denoise(context, [unet], latents, first) as (model,):
        return difference_mask(
            model,
            scheduler,
            latents,
            noise,
            source,
            target,
            negative,
            steps=steps,
            strength=strength,
            maps=maps,
            guidance=guidance,
            ratio=ratio,
            on_map=lambda k, total: context.progress(k + 1, total),
        )


@node("diffedit.invert", label="Invert")
def invert(
    context: Context,
    unet: UNet,
    latents: Latents,
    scheduler: Scheduler,
    positive: Conditioning,
    negative: Conditioning | None = None,
    steps: Steps = 50,
    strength: Strength = 0.8,
    guidance: Scale = 7.5,
) -> Trajectory:
    """A picture's latents taken back to the noise that DDIM would have made them of.

    Every step is kept, from the clean latents on: `strength` is the share of `steps` that is taken.
    """
    from engine.diffusion.schedulers.handles import inverse
    from engine.diffusion.span import Span
    from engine.runtime.denoising import run

    found = run(
        *(context, Span("continue", strength), unet, latents, None, inverse(scheduler)),
        *(positive, negative, guidance),
        steps=steps,
        record=True,
    )
    assert found.trajectory is not None  # it was asked to record
    return found.trajectory


@node("diffedit.follow", label="Follow outside the mask", runs_on="cpu")
def follow(mask: Mask, trajectory: Trajectory) -> Hook:
    """Every step keeps to an inverted trajectory where the mask is black, and is free where white.

    Join it to Denoise on, from the trajectory's last step, with as many steps.
    """
    from engine.diffusion.hooks.follow import following

    return following(mask, trajectory)


@node("diffedit.denoise", label="Denoise an inversion")
def denoise(
    context: Context,
    unet: UNet,
    trajectory: Trajectory,
    scheduler: Scheduler,
    positive: Conditioning,
    negative: Conditioning | None = None,
    hooks: list[Hook] | None = None,
    noise: Noise | None = None,
    steps: Steps = 50,
    strength: Strength = 0.8,
    guidance: Scale = 7.5,
) -> Latents:
    """A trajectory's noisy end denoised towards `positive`, what the picture should show.

    Steps and strength must be the inversion's. Join Follow outside the mask to `hooks`, or the
    whole picture changes.
    """
    from engine.diffusion.diffedit import noisy_end
    from engine.diffusion.span import Span
    from engine.runtime.denoising import run

    first = noisy_end(trajectory, scheduler, steps, strength)
    return run(
        *(context, Span("continue", strength), unet, first, noise, scheduler),
        *(positive, negative, guidance),
        hooks=hooks,
        steps=steps,
    ).latents


@node("hook.keep_outside", label="Keep outside the mask", runs_on="cpu")
def keep_outside(mask: Mask, latents: Latents) -> Hook:
    """Every step keeps what is black in the mask as it is in `latents`, a picture's clean ones.

    So any UNet can inpaint, if not as well as those that were trained to.
    """
    from engine.diffusion.hooks.keep_outside import keeping

    return keeping(mask, latents)
