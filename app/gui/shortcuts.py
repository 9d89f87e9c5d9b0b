"""A list of all commands of a window with their keys."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QSortFilterProxyModel, Qt
from PySide6.QtGui import QAction, QKeySequence, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDockWidget,
    QHeaderView,
    QLineEdit,
    QMainWindow,
    QMenu,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from app.gui.language import tr


class ShortcutsDialog(QDialog):
    """Every command that can be told by name, where it is, and its keys; a search finds one."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setWindowTitle(tr("Shortcuts"))
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(tr("Search commands and keys"))
        self.search.setAccessibleName(tr("Search commands and keys"))
        self.search.setClearButtonEnabled(True)
        self.rows = QStandardItemModel(0, 3, self)
        self.rows.setHorizontalHeaderLabels([tr("Command"), tr("Menu"), tr("Keys")])
        rows = sorted(commands(window), key=lambda row: not row[2])
        for name, place, keys in (*rows, *gestures()):
            self.rows.appendRow([_item(name), _item(place), _item(keys)])
        self.shown = QSortFilterProxyModel(self)
        self.shown.setSourceModel(self.rows)
        self.shown.setFilterKeyColumn(-1)
        self.shown.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.table = QTreeView(self)
        self.table.setModel(self.shown)
        self.table.setRootIsDecorated(False)
        self.table.setSortingEnabled(True)
        self.table.sortByColumn(-1, Qt.SortOrder.AscendingOrder)
        self.table.setAccessibleName(tr("Commands and keys"))
        self.table.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.search)
        layout.addWidget(self.table, 1)
        layout.addWidget(buttons)
        self.search.textChanged.connect(self.shown.setFilterFixedString)
        self.search.setFocus()
        letter = self.fontMetrics().averageCharWidth()
        for column in (1, 2):
            self.table.resizeColumnToContents(column)
        self.resize(letter * 90, self.fontMetrics().height() * 30)


def commands(window: QWidget) -> list[tuple[str, str, str]]:
    """Name, menu and keys of each command of a window and of what is in it."""
    found: dict[int, tuple[str, str, str]] = {}
    bar = window.menuBar() if isinstance(window, QMainWindow) else window
    for menu in bar.findChildren(QMenu):
        for action in menu.actions():
            _add(found, action, _plain(menu.title()))
    for dock in window.findChildren(QDockWidget):
        for action in _all_actions(dock):
            _add(found, action, dock.windowTitle())
    for action in _all_actions(window):
        _add(found, action, "")
    return list(found.values())


def gestures() -> list[tuple[str, str, str]]:
    """What the mouse does on the canvas that no command does."""
    canvas = tr("Canvas")
    return [
        (tr("Look elsewhere"), canvas, tr("Middle button, or Space and drag")),
        (tr("Zoom"), canvas, tr("Wheel")),
        (tr("Search for a node"), canvas, tr("Double click")),
        (tr("Nodes that fit a link"), canvas, tr("Drop the link on nothing")),
        (tr("Add to a selection"), canvas, tr("Shift or Ctrl and click, or drag an area")),
        (tr("Put a node into a link"), canvas, tr("Drop the node on the link")),
        (tr("Lead a link through a dot"), canvas, tr("Double click on the link")),
        (tr("Cut links"), canvas, tr("Ctrl and drag with the right button")),
        (tr("Another link from an input"), canvas, tr("Shift and drag from it")),
        (tr("Move off the grid"), canvas, tr("Alt and drag")),
        (tr("Change a number"), canvas, tr("Drag over it; finer with Shift, faster with Ctrl")),
    ]


def _all_actions(widget: QWidget) -> Iterator[QAction]:
    """The actions of a widget and of what is in it, but for those of menus that pop up."""
    for one in [widget, *widget.findChildren(QWidget)]:
        if not isinstance(one, QMenu):
            yield from one.actions()
    for action in widget.findChildren(QAction):
        if not isinstance(action.parent(), QMenu):
            yield action


def _add(found: dict[int, tuple[str, str, str]], action: QAction, place: str) -> None:
    name = _plain(action.text()).partition(": ")[0]  # undo says what it takes back
    if not name or action.isSeparator() or action.menu() is not None or id(action) in found:
        return
    keys = [key.toString(QKeySequence.SequenceFormat.NativeText) for key in action.shortcuts()]
    row = (name, place, ", ".join(keys))
    if row not in found.values():
        found[id(action)] = row


def _plain(text: str) -> str:
    """A command's text without the mark of its letter."""
    return text.replace("&&", "\0").replace("&", "").replace("\0", "&").rstrip("…").strip()


def _item(text: str) -> QStandardItem:
    item = QStandardItem(text)
    item.setEditable(False)
    return item
