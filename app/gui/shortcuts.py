"""A list of all commands of a window with their keys."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QSortFilterProxyModel, Qt
from PySide6.QtGui import QAction, QKeySequence, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLineEdit,
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
        for name, place, keys in sorted(commands(window), key=lambda row: (not row[2], row[1])):
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
    for menu in window.findChildren(QMenu):
        for action in menu.actions():
            _add(found, action, _plain(menu.title()))
    for action in _all_actions(window):
        _add(found, action, "")
    return list(found.values())


def _all_actions(window: QWidget) -> Iterator[QAction]:
    yield from window.findChildren(QAction)
    for widget in [window, *window.findChildren(QWidget)]:
        yield from widget.actions()


def _add(found: dict[int, tuple[str, str, str]], action: QAction, place: str) -> None:
    name = _plain(action.text())
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
