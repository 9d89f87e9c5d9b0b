"""Painting a part at the model's size: the box and the final picture against the reference's
`padding_mask_crop`.
"""

import diffusers
import numpy as np
import PIL.Image
import pytest
import torch
from diffusers.image_processor import VaeImageProcessor

from engine.diffusion.hooks.keep_outside import keeping
from engine.diffusion.images.compose import composite
from engine.diffusion.images.geometry import crop
from engine.diffusion.images.masks import box
from engine.diffusion.images.pixels import levels
from engine.diffusion.images.raster import like, tensor_of
from engine.diffusion.images.resize import resize
from engine.diffusion.sampling import Job
from engine.diffusion.values import Image, Mask, Noise
from tests.parity.pipelines.tiny import (
    decoded,
    encoded,
    our_scheduler,
    picture,
    quiet,
    their_scheduler,
    zeros,
)

pytestmark = pytest.mark.parity


def test_the_same_box():
    rng = np.random.default_rng(0)
    for _ in range(300):
        width, height = (int(side) for side in rng.integers(40, 160, 2))
        left, top = int(rng.integers(0, width - 8)), int(rng.integers(0, height - 8))
        right, bottom = int(rng.integers(left, width)) + 1, int(rng.integers(top, height)) + 1
        padding, shape = int(rng.integers(0, 40)), (int(rng.integers(1, 9)) * 64, 256)
        mask = torch.zeros(1, 1, height, width)
        mask[..., top:bottom, left:right] = 1
        x1, y1, x2, y2 = VaeImageProcessor.get_crop_region(as_pillow(mask), *shape, pad=padding)
        ours = box(Mask(mask), padding, shape[0] / shape[1])
        assert ours == (x1, y1, x2 - x1, y2 - y1)


def in_whole_levels(picture: Image | Mask, width: int, height: int) -> Image | Mask:
    """Resampled as the reference does: by the same filter, over pictures of 256 levels."""
    found = as_pillow(tensor_of(picture)).resize((width, height), PIL.Image.Resampling.LANCZOS)
    return like(picture, levels(found).unsqueeze(0))


def as_it_is(picture: Image | Mask, width: int, height: int) -> Image | Mask:
    return resize(picture, width, height, "stretch")


def surrounded(picture: Image | Mask, width: int, height: int) -> Image | Mask:
    """To the model's square and back, with the shape kept."""
    return resize(picture, width, height, "surround" if width == height else "fill")


@pytest.mark.parametrize(
    ("place", "resized", "most"),
    [
        # With its padding the part is as large as the model's pictures: nothing is resampled.
        ((38, 22, 90, 74), as_it_is, 0.51),
        ((70, 38, 128, 96), as_it_is, 0.51),
        # Rounded to whole levels on the way, as theirs, ours is the same picture; unrounded the
        # filter is the same, and what a random UNet makes of half a level is a few.
        ((40, 30, 70, 50), in_whole_levels, 0.51),
        ((0, 60, 30, 96), in_whole_levels, 0.51),
        ((40, 30, 70, 50), as_it_is, 10.0),
        ((0, 60, 30, 96), as_it_is, 10.0),
        # The picture is not high enough for the model's shape. On the way back theirs cuts at whole
        # pixels, up to half a one beside ours.
        ((5, 30, 120, 60), surrounded, 12.0),
    ],
)
def test_the_same_picture(tiny, place: tuple[int, int, int, int], resized, most: float):
    model, scheduler = tiny(), their_scheduler("DDIMScheduler")
    pixels = (picture(1, 128)[:, :, :96] * 255).round() / 255
    mask = torch.zeros(1, 1, 96, 128)
    left, top, right, bottom = place
    mask[..., top:bottom, left:right] = 1
    pipeline = diffusers.StableDiffusionInpaintPipeline(
        **model.theirs,
        scheduler=scheduler,
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    made = quiet(pipeline)(
        "a red fish",
        image=as_pillow(pixels),
        mask_image=as_pillow(mask),
        padding_mask_crop=6,
        negative_prompt="a cat",
        num_inference_steps=6,
        guidance_scale=4.0,
        height=64,
        width=64,
        generator=torch.Generator().manual_seed(5),
    ).images[0]
    whole, white = Image(pixels), Mask(mask)
    x, y, width, height = box(white, 6, 1.0)
    part = resized(crop(whole, x, y, width, height), 64, 64)
    part_mask = resized(crop(white, x, y, width, height), 64, 64)
    hooks = (
        keeping(Mask((part_mask.values >= 0.5).float()), encoded(model.ours["vae"], part.pixels)),
    )
    job = Job(
        *(model.ours["unet"], our_scheduler(scheduler), zeros(1), Noise((5,))),
        *(model.prompt("a red fish"), model.prompt("a cat"), 6, 4.0),
        hooks=hooks,
    )
    painted = Image(decoded(model.ours["vae"], job.run().latents))
    smaller = resized(painted, width, height)
    ours = composite(whole, smaller, crop(white, x, y, width, height), x, y)
    theirs = torch.from_numpy(np.array(made)).permute(2, 0, 1)[None].float()
    difference = (ours.pixels * 255 - theirs).abs()
    assert float(difference.max()) < most
    assert float(difference.mean()) < 0.2
    assert not ((ours.pixels - pixels) * (1 - mask)).any()


def as_pillow(tensor: torch.Tensor) -> PIL.Image.Image:
    numbers = (tensor[0] * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
    return PIL.Image.fromarray(numbers.squeeze())
