"""What a workflow reads and is not here."""

from __future__ import annotations

import pytest
from PIL import Image
from PySide6.QtWidgets import QFileDialog

from app.gui import settings
from app.gui.document import Document
from app.gui.files.missing import MissingFiles
from app.session import open_registry


@pytest.fixture
def document(qapp):
    return Document(open_registry())


def test_missing_things_are_named_and_located(document, qtbot, tmp_path, monkeypatch):
    strip = MissingFiles(document)
    qtbot.addWidget(strip)
    with document.edit("Build") as graph:
        graph.add("load.pipeline", "model", params={"model": "nowhere"})
        graph.add("image.load", "photo", params={"file": "cat.png"})
    qtbot.waitUntil(lambda: len(strip.missing) == 2)
    assert not strip.isHidden() and strip._text.text() == "Not found: nowhere, cat.png"
    assert strip.file.text() == "Locate cat.png…"

    Image.new("RGB", (4, 4)).save(tmp_path / "cat.png")
    found = str(tmp_path / "cat.png")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (found, ""))
    strip.file.click()
    assert document.graph.nodes["photo"].params["file"] == found
    qtbot.waitUntil(lambda: len(strip.missing) == 1)
    assert strip.file.isHidden() and not strip.models.isHidden()

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    strip.models.click()
    assert str(tmp_path) in settings.choices().model_folders
    settings.change(model_folders=())
    document.undo()
    document.undo()
    qtbot.waitUntil(lambda: strip.isHidden())
