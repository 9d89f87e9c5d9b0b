import numpy as np
import PIL.Image
import pytest
import torch

from engine.diffusion.images.pixels import from_pil, mask_to_pil, to_pil
from engine.diffusion.values import Image, Mask


def test_pixels_become_the_nearest_of_256_levels():
    pixels = torch.tensor([0.0, 0.5, 1.0, 1.7, -1.0, 100.4 / 255]).view(1, 1, 1, 6)
    (picture,) = to_pil(Image(pixels.expand(1, 3, 1, 6)))
    assert (picture.size, picture.mode) == ((6, 1), "RGB")
    assert np.asarray(picture)[0, :, 0].tolist() == [0, 128, 255, 255, 0, 100]


def test_channels_and_rows_keep_their_places():
    pixels = torch.zeros(1, 3, 2, 3)
    pixels[0, 1, 1, 2] = 1.0
    (picture,) = to_pil(Image(pixels))
    assert picture.getpixel((2, 1)) == (0, 255, 0)
    assert sum(map(sum, picture.get_flattened_data())) == 255


def test_levels_survive_the_way_there_and_back():
    levels = torch.arange(256, dtype=torch.float32).view(1, 1, 16, 16) / 255
    image = Image(levels.repeat(1, 3, 1, 1))
    assert torch.equal(from_pil(to_pil(image)).pixels, image.pixels)
    (picture,) = mask_to_pil(Mask(levels))
    assert (picture.mode, list(picture.get_flattened_data())) == ("L", list(range(256)))


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK", "1"])
def test_any_mode_becomes_three_channels(mode: str):
    picture = PIL.Image.new("RGB", (3, 2), (255, 255, 255)).convert(mode)
    found = from_pil([picture, picture]).pixels
    assert (found.shape, found.dtype) == ((2, 3, 2, 3), torch.float32)
    assert found.min() == 1.0
