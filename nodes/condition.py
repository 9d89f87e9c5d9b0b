"""What UNets with extra inputs read beside the sample."""

from typing import Annotated

from engine.diffusion.values import (
    VAE,
    Conditioning,
    ExtraChannels,
    Image,
    Latents,
    Mask,
    Noise,
    Scheduler,
    UNet,
)
from engine.graph.spec import Context, HandleOnly, Range, node


@node("condition.inpaint", label="Inpainting channels")
def inpaint(context: Context, vae: VAE, image: Image, mask: Mask) -> ExtraChannels:
    """Mask and masked picture, for UNets that were trained to inpaint (9 channels).

    White parts of the mask are made anew.
    """
    from engine.diffusion.extra_channels import for_inpainting
    from engine.runtime.lending import lent_to_encode

    with lent_to_encode(context, vae, image) as model:
        return for_inpainting(model, image, mask, vae.space)


@node("condition.edit", label="Picture to edit")
def edit(context: Context, vae: VAE, image: Image) -> ExtraChannels:
    """The picture that an instruction is about, for InstructPix2Pix's UNet (8 channels)."""
    from engine.diffusion.extra_channels import for_editing
    from engine.runtime.lending import lent_to_encode

    with lent_to_encode(context, vae, image) as model:
        return for_editing(model, image, vae.space)


@node("condition.depth", label="Depth channel", runs_on="cpu")
def depth(depth: Image, latents: Latents) -> ExtraChannels:
    """A depth map, near white and far black, for UNets that read depth (5 channels)."""
    from engine.diffusion.extra_channels import for_depth

    return for_depth(depth, latents, latents.space)


@node("condition.classes", label="Classes", runs_on="cpu")
def classes(classes: str = "0") -> Conditioning:
    """What UNets that know classes of pictures by number are to show, with no text.

    One number for all pictures of a batch, or one for each, between commas (`207, 360`). For the
    negative one give the number that stands for no class, where the UNet was trained with one.
    """
    from engine.diffusion.text.combine import of_classes

    return of_classes(classes)


@node("condition.upscale", label="Picture to enlarge", runs_on="cpu")
def upscale(
    image: Image,
    noise: Noise,
    scheduler: Scheduler | None = None,
    noise_level: Annotated[int, Range(0, 350)] = 20,
) -> ExtraChannels:
    """The small picture that an upscaling UNet (7 channels) enlarges four times.

    `noise_level` is how much noise is added to it: more lets the model invent more. `scheduler` is
    the model's own for this, its low_res_scheduler; without one it is the published upscaler's.
    """
    from engine.diffusion.upscaling import low_resolution

    return low_resolution(image, noise, noise_level, scheduler)


@node("latents.for_upscaling", label="Latents to enlarge")
def upscaled_latents(unet: Annotated[UNet, HandleOnly()], image: Image) -> Latents:
    """Zero latents on the grid of the small picture's pixels, one for each picture."""
    from engine.diffusion.latents import zeros

    batch, _, height, width = image.pixels.shape
    return Latents(zeros(batch, unet.channels, width, height, 1), unet.space, unet.factor)
