"""The mask painter: what is painted is what the engine makes of the drawing."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QMessageBox

from app.gui.pictures.painter import MaskPainter
from app.gui.pictures.sketch import Sketch

SIDE = 96


@pytest.fixture(autouse=True)
def _discarded(monkeypatch):
    """A painter is closed without a question."""
    discard = QMessageBox.StandardButton.Discard
    monkeypatch.setattr(QMessageBox, "question", lambda *_: discard)


@pytest.fixture
def painter(qtbot):
    image = QImage(SIDE, SIDE, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.darkGray)
    painter = MaskPainter(image, "")
    qtbot.addWidget(painter)
    painter.show()
    painter.activateWindow()  # keys reach the window that is active
    qtbot.waitUntil(painter.isActiveWindow)
    painter.view.width_of_brush = 8
    return painter


def drag(qtbot, view, *points, shift=False):
    places = [view.to_widget(QPointF(*point)).toPoint() for point in points]
    held = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, held, places[0])
    for place in places[1:]:
        qtbot.mouseMove(view, place)
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, held, places[-1])


def mask_of(drawing: str) -> np.ndarray:
    from engine.diffusion.images.drawing import paint, parse

    return paint(parse(drawing), SIDE, SIDE).values[0, 0].numpy()


def shown(painter) -> np.ndarray:
    image = painter.view.sketch.image()
    rows = [bytes(image.constScanLine(y)[:SIDE]) for y in range(SIDE)]
    return np.frombuffer(b"".join(rows), np.uint8).reshape(SIDE, SIDE) / 255


def test_every_tool_paints_what_the_engine_paints(painter, qtbot):
    view = painter.view
    drag(qtbot, view, (20, 20), (70, 20), (70, 40))
    for tool, points in (
        ("polygon", [(10, 60), (40, 60), (10, 90)]),
        ("rectangle", [(50, 60), (90, 90)]),
        ("ellipse", [(60, 65), (80, 85)]),
    ):
        view.tool = tool
        drag(qtbot, view, *points, shift=tool == "ellipse")
    assert [shape["shape"] for shape in json.loads(painter.drawing)["shapes"]] == [
        "stroke",
        "polygon",
        "rectangle",
        "ellipse",
    ]
    ours, theirs = shown(painter), mask_of(painter.drawing)
    assert np.abs(ours - theirs).mean() < 0.01
    assert theirs[20, 45] == 1 and theirs[75, 70] == 0 and theirs[62, 52] == 1


def test_the_eraser_takes_away_and_undo_gives_back(painter, qtbot):
    painter.cover()
    painter.view.tool = "eraser"
    drag(qtbot, painter.view, (10, 48), (86, 48))
    assert mask_of(painter.drawing)[48, 48] == 0
    qtbot.keyClick(painter, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert mask_of(painter.drawing)[48, 48] == 1
    painter.view.redo()
    assert mask_of(painter.drawing)[48, 48] == 0
    painter.clear()
    assert painter.drawing == ""


def test_fill_covers_what_a_line_encloses(painter, qtbot):
    view = painter.view
    drag(qtbot, view, (20, 20), (70, 20), (70, 70), (20, 70), (20, 20))
    view.tool = "fill"
    drag(qtbot, view, (45, 45))
    mask = mask_of(painter.drawing)
    assert mask[22:68, 22:68].min() > 0.9 and mask[5, 5] == 0 and mask[90, 90] == 0


def test_fill_leaves_islands(painter, qtbot):
    view = painter.view
    drag(qtbot, view, (40, 40), (56, 56))
    view.tool = "fill"
    drag(qtbot, view, (5, 5), shift=False)
    covered = mask_of(painter.drawing)
    assert covered.min() > 0.4 and covered[5, 5] == 1
    view.undo()
    assert mask_of(painter.drawing)[5, 5] == 0


def test_a_drawing_is_gone_on_with_on_a_picture_of_another_size(qtbot):
    text = json.dumps(
        {
            "size": [48, 48],
            "feather": 2,
            "shapes": [{"shape": "rectangle", "box": [0, 0, 24, 24], "later": True}],
        }
    )
    sketch = Sketch.read(text, QSize(SIDE, SIDE)).scaled_to(QSize(SIDE, SIDE))
    assert sketch.feather == 4 and sketch.shapes[0]["box"] == [0, 0, 48, 48]
    assert sketch.shapes[0]["later"] is True
    assert Sketch.read("no drawing", QSize(8, 8)).text() == ""


def test_feather_is_part_of_the_drawing(painter):
    painter.cover()
    painter._feather.setValue(6)
    assert json.loads(painter.drawing)["feather"] == 6


def test_feather_is_seen_and_undone_at_once(painter, qtbot):
    view = painter.view
    view.tool = "rectangle"
    drag(qtbot, view, (20, 20), (76, 76))
    sharp = view._seen.pixelColor(20, 50).alpha(), view._seen.pixelColor(12, 50).alpha()
    for value in range(1, 17):
        painter._feather.setValue(value)
    soft = view._seen.pixelColor(20, 50).alpha(), view._seen.pixelColor(12, 50).alpha()
    assert sharp[0] > 200 and sharp[1] == 0 and 60 < soft[0] < 200 and soft[1] > 5
    view.undo()
    assert view.sketch.feather == 0 and painter._feather.value() == 0
    assert len(view.sketch.shapes) == 1


@pytest.mark.parametrize(("feather", "least"), [(1, 0.15), (4, 0.07), (12, 0.07)])
def test_a_soft_mask_looks_as_the_engine_makes_it(painter, qtbot, feather, least):
    drag(qtbot, painter.view, (10, 12), (30, 4), (70, 40))
    painter._feather.setValue(feather)
    image = painter.view.sketch.soft_image()
    rows = [bytes(image.constScanLine(y)[:SIDE]) for y in range(SIDE)]
    ours = np.frombuffer(b"".join(rows), np.uint8).reshape(SIDE, SIDE) / 255
    assert np.abs(ours - mask_of(painter.drawing)).max() < least


def test_a_mask_is_inverted_and_back(painter, qtbot):
    drag(qtbot, painter.view, (20, 20), (70, 20))
    before, text = mask_of(painter.drawing), painter.drawing
    painter.invert()
    assert np.allclose(mask_of(painter.drawing), 1 - before, atol=0.01)
    painter.invert()
    assert painter.drawing == text


def test_what_was_painted_is_not_lost_by_escape(painter, qtbot, monkeypatch):
    asked: list[int] = []
    button = QMessageBox.StandardButton
    answers = [button.Cancel, button.Save]
    monkeypatch.setattr(QMessageBox, "question", lambda *_: asked.append(1) or answers.pop(0))
    drag(qtbot, painter.view, (20, 20), (70, 20))
    qtbot.keyClick(painter, Qt.Key.Key_Escape)
    assert asked == [1] and painter.isVisible()
    qtbot.keyClick(painter, Qt.Key.Key_Escape)
    assert painter.result() == MaskPainter.DialogCode.Accepted


def test_keys_make_the_brush_wider(painter, qtbot):
    painter._size.setValue(16)
    qtbot.keyClick(painter, Qt.Key.Key_BracketRight)
    assert painter.view.width_of_brush == 20
    qtbot.keyClick(painter, Qt.Key.Key_BracketLeft)
    assert painter.view.width_of_brush == 16


def test_a_large_picture_is_painted_on_as_well(qtbot):
    image = QImage(5000, 3000, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.darkGray)
    painter = MaskPainter(image, "")
    qtbot.addWidget(painter)
    painter.show()
    painter.view.tool = "rectangle"
    drag(qtbot, painter.view, (1000, 1000), (4000, 2000))
    assert max(painter.view._seen.width(), painter.view._seen.height()) <= 2048
    (shape,) = json.loads(painter.drawing)["shapes"]
    assert abs(shape["box"][0] - 1000) < 12 and abs(shape["box"][2] - 3000) < 24


def test_where_there_is_no_picture_a_drawing_keeps_its_size(qtbot):
    black = QImage(512, 512, QImage.Format.Format_Grayscale8)
    drawing = json.dumps({"size": [64, 48], "shapes": [{"shape": "ellipse", "box": [8, 8, 9, 9]}]})
    painter = MaskPainter(black, drawing, is_blank=True)
    qtbot.addWidget(painter)
    painter.show()
    assert painter.view.image.size() == QSize(64, 48) and painter._hint.isVisible()
    assert json.loads(painter.drawing)["size"] == [64, 48]
