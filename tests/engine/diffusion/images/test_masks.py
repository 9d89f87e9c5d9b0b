import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from engine.diffusion.images import masks
from engine.diffusion.values import Image, Mask
from engine.graph.errors import LoomError


def rough(seed: int = 0, share: float = 0.5, size: tuple[int, int] = (16, 20)) -> Mask:
    values = torch.rand(1, 1, *size, generator=torch.Generator().manual_seed(seed))
    return Mask((values < share).float())


def soft(seed: int = 0) -> Mask:
    return Mask(torch.rand(2, 1, 16, 20, generator=torch.Generator().manual_seed(seed)))


def disc(radius: int) -> np.ndarray:
    y, x = np.mgrid[-radius : radius + 1, -radius : radius + 1]
    return x**2 + y**2 <= radius**2


def test_brightness_there_and_back():
    mask = soft()
    again = masks.from_luminance(masks.to_image(mask))
    assert torch.allclose(again.values, mask.values, atol=1e-6)
    red = Image(torch.tensor([1.0, 0, 0]).view(1, 3, 1, 1))
    assert float(masks.from_luminance(red).values) == pytest.approx(0.299)


def test_a_colour_and_what_is_near_it():
    colours = torch.tensor([[1.0, 0, 0], [0.9, 0, 0], [0.5, 0, 0], [0, 0, 1.0]])
    image = Image(colours.t().view(1, 3, 1, 4))
    hard = masks.from_colour(image, "red", tolerance=0.1).values
    assert hard.flatten().tolist() == [1, 1, 0, 0]
    assert masks.from_colour(image, "red", tolerance=0.0).values.flatten().tolist() == [1, 0, 0, 0]
    blurred = masks.from_colour(image, "red", tolerance=0.1, softness=0.4).values.flatten()
    distance = 0.5 / 3**0.5
    assert blurred.tolist() == pytest.approx([1, 1, 1 - (distance - 0.1) / 0.4, 0])
    opposite = Image(torch.zeros(1, 3, 1, 1))
    assert masks.from_colour(opposite, "white", tolerance=0.99).values.sum() == 0
    assert masks.from_colour(opposite, "white", tolerance=1.0).values.sum() == 1


def test_a_threshold_of_a_mask_and_of_a_picture():
    mask = Mask(torch.tensor([0.0, 0.2, 0.5, 0.8, 1.0]).view(1, 1, 1, 5))
    assert masks.threshold(mask).values.flatten().tolist() == [0, 0, 1, 1, 1]
    assert masks.threshold(mask, 0.2, 0.5).values.flatten().tolist() == [0, 1, 1, 0, 0]
    picture = masks.to_image(mask)
    assert masks.threshold(picture, 0.1, 0.6).values.flatten().tolist() == [0, 1, 1, 0, 0]
    with pytest.raises(LoomError, match=r"Nothing lies between 0.8 and 0.2"):
        masks.threshold(mask, 0.8, 0.2)


@pytest.mark.parametrize("pixels", [0, 1, 2, 5, 30])
def test_growing_is_dilation_by_a_disc(pixels: int):
    for plane, found in zip(soft().values, masks.grow(soft(), pixels).values, strict=True):
        expected = ndimage.grey_dilation(
            plane[0].numpy(), footprint=disc(pixels), mode="constant", cval=0
        )
        assert np.array_equal(found[0].numpy(), expected)


@pytest.mark.parametrize("pixels", [1, 3, 30])
def test_shrinking_is_erosion_by_a_disc_but_not_from_the_border(pixels: int):
    for plane, found in zip(soft().values, masks.grow(soft(), -pixels).values, strict=True):
        expected = ndimage.grey_erosion(
            plane[0].numpy(), footprint=disc(pixels), mode="constant", cval=1
        )
        assert np.allclose(found[0].numpy(), expected, atol=1e-6)
    full = Mask(torch.ones(1, 1, 8, 8))
    assert torch.equal(masks.grow(full, -3).values, full.values)


def test_feathering_keeps_what_is_white_in_all():
    mask = Mask(torch.zeros(1, 1, 40, 40))
    mask.values[0, 0, 15:25, 15:25] = 1
    found = masks.feather(mask, 2.0).values
    assert float(found.sum()) == pytest.approx(100, rel=1e-3)
    assert 0.4 < float(found[0, 0, 20, 15]) < 0.7 and float(found[0, 0, 20, 5]) < 1e-3


def test_combining():
    a, b = rough(1), rough(2)
    white = a.values.bool(), b.values.bool()
    for how, expected in (
        ("union", white[0] | white[1]),
        ("intersection", white[0] & white[1]),
        ("difference", white[0] & ~white[1]),
    ):
        assert torch.equal(masks.combine(a, b, how).values.bool(), expected)


def test_masks_of_two_sizes_are_refused_with_both():
    with pytest.raises(LoomError, match="first is 20×16 and the second 9×8"):
        masks.combine(rough(), rough(size=(8, 9)), "union")


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.2, 0.8))
def test_holes_are_those_of_scipy(seed: int, share: float):
    mask = rough(seed, share)
    filled = masks.fill_holes(mask)
    expected = ndimage.binary_fill_holes(mask.values[0, 0].numpy())
    assert np.array_equal(filled.values[0, 0].numpy(), expected)
    assert torch.equal(masks.fill_holes(filled).values, filled.values)


def test_filling_holes_leaves_soft_edges():
    mask = Mask(torch.zeros(1, 1, 7, 7))
    mask.values[0, 0, 1:6, 1:6] = 0.7
    mask.values[0, 0, 3, 3] = 0.2
    before = mask.values.clone()
    found = masks.fill_holes(mask).values
    assert float(found[0, 0, 3, 3]) == 1 and float(found[0, 0, 1, 1]) == pytest.approx(0.7)
    assert torch.equal(mask.values, before)


def spot(x: int, y: int, width: int = 1, height: int = 1) -> Mask:
    values = torch.zeros(1, 1, 40, 60)
    values[0, 0, y : y + height, x : x + width] = 1
    return Mask(values)


@pytest.mark.parametrize(
    "mask, padding, aspect, found",
    [
        (spot(10, 20, 5, 3), 0, 0.0, (10, 20, 5, 3)),
        (spot(10, 20, 5, 3), 4, 0.0, (6, 16, 13, 11)),
        (spot(0, 0, 2, 2), 4, 0.0, (0, 0, 6, 6)),
        (spot(58, 38, 2, 2), 4, 0.0, (54, 34, 6, 6)),
        (spot(20, 20, 4, 2), 0, 1.0, (20, 19, 4, 4)),
        (spot(20, 20, 4, 2), 0, 4.0, (18, 20, 8, 2)),
        (spot(0, 20, 2, 10), 0, 1.0, (0, 20, 10, 10)),
        (spot(20, 20, 50, 2), 0, 1.0, (20, 0, 40, 40)),
    ],
)
def test_the_box_around_what_is_white(mask, padding, aspect, found):
    assert masks.box(mask, padding, aspect) == found


def test_the_box_of_a_batch_holds_all():
    both = Mask(torch.cat([spot(10, 5).values, spot(30, 25).values]))
    assert masks.box(both) == (10, 5, 21, 21)


def test_an_empty_mask_is_told():
    with pytest.raises(LoomError, match="The mask is empty: nothing in it is white") as caught:
        masks.box(Mask(torch.zeros(1, 1, 4, 4)))
    assert caught.value.field == "mask"
    pair = Mask(torch.cat([spot(1, 1).values, torch.zeros(1, 1, 40, 60)]))
    with pytest.raises(LoomError, match=r"mask \(number 1 of 2\) is empty"):
        masks.check_not_empty(pair)
