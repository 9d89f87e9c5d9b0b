import pytest
import torch

from engine.diffusion.images.grid import grid, labelled_grid
from engine.diffusion.values import Image
from engine.graph.errors import LoomError


def flat(*levels: float, size: tuple[int, int] = (2, 3)) -> Image:
    """A batch of pictures of one grey level each."""
    return Image(torch.tensor(levels).view(-1, 1, 1, 1).expand(-1, 3, *size))


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


def red(level: float, size: tuple[int, int] = (40, 64)) -> Image:
    """A picture of one red, which no lettering has."""
    return Image(torch.tensor([level, 0.0, 0.0]).view(1, 3, 1, 1).repeat(1, 1, *size))


def place_of(table: Image, level: float) -> tuple[int, int, int, int]:
    """Left, top, width and height of the cell of a red."""
    wanted = torch.tensor([level, 0.0, 0.0]).view(3, 1, 1)
    found = ((table.pixels[0] - wanted).abs().amax(0) < 0.01).nonzero()
    (top, left), (bottom, right) = found.amin(0).tolist(), found.amax(0).tolist()
    return left, top, right + 1 - left, bottom + 1 - top


def test_cells_stand_in_reading_order_below_and_beside_their_labels():
    levels = (0.2, 0.4, 0.6, 0.8)
    table = labelled_grid([red(level) for level in levels], ["1", "2"], ["one", "two"], gap=3)
    places = [place_of(table, level) for level in levels]
    x, y = places[0][:2]
    right, down = x + 64 + 3, y + 40 + 3
    assert places == [(a, b, 64, 40) for a, b in ((x, y), (right, y), (x, down), (right, down))]
    above, beside = table.pixels[:, :, :y, x:], table.pixels[:, :, y:, :x]
    assert above.min() < 0.3 and beside.min() < 0.3  # ink
    assert table.pixels.shape == (1, 3, down + 43, right + 67)


def test_a_table_without_any_text_is_a_grid_with_gaps():
    table = labelled_grid([red(0.2), red(0.4)], ["", ""], gap=2)
    assert table.pixels.shape == (1, 3, 2 + 40 + 2, 2 + 2 * (64 + 2))


def test_a_title_and_captions_make_room_for_themselves():
    plain = labelled_grid([red(0.2), red(0.4)], ["", ""])
    table = labelled_grid([red(0.2), red(0.4)], ["", ""], title="A title", captions=["1", "2"])
    assert table.pixels.shape[3] == plain.pixels.shape[3]
    left, top, width, height = place_of(table, 0.4)
    assert (width, height) == (64, 40)
    caption = table.pixels[:, :, top + 40 :, left:]
    assert table.pixels[:, :, :top].min() < 0.3 and caption.min() < 0.3


def test_a_missing_picture_leaves_a_grey_cell():
    table = labelled_grid([red(0.5), None], ["", ""], gap=0)
    assert table.pixels[0, :, 0, 64].tolist() == pytest.approx([236 / 255] * 3)


def test_a_cell_of_several_pictures_and_one_of_another_size():
    two = Image(red(0.2, (8, 8)).pixels.repeat(2, 1, 1, 1))
    table = labelled_grid([two, red(0.5, (8, 32))], ["", ""])
    assert place_of(table, 0.2) == (4 + 8, 4, 16, 8)  # in the middle of a cell of 32
    assert place_of(table, 0.5) == (4 + 32 + 4, 4, 32, 8)


def test_small_pictures_are_enlarged_pixel_by_pixel():
    pixels = torch.tensor([0.0, 1.0]).view(1, 1, 2, 1).repeat(1, 3, 1, 64)
    table = labelled_grid([Image(pixels)], [""], gap=0, enlarge=3)
    assert table.pixels.shape == (1, 3, 6, 192)
    assert table.pixels[0, 0, :, 0].tolist() == [0, 0, 0, 1, 1, 1]


def test_numbers_that_do_not_fit_are_refused():
    with pytest.raises(LoomError, match="3 pictures don't fill 2 columns and 2 rows"):
        labelled_grid([red(0.1)] * 3, ["a", "b"], ["c", "d"])
    with pytest.raises(LoomError, match="1 captions"):
        labelled_grid([red(0.1)] * 2, ["a", "b"], captions=["c"])
