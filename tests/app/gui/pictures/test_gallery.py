"""The gallery: what was made, found by its words."""

from __future__ import annotations

import os

import pytest
from PIL import Image
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage

from app.gui.pictures.gallery import PATH, Gallery, squared
from app.gui.pictures.thumbnails import SIDE, Thumbnails, thumbnail
from engine.diffusion.images.files import encode


def made(path, text: str, age: int = 0, size=(300, 200)) -> None:
    nodes = {
        "prompt": {"type": "text.encode", "version": 1, "params": {"text": text}},
        "seed": {"type": "noise.seed", "version": 1, "params": {"value": 1}},
    }
    metadata = {"workflow": {"loom": 1, "nodes": nodes}}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encode(Image.new("RGB", size, "red"), metadata))
    when = path.stat().st_mtime - age
    os.utime(path, (when, when))


@pytest.fixture
def gallery(qtbot, tmp_path):
    made(tmp_path / "out" / "a.png", "a red fish on blue", age=20)
    made(tmp_path / "out" / "deep" / "b.png", "an owl on a tree", age=10)
    (tmp_path / "out" / "broken.png").write_bytes(b"nothing")
    (tmp_path / "out" / "notes.txt").write_text("no picture")
    gallery = Gallery(Thumbnails(tmp_path / "thumbnails"))
    qtbot.addWidget(gallery)
    gallery.resize(600, 400)
    gallery.show()
    gallery.activateWindow()  # keys reach the window that is active
    qtbot.waitUntil(gallery.isActiveWindow)
    gallery.look_in([tmp_path / "out"])
    qtbot.waitUntil(lambda: gallery.pictures.rowCount() == 3)
    yield gallery
    gallery.close_down()


def names(gallery) -> list[str]:
    model = gallery.view.model()
    return [model.index(row, 0).data(PATH).name for row in range(model.rowCount())]


def test_the_newest_come_first(gallery):
    assert names(gallery) == ["broken.png", "b.png", "a.png"]


def test_words_find_pictures(gallery, qtbot):
    qtbot.keyClicks(gallery.search, "RED fish")
    qtbot.waitUntil(lambda: names(gallery) == ["a.png"])
    assert gallery._count.text() == "1 of 3"
    gallery.search.setText("b.png")
    assert names(gallery) == ["b.png"]
    gallery.search.clear()
    assert len(names(gallery)) == 3


def test_a_search_reads_no_picture(gallery, qtbot, tmp_path, monkeypatch):
    gallery.thumbnails.wait()
    for number in range(120):
        made(
            tmp_path / "out" / f"many{number}.png", f"a cat {number}", size=(8, 8), age=100 + number
        )
    gallery.refresh()
    qtbot.waitUntil(lambda: gallery.pictures.rowCount() == 123)
    drawn = []
    monkeypatch.setattr(gallery.thumbnails, "ask", drawn.append)
    gallery.search.setText("cat")
    qtbot.waitUntil(lambda: gallery._count.text() == "120 of 123")
    assert len(drawn) < 120  # only those in sight


def test_choosing_shows_and_opens(gallery, qtbot, tmp_path):
    with qtbot.waitSignal(gallery.show_asked) as shown:
        gallery.view.setCurrentIndex(gallery.view.model().index(1, 0))
    assert shown.args == [[tmp_path / "out" / "deep" / "b.png"]]
    with qtbot.waitSignal(gallery.open_asked) as opened:
        gallery.view.setFocus()
        qtbot.keyClick(gallery.view, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert opened.args[0].name == "b.png"


def test_a_new_picture_appears(gallery, qtbot, tmp_path):
    made(tmp_path / "out" / "c.png", "a boat", age=-100)
    qtbot.waitUntil(lambda: names(gallery)[0] == "c.png")


def test_what_is_selected_stays_so_when_others_come_and_go(gallery, qtbot, tmp_path):
    model = gallery.view.model()
    gallery.view.setCurrentIndex(model.index(2, 0))
    made(tmp_path / "out" / "c.png", "a green hat")
    (tmp_path / "out" / "broken.png").unlink()
    qtbot.waitUntil(lambda: names(gallery) == ["c.png", "b.png", "a.png"])
    assert [path.name for path in gallery.chosen()] == ["a.png"]
    made(tmp_path / "out" / "a.png", "made again", age=-5)
    gallery.refresh()
    qtbot.waitUntil(lambda: names(gallery) == ["a.png", "c.png", "b.png"])


def test_pictures_are_dragged_as_files(gallery):
    model = gallery.view.model()
    urls = model.mimeData([model.index(2, 0)]).urls()
    assert [url.fileName() for url in urls] == ["a.png"]


def test_thumbnails_are_kept_with_their_words(tmp_path):
    file, folder = tmp_path / "a.png", tmp_path / "kept"
    made(file, "a red fish")
    first = thumbnail(file, folder)
    assert (first.image.width(), first.words) == (SIDE, "a red fish")
    (kept,) = folder.iterdir()
    before = kept.stat().st_mtime_ns
    assert thumbnail(file, folder).words == "a red fish" and kept.stat().st_mtime_ns == before
    made(file, "a blue fish", age=50)
    assert thumbnail(file, folder).words == "a blue fish"
    assert thumbnail(tmp_path / "gone.png", folder).image.isNull()


def test_each_picture_has_its_whole_name_under_it(gallery, qtbot, tmp_path):
    """A wide picture that comes first does not make the places of others lower."""
    made(tmp_path / "out" / "wide.png", "wide", age=-10, size=(400, 50))
    qtbot.waitUntil(lambda: names(gallery)[0] == "wide.png")
    qtbot.waitUntil(lambda: gallery.pictures._entries[0].icon is not None)
    view = gallery.view
    needed = view.iconSize().height() + view.fontMetrics().height()
    assert {view.visualRect(view.model().index(row, 0)).height() >= needed for row in range(4)} == {
        True
    }


@pytest.mark.parametrize("size", [(192, 24), (24, 192), (64, 64)])
def test_a_thumbnail_is_as_large_as_fits_a_square(size):
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.red)
    found = squared(image).toImage()
    red = [found.pixelColor(x, y).red() == 255 for y in range(SIDE) for x in range(SIDE)]
    assert found.size() == QSize(SIDE, SIDE)
    assert sum(red) == min(SIDE * SIDE, SIDE * SIDE * min(size) // max(size))
