"""The denoise loop taken apart, for people who design samplers: put these into a Repeat zone."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, NamedTuple

from engine.diffusion.opened.values import Prediction, Sampling
from engine.diffusion.values import Conditioning, ExtraChannels, Latents, Noise, Scheduler, UNet
from engine.graph.spec import Context, Label, Range, node

Steps = Annotated[int, Range(1, 1000)]


class Predictions(NamedTuple):
    """What the UNet predicts for each conditioning that there is."""

    positive: Prediction
    negative: Prediction | None


@node("loop.begin", label="Begin a run", runs_on="cpu")
def begin(
    scheduler: Scheduler,
    latents: Latents,
    noise: Noise,
    steps: Steps = 25,
    strength: Annotated[float, Range(0, 1, step=0.01)] = 0.0,
) -> Sampling:
    """A run before its first step: from pure noise, or with a `strength` from a picture's latents.

    Strength is the share of the steps that is done; 0 is a whole run from pure noise.
    """
    from engine.diffusion.opened.steps import begin
    from engine.diffusion.span import Span

    span = Span("renoise", strength) if strength else Span()
    return begin(scheduler, latents, noise, steps, span)


@node("loop.predict", label="Predict")
def predict(
    context: Context,
    unet: UNet,
    sampling: Sampling,
    positive: Conditioning,
    negative: Conditioning | None = None,
    channels: Annotated[ExtraChannels | None, Label("Extra channels")] = None,
) -> Predictions:
    """What the UNet predicts of the next step, for both conditionings in one batch."""
    from engine.diffusion.opened.steps import ask, latents, predict
    from engine.runtime.lending import lent_to_denoise

    told = sampling, positive, negative, channels
    shapes = tuple(one and tuple(one.embeds.shape) for one in (positive, negative))

    def first(model: Any, _: Any) -> Callable[[], object]:
        return partial(ask, model, *told)

    with lent_to_denoise(context, [unet], latents(sampling), first, shapes) as (model,):
        return Predictions(*predict(model, *told))  # type: ignore[arg-type]


@node("loop.guide", label="Guide", runs_on="cpu")
def guide(
    positive: Prediction,
    negative: Prediction,
    scale: Annotated[float, Range(0, 100, step=0.1)] = 7.5,
    rescale: Annotated[float, Range(0, 1, step=0.01)] = 0.0,
) -> Prediction:
    """Classifier-free guidance: `scale` times as far from the negative as the positive is."""
    from engine.diffusion.guidance.classifier_free import ClassifierFree

    both = {"positive": positive.values, "negative": negative.values}
    return Prediction(ClassifierFree(scale, rescale)(both, 0))


@node("loop.mix", label="Mix predictions", runs_on="cpu")
def mix(
    first: Prediction,
    second: Prediction,
    share: Annotated[float, Range(-10, 10, step=0.01)] = 0.5,
) -> Prediction:
    """`first` and `share` of the way to `second`; beyond 0 to 1 it goes past them."""
    return Prediction(first.values + share * (second.values - first.values))


@node("loop.step", label="Step", runs_on="cpu")
def step(sampling: Sampling, prediction: Prediction) -> Sampling:
    """The run after one more step."""
    from engine.diffusion.opened.steps import step

    return step(sampling, prediction)


@node("loop.switch", label="Switch solver", runs_on="cpu")
def switch(sampling: Sampling, scheduler: Scheduler) -> Sampling:
    """The run going on with another solver of the same spacing, from where it stands."""
    from engine.diffusion.opened.steps import switch

    return switch(sampling, scheduler)


@node("loop.choose", label="From step on", runs_on="cpu")
def choose(
    before: Prediction,
    after: Prediction,
    sampling: Sampling,
    step: Annotated[int, Range(0, 1000)] = 10,
) -> Prediction:
    """`before` up to step `step` of the run, counted from 0, and `after` from there on."""
    return after if sampling.index >= step else before


@node("loop.latents", label="Latents of a run", runs_on="cpu")
def latents(sampling: Sampling) -> Latents:
    """The noisy latents as they stand; those of a finished run are clean."""
    from engine.diffusion.opened.steps import latents

    return latents(sampling)


@node("loop.clean", label="Picture so far", runs_on="cpu")
def clean(sampling: Sampling) -> Latents:
    """The clean latents as the last step predicted them."""
    from engine.diffusion.opened.steps import clean

    return clean(sampling)
