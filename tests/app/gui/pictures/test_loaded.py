"""Nodes that read a picture show it before anything runs."""

from __future__ import annotations

import pytest
from PIL import Image

from app.gui.document import Document
from app.gui.pictures.loaded import Loaded
from app.gui.pictures.thumbnails import Thumbnails
from app.gui.status import Statuses
from app.session import open_registry


@pytest.fixture
def document(qapp):
    return Document(open_registry())


def test_a_file_that_is_chosen_is_seen_on_its_node(document, qtbot, tmp_path):
    for name, colour in (("a", "red"), ("b", "blue")):
        Image.new("RGB", (30, 20), colour).save(tmp_path / f"{name}.png")
    statuses, thumbnails = Statuses(), Thumbnails(tmp_path / "thumbnails")
    loaded = Loaded(document, statuses, thumbnails)
    with document.edit("Add") as graph:
        graph.add("image.load", "load", params={"file": str(tmp_path / "a.png")})

    def seen() -> str:
        picture = statuses["load"].picture
        return picture.pixelColor(3, 3).name() if picture else ""

    qtbot.waitUntil(lambda: seen() == "#ff0000")
    document.change(lambda graph: graph.set_param("load", "file", str(tmp_path / "b.png")))
    qtbot.waitUntil(lambda: seen() == "#0000ff")
    document.change(lambda graph: graph.set_param("load", "file", "gone.png"))
    assert seen() == "#0000ff" and statuses["load"].state == ""
    document.save(tmp_path / "one.json")
    statuses.clear()
    document.change(lambda graph: graph.set_param("load", "file", str(tmp_path / "a.png")))
    document.save()
    document.open(tmp_path / "one.json")
    qtbot.waitUntil(lambda: seen() == "#ff0000")
    thumbnails.close()
    assert loaded.parent() is None
