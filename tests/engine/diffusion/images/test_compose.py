import pytest
import torch
from PIL import ImageChops

from engine.diffusion.images.compose import composite
from engine.diffusion.images.pixels import from_pil, to_pil
from engine.diffusion.values import Image, Mask
from engine.graph.errors import LoomError

GENERATOR = torch.Generator().manual_seed(3)


def rough(width: int, height: int, count: int = 1) -> Image:
    pixels = torch.rand(count, 3, height, width, generator=GENERATOR)
    return Image((pixels * 255).round() / 255)


@pytest.mark.parametrize(
    "blend, chops",
    [
        ("multiply", ImageChops.multiply),
        ("screen", ImageChops.screen),
        ("difference", ImageChops.difference),
    ],
)
def test_blending_is_pillows_to_a_level(blend, chops):
    base, layer = rough(9, 7), rough(9, 7)
    expected = from_pil([chops(to_pil(base)[0], to_pil(layer)[0])]).pixels
    found = composite(base, layer, blend=blend).pixels
    assert (found - expected).abs().max() <= 1.01 / 255


def test_masks_and_opacity_mix():
    base, layer, mask = rough(9, 7), rough(9, 7), Mask(torch.rand(1, 1, 7, 9))
    found = composite(base, layer, mask, opacity=0.5).pixels
    share = mask.values * 0.5
    assert torch.allclose(found, base.pixels * (1 - share) + layer.pixels * share, atol=1e-6)
    assert torch.equal(composite(base, layer).pixels, layer.pixels)
    assert torch.equal(composite(base, layer, opacity=0).pixels, base.pixels)


@pytest.mark.parametrize("x, y", [(0, 0), (3, 2), (-2, -3), (7, 5), (6, -1)])
def test_a_layer_is_laid_where_pillow_pastes_it(x: int, y: int):
    base, layer = rough(9, 7), rough(4, 5)
    (sheet,) = to_pil(base)
    sheet.paste(to_pil(layer)[0], (x, y))
    assert torch.equal(composite(base, layer, x=x, y=y).pixels, from_pil([sheet]).pixels)


def test_a_masked_layer_that_sticks_out():
    base, layer = rough(9, 7), rough(6, 6)
    mask = Mask((torch.rand(1, 1, 6, 6) > 0.5).float())
    (sheet,) = to_pil(base)
    sheet.paste(to_pil(layer)[0], (-2, 4), mask=_levels(mask))
    found = composite(base, layer, mask, x=-2, y=4)
    assert torch.equal(found.pixels, from_pil([sheet]).pixels)


def test_a_layer_beside_the_picture_changes_nothing():
    base = rough(9, 7)
    assert torch.equal(composite(base, rough(4, 4), x=9).pixels, base.pixels)
    assert torch.equal(composite(base, rough(4, 4), y=-4).pixels, base.pixels)


def test_batches_and_single_pictures_go_together():
    base, layer = rough(5, 4), rough(5, 4, count=3)
    assert torch.equal(composite(base, layer).pixels, layer.pixels)
    mask = Mask(torch.tensor([1.0, 0.0, 1.0]).view(3, 1, 1, 1).expand(3, 1, 4, 5))
    found = composite(base, Image(layer.pixels[:1]), mask).pixels
    assert torch.equal(found[0], layer.pixels[0]) and torch.equal(found[1], base.pixels[0])


def test_no_input_is_changed():
    base, layer = rough(5, 4), rough(5, 4)
    kept = base.pixels.clone(), layer.pixels.clone()
    composite(base, layer, x=1)
    assert torch.equal(base.pixels, kept[0]) and torch.equal(layer.pixels, kept[1])


def test_sizes_and_numbers_that_differ_are_told():
    with pytest.raises(LoomError, match="layer is 4×5 and the mask 5×4"):
        composite(rough(9, 7), rough(4, 5), Mask(torch.ones(1, 1, 4, 5)))
    with pytest.raises(LoomError, match="base is a batch of 2 and the layer one of 3"):
        composite(rough(9, 7, 2), rough(4, 5, 3))


def _levels(mask: Mask):
    from engine.diffusion.images.pixels import mask_to_pil

    return mask_to_pil(mask)[0]
