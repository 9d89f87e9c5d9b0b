"""What the interface says in each language."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import QCoreApplication, QTranslator

from app.gui import language, translations
from app.gui.catalogue import in_language
from app.gui.language import tr
from app.session import open_registry
from engine.graph.graph import Graph
from engine.graph.interface import local_registry

SEARCH = (language.CONTEXT, "Search nodes")


@pytest.fixture
def english(qapp):
    yield
    language.use("en")


@pytest.mark.parametrize("code", translations.OTHERS)
def test_every_text_is_translated(code):
    """`python -m app.gui.language` says which are not, and where they come from."""
    assert translations.missing(code) == []


@pytest.mark.parametrize("code", translations.OTHERS)
def test_translations_keep_the_places_of_values(code):
    for (_, text), words in translations.translated(code).items():
        if words:
            assert len(re.findall(r"{.*?}", text)) == len(re.findall(r"{.*?}", words)), text


@pytest.mark.parametrize("code", translations.OTHERS)
def test_the_compiled_file_is_the_newest(code):
    translator = QTranslator()
    assert translator.load(str(translations.qm_file(code)))
    for (context, text), words in translations.translated(code).items():
        if words:
            assert translator.translate(context, text) == words


@pytest.mark.parametrize("code", translations.OTHERS)
def test_a_language_is_spoken_by_qt_too(code, english):
    assert language.use(code) == code
    assert tr("Search nodes") == translations.translated(code)[SEARCH] != "Search nodes"
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") != "Cancel"
    assert language.use("en") == "en" and tr("Search nodes") == "Search nodes"


def test_nodes_have_labels_in_the_language_and_stay_what_they_are(english):
    registry = open_registry()
    language.use("ko")
    spoken = in_language(registry)
    denoise, before = spoken.get("diffusion.denoise"), registry.get("diffusion.denoise")
    assert denoise.label != before.label and denoise.params["steps"].label != "Steps"
    assert denoise.function is before.function and denoise.params.keys() == before.params.keys()
    assert denoise.params["steps"].default == before.params["steps"].default
    assert spoken.packs == registry.packs
    zone = local_registry(Graph(), spoken).get("repeat")
    assert zone.label != "Repeat" and zone.params["times"].label != "Times"
    language.use("en")
    assert in_language(registry).get("diffusion.denoise") == before


def test_the_system_language_is_one_there_is(english):
    assert language.use("system") in language.NAMES
    assert language.use("no such language") in language.NAMES


def test_only_literals_can_be_translated(tmp_path):
    (tmp_path / "good.py").write_text('tr("One " "text")\ntr("Two")\nother("Three")\n')
    assert list(translations.strings(tmp_path)) == ["One text", "Two"]
    (tmp_path / "bad.py").write_text("x = 1\ntr(x)\n")
    with pytest.raises(ValueError, match=r"bad\.py:2"):
        translations.strings(tmp_path)
