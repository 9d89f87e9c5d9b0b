"""The File menu: what is opened, saved and refused, and that nothing is ever lost."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtWidgets import QFileDialog, QMessageBox

from app.gui.files.files import STARTER

SEED = {"loom": 1, "nodes": {"seed": {"type": "noise.seed", "version": 1}}}


def answer(monkeypatch, button) -> list[str]:
    """Let the person press a button; the questions that were asked."""
    asked = []
    monkeypatch.setattr(
        QMessageBox, "question", lambda _, title, text, *rest: asked.append(text) or button
    )
    return asked


def choose(monkeypatch, path: Path | str, kind: str = "") -> None:
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(path), kind))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_, **__: (str(path), kind))


def edit(document) -> None:
    document.change(lambda graph: graph.add("noise.seed"))


def test_unsaved_work_is_asked_about(files, document, monkeypatch, tmp_path):
    edit(document)
    asked = answer(monkeypatch, QMessageBox.StandardButton.Cancel)
    files.new()
    assert asked == ["Untitled has changes that are not saved."] and document.modified
    answer(monkeypatch, QMessageBox.StandardButton.Save)
    choose(monkeypatch, tmp_path / "work")
    files.new()
    assert json.loads((tmp_path / "work.json").read_text())["nodes"] and not document.graph.nodes
    edit(document)
    answer(monkeypatch, QMessageBox.StandardButton.Discard)
    files.new()
    assert not document.graph.nodes


def test_a_dialog_that_is_left_keeps_everything(files, document, monkeypatch):
    edit(document)
    answer(monkeypatch, QMessageBox.StandardButton.Save)
    choose(monkeypatch, "")
    files.new()
    assert document.graph.nodes and document.modified


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "is not JSON"),
        ('{"loom": 99, "nodes": {}}', "newer"),
        ("[]", "workflow"),
    ],
)
def test_a_bad_file_is_refused_in_words(files, document, said, tmp_path, content, words):
    edit(document)
    document.save(tmp_path / "mine.json")
    (tmp_path / "bad.json").write_text(content)
    assert not files.open(tmp_path / "bad.json")
    assert len(said) == 1 and words in said[0] and "bad.json" in said[0]
    assert document.path == tmp_path / "mine.json" and document.graph.nodes


def test_a_picture_without_a_workflow_is_told(files, said, tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "photo.png")
    assert not files.open(tmp_path / "photo.png")
    assert "carries no workflow" in said[0]


def test_a_full_disk_leaves_the_old_file(files, document, said, tmp_path, monkeypatch):
    path = tmp_path / "work.json"
    path.write_text(json.dumps(SEED))
    assert files.open(path)
    edit(document)

    def full(*_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("engine.graph.workflow.write_atomically", full)
    assert not files.save()
    assert "No space left" in said[0] and json.loads(path.read_text()) == SEED
    assert document.modified


def test_a_template_is_saved_under_another_name(files, document, monkeypatch, tmp_path):
    assert files.open(STARTER, template=True)
    assert document.path is None and not document.modified and files.title() == "Untitled"
    before = STARTER.read_bytes()
    choose(monkeypatch, tmp_path / "mine.json")
    assert files.save() and STARTER.read_bytes() == before
    assert document.path == tmp_path / "mine.json"


def test_exports(files, document, monkeypatch, tmp_path, said):
    files.open(STARTER, template=True)
    choose(monkeypatch, tmp_path / "run")
    files.export_script()
    compile((tmp_path / "run.py").read_text(), "run.py", "exec")
    files.pack()
    assert (tmp_path / "run.loom").read_bytes()[:2] == b"PK"
    drawn = []
    choose(monkeypatch, tmp_path / "graph", "Vector picture (*.svg)")
    files.export_picture(lambda path, _: drawn.append(path))
    assert drawn == [tmp_path / "graph.svg"] and not said
    document.new()
    edit(document)
    document.change(lambda graph: graph.add("vae.decode"))
    document.change(lambda graph: graph.set_outputs(["decode"]))
    choose(monkeypatch, tmp_path / "broken")
    files.export_script()
    assert "needs VAE" in said[0] and not (tmp_path / "broken.py").exists()
