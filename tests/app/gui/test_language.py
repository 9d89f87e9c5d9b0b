"""What the interface says in each language."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import QCoreApplication, QTranslator

from app.gui import language, translations
from app.gui.language import tr

OTHERS = [code for code in language.NAMES if code != "en"]


@pytest.fixture
def english(qapp):
    yield
    language.use("en")


@pytest.mark.parametrize("code", OTHERS)
def test_every_string_is_translated(code):
    """`python -m app.gui.language` says which are not, and where they come from."""
    assert translations.missing(code) == []


@pytest.mark.parametrize("code", OTHERS)
def test_translations_keep_the_places_of_values(code):
    for text, words in translations.translated(code).items():
        if words:
            assert len(re.findall(r"{.*?}", text)) == len(re.findall(r"{.*?}", words)), text


@pytest.mark.parametrize("code", OTHERS)
def test_the_compiled_file_is_the_newest(code):
    translator = QTranslator()
    assert translator.load(str(translations.qm_file(code)))
    for text, words in translations.translated(code).items():
        if words:
            assert translator.translate(language.CONTEXT, text) == words


@pytest.mark.parametrize("code", OTHERS)
def test_a_language_is_spoken_by_qt_too(code, english):
    assert language.use(code) == code
    assert tr("Search nodes") == translations.translated(code)["Search nodes"] != "Search nodes"
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") != "Cancel"
    assert language.use("en") == "en" and tr("Search nodes") == "Search nodes"


def test_the_system_language_is_one_there_is(english):
    assert language.use("system") in language.NAMES
    assert language.use("no such language") in language.NAMES


def test_only_literals_can_be_translated(tmp_path):
    (tmp_path / "good.py").write_text('tr("One " "text")\ntr("Two")\nother("Three")\n')
    assert list(translations.strings(tmp_path)) == ["One text", "Two"]
    (tmp_path / "bad.py").write_text("x = 1\ntr(x)\n")
    with pytest.raises(ValueError, match=r"bad\.py:2"):
        translations.strings(tmp_path)
