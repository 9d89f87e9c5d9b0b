"""The list of commands."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMainWindow

from app.gui.shortcuts import ShortcutsDialog, commands


def test_every_command_is_listed_once_and_found(qtbot):
    window = QMainWindow()
    qtbot.addWidget(window)
    menu = window.menuBar().addMenu("&File")
    menu.addAction("&Open…").setShortcut("Ctrl+O")
    menu.addSeparator()
    menu.addMenu("Recent").addAction("a.json")
    loose = QAction("Run", window)
    loose.setShortcuts(["Ctrl+Return", "F5"])
    window.addAction(loose)
    found = commands(window)
    assert ("Open", "File", "Ctrl+O") in found and ("Run", "", "Ctrl+Return, F5") in found
    assert ("a.json", "Recent", "") in found and len(found) == 3
    dialog = ShortcutsDialog(window)
    assert dialog.shown.rowCount() == 3
    dialog.search.setText("f5")
    assert dialog.shown.rowCount() == 1
    assert dialog.shown.index(0, 0).data() == "Run"
