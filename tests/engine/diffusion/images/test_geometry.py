import numpy as np
import PIL.Image
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.diffusion.images.geometry import crop, crop_centre, flip, pad, padding, rotate
from engine.diffusion.images.pixels import from_pil, to_pil
from engine.diffusion.values import Image, Mask
from engine.graph.errors import LoomError

IMAGE = Image(torch.arange(2 * 3 * 5 * 7).view(2, 3, 5, 7).float() / 255)
MASK = Mask(torch.arange(35).view(1, 1, 5, 7).float() / 35)
BORDERS = st.sampled_from(["constant", "edge", "reflect"])
added = st.integers(0, 20)


@settings(max_examples=30, deadline=None)
@given(added, added, added, added, BORDERS)
def test_cutting_off_what_was_added_gives_the_picture_again(left, top, right, bottom, border):
    larger = pad(IMAGE, left, top, right, bottom, border)
    assert larger.pixels.shape == (2, 3, 5 + top + bottom, 7 + left + right)
    assert torch.equal(crop(larger, left, top, 7, 5).pixels, IMAGE.pixels)
    new = padding(IMAGE, left, top, right, bottom).values
    assert new.shape == (2, 1, 5 + top + bottom, 7 + left + right)
    assert not crop(Mask(new), left, top, 7, 5).values.any()
    assert int(new[0].sum()) == larger.pixels[0, 0].numel() - 35


@settings(max_examples=30, deadline=None)
@given(added, added, st.sampled_from(["edge", "reflect"]))
def test_borders_are_numpys(left, bottom, border):
    found = pad(IMAGE, left, 0, 0, bottom, border).pixels
    expected = np.pad(IMAGE.pixels.numpy(), ((0, 0), (0, 0), (0, bottom), (left, 0)), mode=border)
    assert np.array_equal(found.numpy(), expected)


def test_a_border_has_the_colour_that_is_asked_for():
    found = pad(IMAGE, left=1, colour="#ff8000").pixels
    assert found[0, :, 2, 0].tolist() == pytest.approx([1, 128 / 255, 0])
    grey = pad(MASK, left=1, colour="#ff8000").values
    assert float(grey[0, 0, 2, 0]) == pytest.approx(0.299 + 0.587 * 128 / 255)


def test_a_picture_of_one_pixel_can_be_mirrored():
    one = Image(torch.full((1, 3, 1, 1), 0.5))
    assert torch.equal(pad(one, 2, 2, 2, 2, "reflect").pixels, torch.full((1, 3, 5, 5), 0.5))


def test_a_part_is_pillows():
    (picture,) = to_pil(Image(IMAGE.pixels[:1]))
    expected = from_pil([picture.crop((2, 1, 6, 4))]).pixels
    assert torch.allclose(crop(Image(IMAGE.pixels[:1]), 2, 1, 4, 3).pixels, expected)


@pytest.mark.parametrize(
    "box, reason, field",
    [
        ((0, 0, 0, 3), "0×3 has no pixels", "width"),
        ((4, 0, 4, 3), r"from \(4, 0\) to \(8, 3\) leaves the picture, which is 7×5", "x"),
        ((0, 3, 4, 3), r"from \(0, 3\) to \(4, 6\) leaves", "y"),
        ((-1, 0, 4, 3), r"from \(-1, 0\)", "x"),
    ],
)
def test_parts_that_are_not_there_are_refused(box, reason, field):
    with pytest.raises(LoomError, match=reason) as caught:
        crop(IMAGE, *box)
    assert caught.value.field == field


def test_the_middle():
    assert torch.equal(crop_centre(IMAGE, 3, 3).pixels, IMAGE.pixels[:, :, 1:4, 2:5])
    assert torch.equal(crop_centre(IMAGE, 0, 1).pixels, IMAGE.pixels[:, :, 2:3])
    with pytest.raises(LoomError, match="leaves the picture"):
        crop_centre(IMAGE, 9, 5)


@pytest.mark.parametrize(
    "change, way",
    [
        (lambda image: flip(image, "horizontal"), PIL.Image.Transpose.FLIP_LEFT_RIGHT),
        (lambda image: flip(image, "vertical"), PIL.Image.Transpose.FLIP_TOP_BOTTOM),
        (lambda image: flip(image, "both"), PIL.Image.Transpose.ROTATE_180),
        (lambda image: rotate(image, 90), PIL.Image.Transpose.ROTATE_270),  # theirs go left
        (lambda image: rotate(image, 180), PIL.Image.Transpose.ROTATE_180),
        (lambda image: rotate(image, 270), PIL.Image.Transpose.ROTATE_90),
    ],
)
def test_turns_are_pillows(change, way):
    expected = from_pil([picture.transpose(way) for picture in to_pil(IMAGE)])
    assert torch.equal(change(IMAGE).pixels, expected.pixels)


def test_turning_a_mask_back():
    assert torch.equal(rotate(rotate(MASK, 90), 270).values, MASK.values)
