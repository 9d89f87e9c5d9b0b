"""A large file is read beside the window."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QMessageBox, QWidget

from app.gui.document import Document
from app.gui.files import files as module
from app.gui.files.files import Files
from engine.graph import workflow
from engine.graph.graph import Graph


@pytest.fixture(autouse=True)
def _all_are_large(monkeypatch):
    monkeypatch.setattr(module, "SMALL", 0)


@pytest.fixture
def held(monkeypatch):
    """Reading waits until it is let go."""
    gate, read = threading.Event(), module.Document.read

    def wait(*given, **named):
        assert gate.wait(10)
        return read(*given, **named)

    monkeypatch.setattr(module.Document, "read", wait)
    yield gate
    gate.set()


@pytest.fixture
def path(tmp_path):
    graph = Graph()
    graph.add("noise.seed", "seed")
    path = tmp_path / "large.json"
    workflow.write(graph, path)
    return path


def test_the_event_loop_turns_and_the_old_graph_stays_until_then(
    qtbot, files, document, path, held
):
    spoken, opened, turns = [], [], []
    files.said.connect(spoken.append)
    files.opened.connect(opened.append)
    ticks = QTimer(interval=0)
    ticks.timeout.connect(lambda: turns.append(len(document.graph.nodes)))
    ticks.start()
    assert files.open(path) and files.busy
    qtbot.waitUntil(lambda: len(turns) > 20)
    assert {*turns} == {0} and spoken == ["Opening large.json…"] and not opened
    held.set()
    qtbot.waitUntil(lambda: not files.busy)
    assert [*document.graph.nodes] == ["seed"] and document.path == path
    assert opened == [path] and spoken[-1] == "" and not document.modified


def test_a_damaged_file_is_refused_and_leaves_the_old_graph(qtbot, files, document, said, tmp_path):
    document.change(lambda graph: graph.add("noise.seed", "mine"))
    document.save(tmp_path / "mine.json")
    (tmp_path / "bad.json").write_text('{"loom": 1, "nodes": ')
    assert files.open(tmp_path / "bad.json")
    qtbot.waitUntil(lambda: not files.busy)
    assert len(said) == 1 and "bad.json" in said[0] and "is not JSON" in said[0]
    assert [*document.graph.nodes] == ["mine"] and document.path == tmp_path / "mine.json"


def test_what_was_edited_meanwhile_is_asked_about(qtbot, files, document, path, held, monkeypatch):
    button, asked = QMessageBox.StandardButton.Cancel, []
    monkeypatch.setattr(QMessageBox, "question", lambda *words: asked.append(words) or button)
    assert files.open(path) and not asked
    document.change(lambda graph: graph.add("noise.seed", "mine"))
    held.set()
    qtbot.waitUntil(lambda: not files.busy)
    assert len(asked) == 1 and [*document.graph.nodes] == ["mine"]


def test_only_what_was_asked_for_last_is_opened(qtbot, files, document, path, held, tmp_path):
    other = Graph()
    other.add("noise.seed", "other")
    workflow.write(other, tmp_path / "other.json")
    assert files.open(path) and files.open(tmp_path / "other.json")
    held.set()
    qtbot.waitUntil(lambda: not files.busy)
    qtbot.wait(50)
    assert [*document.graph.nodes] == ["other"]
    held.clear()
    assert files.open(path)
    files.new()
    held.set()
    qtbot.wait(50)
    assert not document.graph.nodes and not files.busy


def test_the_window_may_be_closed_meanwhile(qtbot, registry, path, held, monkeypatch):
    monkeypatch.setattr(module, "SMALL", 0)
    window = QWidget()
    assert Files(Document(registry, window), window).open(path)
    window.deleteLater()
    qtbot.wait(20)
    held.set()
    (thread,) = [one for one in threading.enumerate() if one.name == "read"]
    thread.join(10)
    assert not thread.is_alive()
