"""The list of commands."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QDockWidget, QMainWindow, QMenu, QWidget

from app.gui.shortcuts import ShortcutsDialog, commands, gestures


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
    window.addAction(QAction("Undo: Move", window, shortcut="Ctrl+Z"))
    dock = QDockWidget("Picture", window)
    dock.setWidget(QWidget())
    dock.widget().addAction(QAction("Next picture", dock, shortcut="]"))
    window.addDockWidget(Qt.DockWidgetArea.LeftDockWidgetArea, dock)
    QMenu(window).addAction("It pops up")
    found = commands(window)
    assert ("Open", "File", "Ctrl+O") in found and ("Run", "", "Ctrl+Return, F5") in found
    assert ("Undo", "", "Ctrl+Z") in found and ("Next picture", "Picture", "]") in found
    assert ("a.json", "Recent", "") in found and "It pops up" not in {name for name, _, _ in found}
    dialog = ShortcutsDialog(window)
    assert dialog.shown.rowCount() == len(found) + len(gestures())
    dialog.search.setText("right button")
    assert dialog.shown.index(0, 0).data() == "Cut links"
    dialog.search.setText("f5")
    assert dialog.shown.rowCount() == 1
    assert dialog.shown.index(0, 0).data() == "Run"
