"""How the editor starts."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QFontDatabase

from app.gui import language, settings, start
from app.gui.language import tr


@pytest.fixture
def korean(qapp, tmp_path, monkeypatch):
    monkeypatch.setenv("LOOM_SETTINGS", str(tmp_path / "editor.json"))
    settings.load()
    settings.change(language="ko")
    yield
    settings.load(tmp_path / "nothing.json")
    language.use("en")


def test_a_language_is_spoken_where_a_font_has_its_letters(korean, monkeypatch):
    systems = [QFontDatabase.WritingSystem.Latin, QFontDatabase.WritingSystem.Korean]
    monkeypatch.setattr(QFontDatabase, "writingSystems", lambda: systems)
    start.application()
    assert tr("Search nodes") != "Search nodes"


def test_without_a_font_the_interface_stays_legible(korean, monkeypatch):
    monkeypatch.setattr(
        QFontDatabase, "writingSystems", lambda: [QFontDatabase.WritingSystem.Latin]
    )
    start.application()
    assert tr("Search nodes") == "Search nodes"
    assert start.wanted_language() == "ko" and not language.can_show("ko")
