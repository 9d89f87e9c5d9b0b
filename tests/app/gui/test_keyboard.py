"""The whole window without a mouse."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QApplication,
    QComboBox,
    QLineEdit,
    QMessageBox,
    QPlainTextEdit,
    QScrollBar,
)

from app.gui.canvas.paint import memory_text
from app.gui.files.recovery import Sessions
from app.gui.inspector.page import NodePage
from app.gui.inspector.widgets.scans import bytes_in_words
from app.gui.window import Window
from app.gui.worker.answers import Answer
from app.session import open_registry
from engine.graph.errors import LoomError

Key, Mod = Qt.Key, Qt.KeyboardModifier


@pytest.fixture(scope="module")
def registry():
    return open_registry()


@pytest.fixture
def window(qtbot, registry, tmp_path, monkeypatch):
    """A first start, without the engine."""
    places = ("SESSIONS", "SETTINGS", "CACHE", "QUEUE", "THUMBNAILS")
    for name in places:
        monkeypatch.setenv(f"LOOM_{name}", str(tmp_path / name))
    discard = QMessageBox.StandardButton.Discard
    monkeypatch.setattr(QMessageBox, "question", lambda *_: discard)
    monkeypatch.setattr("app.gui.window.usual_output", lambda: str(tmp_path / "pictures"))
    window = Window(registry, Sessions(tmp_path / "SESSIONS"))
    monkeypatch.setattr(window.worker, "start", lambda: None)
    window.begin()
    window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is window)
    window.document.wait_checked()
    window.canvas.setFocus()
    yield window
    window.close()


def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = Mod.NoModifier) -> None:
    QTest.keyClick(QApplication.focusWidget(), key, modifiers)


def panel_of_focus(window) -> str:
    panels = {"canvas": window.canvas, **window.docks}
    focus = QApplication.focusWidget()
    return next(name for name, panel in panels.items() if panel.isAncestorOf(focus))


def test_f6_goes_from_panel_to_panel_and_back(window):
    window.canvas.select(["denoise"])
    window.inspector.refresh()
    met = []
    while panel_of_focus(window) not in met:
        met.append(panel_of_focus(window))
        press(Key.Key_F6)
    assert panel_of_focus(window) == "canvas"
    assert {"palette", "viewer", "inspector"} <= set(met)
    while panel_of_focus(window) != "inspector":
        press(Key.Key_F6, Mod.ShiftModifier)
    assert QApplication.focusWidget() is window.inspector.row("steps").editor.field
    press(Key.Key_Up)
    assert window.document.graph.nodes["denoise"].params["steps"] == 26
    press(Key.Key_Z, Mod.ControlModifier)
    assert window.document.graph.nodes["denoise"].params["steps"] == 25


def test_escape_leads_back_to_the_canvas(window):
    window.canvas.select(["denoise"])
    window.inspector.refresh()
    for panel, field in (
        (window.inspector, window.inspector.row("steps").editor.field),
        (window.palette_panel, window.palette_panel.search),
    ):
        panel.setFocus()
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, "12")
        press(Key.Key_Escape)  # gives up what was typed
        assert QApplication.focusWidget() is field and "12" not in field.text()
        press(Key.Key_Escape)
        assert panel_of_focus(window) == "canvas"
    assert window.document.graph.nodes["denoise"].params["steps"] == 25


def test_a_node_is_deleted_while_its_pictures_are_asked_for(window, monkeypatch):
    asked = Answer()
    asking = window.showing._asking
    monkeypatch.setattr(asking, "trajectory", lambda port: asked)
    monkeypatch.setattr(asking, "pictures", lambda port: Answer())
    window.showing._ask("denoise", 0)
    window.canvas.select(["denoise"])
    press(Key.Key_Delete)
    asked.fail(LoomError("There is nothing to show any more."))
    assert "denoise" not in window.document.graph.nodes


def test_memory_is_told_in_the_same_units_everywhere():
    assert memory_text(71_919_616) == "72 MB" and bytes_in_words(71_919_616) == "71.9 MB"


def test_what_is_selected_on_leaving_a_subgraph_is_what_the_inspector_shows(window, qtbot):
    window.canvas.select(["decode"])
    press(Key.Key_G, Mod.ControlModifier)
    press(Key.Key_Return)
    assert window.document.scope == "group"
    press(Key.Key_U)
    qtbot.waitUntil(lambda: window.inspector.row("steps") is None)
    qtbot.waitUntil(lambda: isinstance(window.inspector.page, NodePage))
    assert window.canvas.selection() == ("group",)


def test_every_control_has_a_name_for_those_who_listen_and_a_tooltip(window, qtbot):
    for node in window.document.graph.nodes:
        window.canvas.select([node])
        window.inspector.refresh()
        QTest.qWait(1)
    for dock in window.docks.values():
        dock.show()
    nameless, silent = set(), set()
    controls = (
        *(QAbstractButton, QLineEdit, QPlainTextEdit, QComboBox),
        *(QAbstractSlider, QAbstractItemView),
    )
    for kind in controls:
        for one in window.findChildren(kind):
            outer = isinstance(one, QScrollBar) or isinstance(one.parent(), QComboBox)
            if outer or not one.isVisible() or not one.focusPolicy():
                continue
            text = one.text() if isinstance(one, QAbstractButton) else ""
            where = f"{type(one).__name__} in {type(one.parent()).__name__}"
            if not (one.accessibleName() or text):
                nameless.add(where)
            if not (one.toolTip() or isinstance(one, QAbstractItemView)):
                silent.add(where)
    assert (nameless, silent) == (set(), set())
