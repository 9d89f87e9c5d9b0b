import pytest
import torch
from PIL import ImageEnhance, ImageOps

from engine.diffusion.images.colour import adjust, gray, invert, luminance, parse_colour
from engine.diffusion.images.pixels import from_pil, levels, to_pil
from engine.diffusion.values import Image, Mask
from engine.graph.errors import LoomError


@pytest.fixture
def image() -> Image:
    generator = torch.Generator().manual_seed(1)
    return Image((torch.rand(1, 3, 12, 16, generator=generator) * 255).round() / 255)


def test_colours_by_name_and_number():
    assert parse_colour(" red ") == (1, 0, 0)
    assert parse_colour("#ff8000") == (1, 128 / 255, 0)
    assert parse_colour("#ff800080") == (1, 128 / 255, 0)
    assert parse_colour("hsl(120, 100%, 50%)") == (0, 1, 0)
    with pytest.raises(LoomError, match="'reddish' is no colour") as caught:
        parse_colour("reddish")
    assert caught.value.field == "colour"


def test_brightness_is_pillows_grey(image: Image):
    (picture,) = to_pil(image)
    assert (luminance(image.pixels)[0] - levels(picture.convert("L"))).abs().max() < 1 / 255
    assert torch.equal(gray(image).pixels[:, 2], luminance(image.pixels)[:, 0])


@pytest.mark.parametrize("factor", [0.0, 0.4, 1.0, 1.7])
@pytest.mark.parametrize(
    "name, enhance",
    [
        ("brightness", ImageEnhance.Brightness),
        ("contrast", ImageEnhance.Contrast),
        ("saturation", ImageEnhance.Color),
    ],
)
def test_each_change_is_pillows_to_a_level(image: Image, name, enhance, factor):
    (picture,) = to_pil(image)
    expected = from_pil([enhance(picture).enhance(factor)]).pixels
    # Pillow rounds the mean brightness and the greys to whole levels before it multiplies.
    limit = (1.01 + abs(1 - factor)) / 255
    assert (adjust(image, **{name: factor}).pixels - expected).abs().max() <= limit


def test_gamma_and_the_order_of_changes(image: Image):
    assert torch.allclose(adjust(image, gamma=2.0).pixels, image.pixels**0.5)
    together = adjust(image, 1.2, 0.8, 0.5, 1.5).pixels
    brighter = Image(image.pixels * 1.2)
    mean = luminance(brighter.pixels).mean()
    flatter = mean + 0.8 * (brighter.pixels - mean)
    paler = luminance(flatter) + 0.5 * (flatter - luminance(flatter))
    assert torch.allclose(together, paler.clamp(0, 1) ** (1 / 1.5), atol=1e-6)


def test_nothing_changes_by_default(image: Image):
    assert torch.equal(adjust(image).pixels, image.pixels)


def test_inverting_twice(image: Image):
    (picture,) = to_pil(image)
    assert torch.allclose(invert(image).pixels, from_pil([ImageOps.invert(picture)]).pixels)
    assert torch.allclose(invert(invert(image)).pixels, image.pixels, atol=1e-7)
    assert invert(Mask(torch.zeros(1, 1, 2, 2))).values.min() == 1
