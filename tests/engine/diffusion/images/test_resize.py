import numpy as np
import PIL.Image
import pytest
import torch
import torch.nn.functional as F

from engine.diffusion.images.pixels import from_pil, to_pil
from engine.diffusion.images.raster import size_of
from engine.diffusion.images.resize import resize, scale
from engine.diffusion.values import Image, Mask
from engine.graph.errors import LoomError

PILLOW = {
    "nearest": PIL.Image.Resampling.NEAREST,
    "bilinear": PIL.Image.Resampling.BILINEAR,
    "bicubic": PIL.Image.Resampling.BICUBIC,
    "lanczos": PIL.Image.Resampling.LANCZOS,
    "area": PIL.Image.Resampling.BOX,
}


@pytest.fixture
def image() -> Image:
    generator = torch.Generator().manual_seed(0)
    rough = torch.rand(2, 3, 7, 9, generator=generator)
    return Image(F.interpolate(rough, (40, 60), mode="bilinear"))


@pytest.mark.parametrize("filter", PILLOW)
@pytest.mark.parametrize("size", [(31, 17), (100, 90)])
def test_each_filter_is_pillows_to_a_level(image: Image, filter, size):
    found = resize(image, *size, "stretch", filter).pixels
    for picture, result in zip(to_pil(image), found, strict=True):
        expected = from_pil([picture.resize(size, PILLOW[filter])]).pixels[0]
        assert (result - expected).abs().max() <= 1.6 / 255


@pytest.mark.parametrize("filter", ["bilinear", "bicubic"])
@pytest.mark.parametrize("size", [(31, 17), (100, 90)])
def test_antialiased_filters_are_torchs(image: Image, filter, size):
    found = resize(image, *size, "stretch", filter).pixels
    expected = F.interpolate(
        image.pixels, size[::-1], mode=filter, antialias=True, align_corners=False
    )
    assert (found - expected.clamp(0, 1)).abs().max() < 1e-5


def test_area_is_the_mean_of_what_it_covers(image: Image):
    found = resize(image, 15, 10, "stretch", "area").pixels
    assert torch.allclose(found, F.avg_pool2d(image.pixels, 4), atol=1e-6)


def test_nearest_makes_no_new_levels(image: Image):
    found = resize(image, 120, 80, "stretch", "nearest").pixels
    assert torch.equal(found, image.pixels.repeat_interleave(2, 2).repeat_interleave(2, 3))


@pytest.mark.parametrize(
    "width, height, how, found",
    [
        (30, 30, "fit", (30, 20)),
        (30, 30, "fill", (30, 30)),
        (30, 30, "stretch", (30, 30)),
        (90, 0, "fill", (90, 60)),
        (0, 10, "fit", (15, 10)),
        (0, 10, "stretch", (15, 10)),
        (1, 1, "fit", (1, 1)),
        (31, 40, "surround", (31, 40)),
        (0, 10, "surround", (15, 10)),
    ],
)
def test_sizes(image: Image, width, height, how, found):
    assert size_of(resize(image, width, height, how)) == found


def test_fill_cuts_off_equally_on_both_sides():
    ramp = torch.linspace(0, 1, 64).expand(1, 3, 16, 64)
    found = resize(Image(ramp), 16, 16, "fill", "bilinear").pixels[0, 0, 0]
    assert torch.allclose(found, ramp[0, 0, 0, 24:40], atol=1e-5)


def test_surrounded_it_is_whole_and_its_outermost_pixels_go_on(image: Image):
    found = resize(image, 30, 37, "surround")
    inner = resize(image, 30, 20, "stretch").pixels
    assert torch.equal(found.pixels[:, :, 8:28], inner)
    assert torch.equal(found.pixels[:, :, :8], inner[:, :, :1].expand(-1, -1, 8, -1))
    assert torch.equal(found.pixels[:, :, 28:], inner[:, :, -1:].expand(-1, -1, 9, -1))


def test_the_same_size_changes_nothing(image: Image):
    assert torch.equal(resize(image, 60, 40).pixels, image.pixels)


def test_masks_stay_masks():
    mask = Mask((torch.rand(1, 1, 16, 16) > 0.5).float())
    found = resize(mask, 40, 24)
    assert isinstance(found, Mask) and found.values.shape == (1, 1, 24, 40)
    assert found.values.min() >= 0 and found.values.max() <= 1


@pytest.mark.parametrize(
    "factor, multiple, found",
    [(2.0, 1, (120, 80)), (1.0, 64, (64, 64)), (0.5, 8, (32, 24)), (0.01, 8, (8, 8))],
)
def test_scaling_to_multiples(image: Image, factor, multiple, found):
    assert size_of(scale(image, factor, multiple)) == found


def test_sizes_that_can_not_be_made_are_refused(image: Image):
    with pytest.raises(LoomError, match="both 0"):
        resize(image, 0, 0)
    with pytest.raises(LoomError, match="300000×300000 has more than 67 million pixels"):
        resize(image, 300_000, 300_000, "stretch")
    with pytest.raises(LoomError, match="more than 67 million"):
        scale(image, 1000)


def test_the_input_is_left_alone(image: Image):
    before = image.pixels.clone()
    resize(image, 10, 10)
    assert torch.equal(image.pixels, before)
    assert np.shares_memory(before.numpy(), image.pixels.numpy()) is False
