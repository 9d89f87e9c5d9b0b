"""The person's choices: kept, and never in the way."""

from __future__ import annotations

import json

import pytest

from app.gui import settings
from app.gui.settings import Choices
from app.gui.settings_dialog import SettingsDialog


@pytest.fixture
def file(tmp_path):
    yield tmp_path / "loom" / "editor.json"
    settings._store.path = None
    settings._store.choices = Choices()


def test_without_a_file_the_defaults_hold(file):
    assert settings.load(file) == "" and settings.choices() == Choices()
    assert not file.exists()


def test_choices_are_kept(file, tmp_path):
    settings.load(file)
    settings.change(theme="light", model_folders=("/models",), memory=6)
    settings.put(settings.choices().with_file(tmp_path / "a.json"))
    kept = settings.choices()
    settings._store.choices = Choices()
    assert settings.load(file) == "" and settings.choices() == kept
    assert kept.recent_files == (str(tmp_path / "a.json"),)


def test_recent_ones_come_first_and_once():
    chosen = Choices()
    for name in [*"abcdefghijklmno", "c"]:
        chosen = chosen.with_node(name)
    assert chosen.recent_nodes[:2] == ("c", "o") and len(chosen.recent_nodes) == settings.RECENT
    assert chosen.recent_nodes.count("c") == 1


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\x00\xff", "[" * 100_000])
def test_a_damaged_file_is_told_and_replaced(file, text):
    file.parent.mkdir()
    file.write_text(text, encoding="latin-1")
    assert "can't be read" in settings.load(file)
    assert settings.choices() == Choices()
    settings.change(theme="dark")
    assert settings.load(file) == "" and settings.choices().theme == "dark"


def test_what_is_damaged_in_part_is_told_by_name(file):
    file.parent.mkdir()
    data = {"theme": "light", "memory": -1, "autosave": "x", "live": 1, "recent_files": [1]}
    file.write_text(json.dumps({**data, "unknown": 1}))
    said = settings.load(file)
    assert all(name in said for name in ("memory", "autosave", "live", "recent_files"))
    assert settings.choices() == Choices(theme="light")


def test_a_folder_that_can_not_be_written_is_told_once_it_matters(file, qtbot):
    file.parent.write_text("a file where a folder should be")
    settings.load(file)
    with qtbot.waitSignal(settings.failed) as said:
        settings.change(theme="dark")
    assert str(file) in said.args[0] and settings.choices().theme == "dark"


def test_the_dialog_edits_them(file, qtbot):
    settings.load(file)
    dialog = SettingsDialog()
    qtbot.addWidget(dialog)
    dialog.theme.setCurrentIndex(dialog.theme.findData("light"))
    dialog.folders.put("/models")
    dialog.folders.put("/more")
    dialog.folders.put("/models")
    dialog.folders.list.setCurrentRow(1)
    dialog.folders.up.click()
    dialog.autosave.setValue(0)
    dialog.memory.setValue(6.5)
    dialog.compile.setChecked(True)
    dialog.accept()
    chosen = settings.choices()
    assert (chosen.theme, chosen.autosave) == ("light", 0)
    assert chosen.device == (6.5, True, False)
    assert chosen.model_folders == ("/more", "/models")
    assert json.loads(file.read_text())["theme"] == "light"


def test_a_dialog_that_is_cancelled_changes_nothing(file, qtbot):
    settings.load(file)
    dialog = SettingsDialog()
    qtbot.addWidget(dialog)
    dialog.live.setChecked(True)
    dialog.reject()
    assert settings.choices() == Choices()
