"""The cells of a sweep as a table of pictures, whose values can be taken over."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel, QTableWidget, QTableWidgetItem, QVBoxLayout, QWidget

from app.gui.language import tr
from app.gui.pictures.gallery import squared, untinted
from app.gui.pictures.thumbnails import Thumbnail, Thumbnails
from engine.diffusion.images.files import read_metadata
from engine.graph.errors import LoomError

Cell = Mapping[str, Any]
MARGIN = 8  # pixels around a picture, together
PATH = Qt.ItemDataRole.UserRole
CELL = Qt.ItemDataRole.UserRole + 1


class SweepGrid(QWidget):
    """A row for each value of the first axis, a column for each combination of the others.

    What a cell's picture says of itself tells where it belongs.
    """

    show_asked = Signal(object)
    """Look at these files: a list of Paths."""
    take_asked = Signal(object)
    """Give the parameters these values: a dictionary by `node.param`."""
    filled = Signal()
    """There is something to see."""
    _cells = Signal(object, int)

    def __init__(self, thumbnails: Thumbnails | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._thumbnails = thumbnails or Thumbnails(parent=self)
        self._thumbnails.made.connect(self._take)
        self._asked = 0
        self._cells.connect(self._fill)
        self._items: dict[Path, QTableWidgetItem] = {}
        self._title = QLabel()
        self.table = QTableWidget()
        self.table.setAccessibleName(tr("Pictures of the sweep"))
        self.table.setCornerButtonEnabled(False)
        self.table.setEditTriggers(QTableWidget.EditTrigger.NoEditTriggers)
        self.table.setSelectionMode(QTableWidget.SelectionMode.SingleSelection)
        self.table.currentItemChanged.connect(lambda item, _: self._show(item))
        self.table.itemActivated.connect(self._use)
        self.table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        take = QAction(tr("Use these values"), self)
        take.triggered.connect(lambda: self._use(self.table.currentItem()))
        self.table.addAction(take)
        layout = QVBoxLayout(self)
        gap = self.fontMetrics().height() // 2
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.addWidget(self._title)
        layout.addWidget(self.table, 1)

    def show_files(self, files: Sequence[Path]) -> None:
        """Show those of the files that are cells of a sweep; they are read in a thread."""
        self._asked += 1
        arguments = (list(files), self._asked)
        threading.Thread(target=self._read, args=arguments, name="sweep", daemon=True).start()

    def _read(self, files: list[Path], number: int) -> None:
        cells = {path: cell for path in files if (cell := cell_of(path))}
        with suppress(RuntimeError):  # the window was closed meanwhile
            self._cells.emit(cells, number)

    def _fill(self, cells: dict[Path, Cell], number: int) -> None:
        if number != self._asked:
            return
        self._items.clear()
        self.table.clear()
        axes = list(dict.fromkeys(name for cell in cells.values() for name in cell))
        rows = _distinct(cells.values(), axes[:1])
        columns = _distinct(cells.values(), axes[1:])
        self.table.setRowCount(len(rows))
        self.table.setColumnCount(len(columns))
        self.table.setVerticalHeaderLabels([_named(row) for row in rows])
        self.table.setHorizontalHeaderLabels([_named(column) for column in columns])
        side = self.fontMetrics().height() * 8
        self.table.setIconSize(QSize(side, side))
        self.table.verticalHeader().setDefaultSectionSize(side + MARGIN)
        self.table.horizontalHeader().setDefaultSectionSize(side + MARGIN)
        for path, cell in cells.items():
            row = rows.index({name: cell[name] for name in axes[:1] if name in cell})
            column = columns.index({name: cell[name] for name in axes[1:] if name in cell})
            if self.table.item(row, column) is None:
                self._put(row, column, path, cell)
        self._title.setText(tr("{} pictures over {}").format(len(self._items), ", ".join(axes)))
        if cells:
            self.filled.emit()

    def _put(self, row: int, column: int, path: Path, cell: Cell) -> None:
        item = QTableWidgetItem()
        item.setData(PATH, path)
        item.setData(CELL, dict(cell))
        item.setToolTip("\n".join([path.name, _named(cell)]))
        item.setData(Qt.ItemDataRole.AccessibleTextRole, _named(cell))
        self._items[path] = item
        self.table.setItem(row, column, item)
        self._thumbnails.ask(path)

    def _take(self, made: Thumbnail) -> None:
        item = self._items.get(made.path)
        if item is not None and not made.image.isNull():
            item.setIcon(untinted(squared(made.image)))

    def _show(self, item: QTableWidgetItem | None) -> None:
        if item is not None:
            self.show_asked.emit([item.data(PATH)])

    def _use(self, item: QTableWidgetItem | None) -> None:
        if item is not None:
            self.take_asked.emit(item.data(CELL))


def cell_of(path: Path) -> Cell:
    """The values of the sweep's cell that a picture is of; none for any other picture."""
    try:
        cell = read_metadata(path).get("cell")
    except LoomError:
        return {}
    return cell if isinstance(cell, dict) else {}


def _distinct(cells: Any, axes: Sequence[str]) -> list[dict[str, Any]]:
    """The combinations of values along these axes, in the order they come."""
    found: list[dict[str, Any]] = []
    for cell in cells:
        one = {name: cell[name] for name in axes if name in cell}
        if one not in found:
            found.append(one)
    return found


def _named(values: Mapping[str, Any]) -> str:
    return "\n".join(f"{name}={value}" for name, value in values.items())
