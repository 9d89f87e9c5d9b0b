"""Latents to begin from."""

from typing import Annotated

from engine.diffusion.values import Image, Latents, UNet
from engine.graph.spec import HandleOnly, Range, node


@node("latents.empty", label="Empty latents")
def empty(
    unet: Annotated[UNet, HandleOnly()],
    width: Annotated[int, Range(0, 8192, step=8)] = 0,
    height: Annotated[int, Range(0, 8192, step=8)] = 0,
    batch: Annotated[int, Range(1, 64)] = 1,
) -> Latents:
    """Zero latents in the space `unet` works in: (batch, channels, height/f, width/f).

    Width and height are the picture's, in pixels; 0 is the size the model was trained at. `batch`
    is how many pictures are made at once.
    """
    from engine.diffusion.latents import zeros

    trained = unet.sample_size * unet.factor
    samples = zeros(batch, unet.channels, width or trained, height or trained, unet.factor)
    return Latents(samples, unet.space, unet.factor)


@node("latents.as_image", label="Pixels to picture", runs_on="cpu")
def as_image(latents: Latents) -> Image:
    """The pictures of models that work on pixels, which need no VAE."""
    from engine.diffusion.latents import as_image

    return as_image(latents)


@node("latents.batch", label="Join latents", runs_on="cpu")
def batch(latents: list[Latents]) -> Latents:
    """Several latents of one size as one batch, in the order of the links."""
    from engine.diffusion.latents import joined

    return joined(latents)
