import numpy as np
import pytest
import torch

from engine.diffusion.images import grid, to_pil
from engine.diffusion.values import Image
from engine.graph.errors import LoomError


def flat(*levels: float, size: tuple[int, int] = (2, 3)) -> Image:
    """A batch of pictures of one grey level each."""
    return Image(torch.tensor(levels).view(-1, 1, 1, 1).expand(-1, 3, *size))


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


def test_a_grid_reads_row_by_row_and_leaves_the_rest_white():
    table = grid([flat(0.1, 0.2), flat(0.3), flat(0.4, 0.5)], columns=3)
    assert table.pixels.shape == (1, 3, 4, 9)
    cells = table.pixels[0, 0, ::2, ::3]
    assert torch.allclose(cells, torch.tensor([[0.1, 0.2, 0.3], [0.4, 0.5, 1.0]]))


@pytest.mark.parametrize(
    "count, columns, shape", [(1, 0, (1, 1)), (5, 0, (2, 3)), (4, 0, (2, 2)), (3, 8, (1, 3))]
)
def test_columns_of_a_grid(count, columns, shape):
    rows, wide = shape
    table = grid([flat(*[0.5] * count)], columns=columns)
    assert table.pixels.shape == (1, 3, 2 * rows, 3 * wide)


def test_a_grid_of_two_sizes_is_refused_with_both():
    with pytest.raises(LoomError, match="3×2 and 4×4"):
        grid([flat(0.1), flat(0.1, size=(4, 4))])


def test_a_grid_of_nothing_is_refused():
    with pytest.raises(LoomError, match="no picture"):
        grid([])
