"""The table of a sweep."""

from __future__ import annotations

from itertools import product

import pytest
from PIL import Image

from app.gui.pictures.grid import SweepGrid
from app.gui.pictures.thumbnails import Thumbnails
from engine.diffusion.images.files import encode


@pytest.fixture
def files(tmp_path):
    found = []
    for guidance, seed in product((3.0, 5.0), (0, 1, 2)):
        path = tmp_path / f"{guidance}-{seed}.png"
        cell = {"denoise.guidance": guidance, "seed.value": seed}
        path.write_bytes(encode(Image.new("RGB", (8, 8)), {"cell": cell}))
        found.append(path)
    plain = tmp_path / "plain.png"
    plain.write_bytes(encode(Image.new("RGB", (8, 8)), {}))
    return [*found, plain]


def test_cells_stand_where_their_values_are(qtbot, files, tmp_path):
    grid = SweepGrid(Thumbnails(tmp_path / "thumbnails"))
    qtbot.addWidget(grid)
    with qtbot.waitSignal(grid.filled):
        grid.show_files(files)
    table = grid.table
    assert (table.rowCount(), table.columnCount()) == (2, 3)
    assert table.verticalHeaderItem(1).text() == "denoise.guidance=5.0"
    assert table.horizontalHeaderItem(2).text() == "seed.value=2"
    with qtbot.waitSignal(grid.show_asked) as shown:
        table.setCurrentCell(1, 2)
    assert shown.args == [[tmp_path / "5.0-2.png"]]
    with qtbot.waitSignal(grid.take_asked) as taken:
        table.itemActivated.emit(table.item(1, 0))
    assert taken.args == [{"denoise.guidance": 5.0, "seed.value": 0}]
    grid.show_files(files[-1:])
    qtbot.waitUntil(lambda: table.rowCount() == 0)
    grid._thumbnails.close()
