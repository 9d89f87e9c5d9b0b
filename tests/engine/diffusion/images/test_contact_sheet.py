from __future__ import annotations

import pytest
import torch

from engine.diffusion.images.contact_sheet import contact_sheet, read_labels
from engine.diffusion.images.grid import labelled_grid
from engine.diffusion.values import Image
from engine.graph.errors import LoomError


def plain(level: float, width: int = 160, height: int = 120, count: int = 1) -> Image:
    return Image(torch.full((count, 3, height, width), level))


def levels(sheet: Image) -> list[float]:
    """The greys of large areas that are no paper, from left to right and top to bottom."""
    found = {round(float(value), 2) for value in sheet.pixels[0, 0].flatten().unique()}
    return sorted(value for value in found if value in {0.2, 0.4, 0.6, 0.8})


TWO = [["g=1", "s=0"], ["g=1", "s=1"], ["g=2", "s=0"], ["g=2", "s=1"], ["g=3", "s=0"]]


def test_first_axis_down_last_axis_across():
    images = [plain(level) for level in (0.2, 0.4, 0.6, 0.8)]
    sheet = contact_sheet(images, TWO[:4])
    expected = labelled_grid(images, ["s=0", "s=1"], ["g=1", "g=2"])
    assert torch.equal(sheet.pixels, expected.pixels)


def test_a_cell_that_is_not_there_leaves_its_place():
    images = [plain(level) for level in (0.2, 0.4, 0.6, 0.8, 0.2)]
    sheet = contact_sheet(images, TWO)
    expected = labelled_grid([*images, None], ["s=0", "s=1"], ["g=1", "g=2", "g=3"])
    assert torch.equal(sheet.pixels, expected.pixels)


def test_three_axes_put_the_first_two_down():
    labels = [[f"a={a}", f"b={b}", f"c={c}"] for a in (0, 1) for b in (0, 1) for c in (0, 1, 2)]
    images = [plain(0.2) for _ in labels]
    sheet = contact_sheet(images, labels)
    rows = [f"a={a}\nb={b}" for a in (0, 1) for b in (0, 1)]
    assert torch.equal(
        sheet.pixels, labelled_grid(images, ["c=0", "c=1", "c=2"], rows).pixels
    )  # fmt: skip


def test_one_axis_has_its_labels_below():
    images = [plain(level) for level in (0.2, 0.4, 0.6)]
    sheet = contact_sheet(images, [["s=0"], ["s=1"], ["s=2"]])
    assert levels(sheet) == [0.2, 0.4, 0.6]
    assert 320 < sheet.pixels.shape[3] < 400  # two columns
    one_row = contact_sheet(images, [["s=0"], ["s=1"], ["s=2"]], columns=3)
    assert one_row.pixels.shape[3] > 480 and one_row.pixels.shape[2] < 200
    # A label changes what is below its picture, and nothing else.
    other = contact_sheet(images, [["s=0"], ["s=1"], ["other"]], columns=3)
    differs = (one_row.pixels != other.pixels).any(dim=1)[0]
    rows, columns = differs.nonzero(as_tuple=True)
    assert rows.min() >= 120 and columns.min() > 320


def test_without_labels_they_stand_side_by_side():
    sheet = contact_sheet([plain(0.2), plain(0.4)], columns=2)
    assert levels(sheet) == [0.2, 0.4]
    assert sheet.pixels.shape[2] < 140


def test_several_pictures_of_a_cell_stand_together():
    images = [plain(0.2), plain(0.4), plain(0.6), plain(0.8)]
    sheet = contact_sheet(images, [["a"], ["b"]], columns=2)
    batches = [plain(0.2, count=2), plain(0.6, count=2)]
    batches[0].pixels[1] = 0.4
    batches[1].pixels[1] = 0.8
    assert torch.equal(sheet.pixels, contact_sheet(batches, [["a"], ["b"]], columns=2).pixels)


def test_pictures_of_different_sizes():
    sheet = contact_sheet([plain(0.2, 200, 64), plain(0.4, 64, 128)], [["a"], ["b"]], columns=2)
    assert sheet.pixels.shape[3] > 400 and sheet.pixels.shape[2] > 128


def test_a_large_sheet_has_smaller_pictures():
    images = [plain(0.2, 500, 400) for _ in range(16)]
    labels = [[f"a={a}", f"b={b}"] for a in range(4) for b in range(4)]
    height, width = contact_sheet(images, labels, largest=800).pixels.shape[2:]
    assert 640 < height < 900 and 800 < width < 1000
    assert contact_sheet(images, labels).pixels.shape[3] > 2000


def test_tiny_pictures_have_their_pixels_repeated():
    images = [plain(0.2, 32, 32), plain(0.4, 32, 32)]
    sheet = contact_sheet(images, [["a"], ["b"]], columns=2)
    expected = labelled_grid(images, ["", ""], [""], captions=["a", "b"], enlarge=4)
    assert torch.equal(sheet.pixels, expected.pixels)


def test_lines_may_end_between_node_and_parameter():
    images = [plain(0.2), plain(0.4)]
    labels = [["denoise.guidance=1.5, seed.value=a.b=c"], ["x"]]
    expected = labelled_grid(
        images, ["", ""], [""], captions=["denoise guidance=1.5, seed value=a.b=c", "x"]
    )
    assert torch.equal(contact_sheet(images, labels, columns=2).pixels, expected.pixels)


def test_what_can_not_be_shared_out():
    with pytest.raises(LoomError, match="3 pictures can't be shared out among 2 cells"):
        contact_sheet([plain(0.2)] * 3, [["a"], ["b"]])
    with pytest.raises(LoomError, match="0 pictures"):
        contact_sheet([], [["a"]])


@pytest.mark.parametrize("text", ["{", "3", '{"a": 1}', '["a"]', "[[1]]", '[["a"], ["b", "c"]]'])
def test_texts_that_are_no_labels(text: str):
    with pytest.raises(LoomError, match=r"cells: These are no labels of cells\."):
        read_labels(text)


def test_labels_are_read():
    assert read_labels('[["ä", "b"], ["c", "d"]]') == [["ä", "b"], ["c", "d"]]
    assert read_labels(" ") == []
