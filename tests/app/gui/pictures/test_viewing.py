"""Looking at pictures: zoom, pixels, comparison."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QFileDialog

from app.gui.pictures.comparing import difference
from app.gui.pictures.viewer import Viewer


def plain(colour: str, wide: int = 40, high: int = 30) -> QImage:
    image = QImage(wide, high, QImage.Format.Format_RGB32)
    image.fill(QColor(colour))
    return image


@pytest.fixture
def viewer(qtbot):
    viewer = Viewer()
    qtbot.addWidget(viewer)
    viewer.resize(500, 500)
    viewer.show_pictures("decode", [plain("red"), plain("blue")])
    viewer.show()
    qtbot.waitExposed(viewer)
    return viewer


def test_a_picture_fits_in_whole_pixels(viewer):
    view = viewer.view
    assert view.scale == int(view.scale) >= 2
    frame = view.transform().mapRect(view.image.rect())
    assert view.rect().contains(frame)


def test_the_wheel_keeps_what_is_under_the_cursor(viewer):
    view, about = viewer.view, QPointF(100, 120)
    before = view.to_picture(about)
    view.zoom_to(view.scale * 3, about)
    after = view.to_picture(about)
    assert (after - before).manhattanLength() < 1e-6
    view.actual_size()
    assert view.scale == 1


def test_the_pixel_under_the_cursor_is_told(viewer, qtbot):
    place = viewer.view.to_widget(QPointF(3.5, 4.5)).toPoint()
    qtbot.mouseMove(viewer.view, QPoint(1, 1))
    qtbot.mouseMove(viewer.view, place)
    assert viewer._pixel.text() == "(3, 4)  255, 0, 0"


def test_the_batch_is_gone_through_and_kept_in_place(viewer, qtbot):
    qtbot.mouseClick(viewer._next, Qt.MouseButton.LeftButton)
    assert viewer.image.pixelColor(0, 0) == QColor("blue")
    viewer.show_pictures("decode", [plain("white"), plain("black")])
    assert viewer.image.pixelColor(0, 0) == QColor("black")
    viewer.show_pictures("one", [plain("lime")])
    assert not viewer._next.isVisible() and viewer.image.pixelColor(0, 0) == QColor("lime")


def test_steps_are_scrubbed_and_played(viewer, qtbot):
    steps = [plain(colour) for colour in ("red", "lime", "blue")]
    viewer.show_pictures("trajectory", steps, labels=["step 1", "step 2", "step 3"])
    assert viewer._number.text() == "step 3"  # how it ended
    with qtbot.waitSignal(viewer.turned) as turned:
        viewer._scrub.setValue(0)
    assert turned.args == [0] and viewer.image.pixelColor(0, 0) == QColor("red")
    viewer._play.click()
    with qtbot.waitSignals([viewer.turned] * 3):
        pass
    viewer.show_pictures("one", [plain("red")])
    assert not viewer._clock.isActive()


def test_a_pinned_picture_slides_over_the_next(viewer, qtbot):
    viewer._pin.click()
    viewer.show_pictures("decode", [plain("lime")])
    view = viewer.view
    assert view.mode == "slider"

    def colour(x: float) -> str:
        shot = view.grab().toImage()
        ratio = shot.devicePixelRatio()
        place = view.to_widget(QPointF(x, 5.5)) * ratio
        return shot.pixelColor(place.toPoint()).name()

    assert colour(10) == "#00ff00" and colour(30) == "#ff0000"
    line = view.to_widget(QPointF(20, 15)).toPoint()
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=line)
    qtbot.mouseMove(view, view.to_widget(QPointF(5, 15)).toPoint())
    qtbot.mouseRelease(view, Qt.MouseButton.LeftButton)
    assert colour(10) == "#ff0000"
    viewer._pin.click()
    assert view.mode == "single" and colour(30) == "#00ff00"


def test_the_difference_is_absolute_and_amplified():
    one, other = plain("#102030"), plain("#183010")
    found = difference(one, other, 4).pixelColor(2, 2)
    assert (found.red(), found.green(), found.blue()) == (32, 64, 128)
    smaller = other.scaled(QSize(20, 15))
    assert difference(one, smaller, 1).pixelColor(2, 2).blue() == 32


def test_transparent_pictures_lie_on_a_board(viewer):
    image = QImage(8, 8, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    painter.fillRect(0, 0, 4, 8, QColor("red"))
    painter.end()
    viewer.show_pictures("alpha", [image])
    shot = viewer.view.grab().toImage()
    clear = shot.pixelColor(viewer.view.to_widget(QPointF(6.5, 4.5)).toPoint()).name()
    assert clear in ("#9a9a9a", "#bdbdbd")


def test_files_that_cannot_be_read_are_said(viewer, qtbot, tmp_path):
    plain("red").save(str(tmp_path / "good.png"))
    (tmp_path / "bad.png").write_bytes(b"no picture")
    with qtbot.waitSignal(viewer.said) as said:
        viewer.show_files([tmp_path / "good.png", tmp_path / "bad.png"])
    assert said.args == ["bad.png can't be shown."]
    qtbot.waitUntil(lambda: viewer.image.width() == 40)
    assert viewer.file == tmp_path / "good.png"


def test_of_many_files_only_those_in_front_are_read(viewer, qtbot, tmp_path, monkeypatch):
    from app.gui.pictures import reading

    read = []
    real = reading.read_picture
    monkeypatch.setattr(reading, "read_picture", lambda path: read.append(path) or real(path))
    files = [tmp_path / f"{number}.png" for number in range(50)]
    for number, file in enumerate(files):
        plain("red", 40 + number).save(str(file))
    viewer.show_files(files)
    qtbot.waitUntil(lambda: viewer.image.width() == 40)
    assert viewer._title.text() == "0.png"
    qtbot.mouseClick(viewer._previous, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: viewer.image.width() == 89)
    assert viewer._title.text() == "49.png"
    assert len(read) < 6
    plain("blue", 12).save(str(files[-1]))  # made again under its name
    viewer.show_files(files)
    qtbot.waitUntil(lambda: viewer.image.width() == 12)


def test_a_huge_picture_is_shown_smaller(tmp_path, monkeypatch):
    from app.gui.pictures import reading

    plain("red", 400, 300).save(str(tmp_path / "huge.png"))
    monkeypatch.setattr(reading, "LARGEST", 1200)
    found = reading.read_picture(tmp_path / "huge.png")
    assert (found.width(), found.height()) == (40, 30) and found.pixelColor(3, 3).red() == 255


def test_a_saved_copy_carries_the_workflow(viewer, qtbot, tmp_path, monkeypatch):
    from PIL import Image

    from engine.diffusion.images.files import encode, read_metadata

    file = tmp_path / "a.png"
    file.write_bytes(encode(Image.new("RGB", (9, 9)), {"workflow": {"loom": 1, "nodes": {}}}))
    viewer.show_files([file])
    qtbot.waitUntil(lambda: viewer.image.width() == 9)
    names = [str(tmp_path / "copy"), str(tmp_path / "b.jpg"), str(tmp_path / "no" / "c.png")]
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (names.pop(0), ""))
    viewer._save()
    assert read_metadata(tmp_path / "copy.png")["workflow"]["loom"] == 1
    viewer._save()
    assert QImage(str(tmp_path / "b.jpg")).width() == 9
    with qtbot.waitSignal(viewer.said) as said:
        viewer._save()
    assert said.args == ["c.png can't be written: No such file or directory."]


def test_a_key_pins_the_picture(viewer, qtbot):
    viewer.activateWindow()
    qtbot.waitUntil(viewer.isActiveWindow)
    viewer.view.setFocus()
    qtbot.keyClick(viewer.view, Qt.Key.Key_P)
    assert not viewer.view.other.isNull()
    qtbot.keyClick(viewer.view, Qt.Key.Key_P)
    assert viewer.view.other.isNull()
