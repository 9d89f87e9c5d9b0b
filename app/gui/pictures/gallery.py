"""The gallery: everything that was made, newest first, found by the words it was made from."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QFile,
    QFileSystemWatcher,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QSize,
    QSortFilterProxyModel,
    Qt,
    QTimer,
    QUrl,
    Signal,
)
from PySide6.QtGui import (
    QAction,
    QDesktopServices,
    QIcon,
    QImage,
    QKeySequence,
    QPainter,
    QPixmap,
)
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from app.gui.icons import icon
from app.gui.language import tr
from app.gui.pictures.thumbnails import SIDE, Thumbnail, Thumbnails
from engine.diffusion.images.choices import READ_SUFFIXES

PATH = Qt.ItemDataRole.UserRole
LIMIT = 10_000  # files, the newest
SETTLE = 400  # milliseconds after a change in the folder before it is looked through again
Index = QModelIndex | QPersistentModelIndex


@dataclass
class _Entry:
    path: Path
    words: str = ""
    icon: QIcon | None = None
    asked: bool = False
    read: bool = False  # its words are known, or are being read


class Pictures(QAbstractListModel):
    """The picture files of some folders, and all below them."""

    _found = Signal(object, int)

    def __init__(self, thumbnails: Thumbnails, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._entries: list[_Entry] = []
        self._rows: dict[Path, int] = {}
        self._thumbnails = thumbnails
        self._folders: tuple[Path, ...] = ()
        self._number = 0
        self._missing = icon("image", "dim")
        self.cell = QSize()
        """What a picture and its name take, the same for each, whatever its shape."""
        thumbnails.made.connect(self._take)
        thumbnails.told.connect(self._take_words)
        self._found.connect(self._show)

    def look_in(self, folders: Sequence[Path]) -> None:
        """Show what is in these folders; they are looked through in a thread."""
        self._folders = tuple(folders)
        self._number += 1
        arguments = (self._folders, self._number)
        threading.Thread(target=self._scan, args=arguments, name="gallery", daemon=True).start()

    def search_all(self) -> None:
        """Have the words of every file read, so that a search finds it."""
        asked = [entry for entry in self._entries if not entry.read]
        for entry in asked:
            entry.read = True
        self._thumbnails.ask_words([entry.path for entry in asked])

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 — Qt's signature
        return 0 if parent.isValid() else len(self._entries)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        entry = self._entries[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return entry.path.stem
            case Qt.ItemDataRole.DecorationRole:
                self._ask(entry)
                return entry.icon or self._missing
            case Qt.ItemDataRole.ToolTipRole:
                return "\n".join(part for part in (entry.path.name, entry.words) if part)
            case Qt.ItemDataRole.SizeHintRole:
                return self.cell
            case Qt.ItemDataRole.AccessibleTextRole:
                return entry.words or entry.path.name
            case _:
                return entry.path if role == PATH else None

    def words(self, row: int) -> str:
        """What a search compares with: the prompts and the name of a file."""
        entry = self._entries[row]
        return f"{entry.words}\n{entry.path.name}".casefold()

    def flags(self, index: Index) -> Qt.ItemFlag:
        return super().flags(index) | Qt.ItemFlag.ItemIsDragEnabled

    def mimeTypes(self) -> list[str]:
        return ["text/uri-list"]

    def mimeData(self, indexes: Iterable[QModelIndex]) -> QMimeData:
        data = QMimeData()
        paths = [self._entries[index.row()].path for index in indexes]
        data.setUrls([QUrl.fromLocalFile(str(path.absolute())) for path in paths])
        return data

    def _ask(self, entry: _Entry) -> None:
        if not entry.asked:
            entry.asked = True
            self._thumbnails.ask(entry.path)

    def _scan(self, folders: tuple[Path, ...], number: int) -> None:
        found: dict[Path, float] = {}
        for folder in folders:
            for root, inside, files in os.walk(folder):
                inside[:] = [name for name in inside if not name.startswith(".")]
                for name in files:
                    if name.lower().endswith(READ_SUFFIXES) and not name.startswith("."):
                        path = Path(root, name)
                        try:
                            found[path] = path.stat().st_mtime
                        except OSError:
                            continue
        newest = sorted(found, key=lambda path: (-found[path], path.name))[:LIMIT]
        try:
            self._found.emit(newest, number)
        except RuntimeError:  # the window was closed meanwhile
            return

    def _show(self, paths: list[Path], number: int) -> None:
        if number != self._number or paths == [entry.path for entry in self._entries]:
            return
        wanted = set(paths)
        for row in reversed(range(len(self._entries))):
            if self._entries[row].path not in wanted:
                self.beginRemoveRows(QModelIndex(), row, row)
                del self._entries[row]
                self.endRemoveRows()
        left = {entry.path: entry for entry in self._entries}
        if [path for path in paths if path in left] == list(left):
            self._insert(paths, left)
        else:  # some were written again
            self.beginResetModel()
            self._entries = [left.get(path) or _Entry(path) for path in paths]
            self.endResetModel()
        self._rows = {path: row for row, path in enumerate(paths)}

    def _insert(self, paths: list[Path], left: dict[Path, _Entry]) -> None:
        """Put new files between those that are there, whose rows and selection stay."""
        for is_new, run in groupby(enumerate(paths), lambda place: place[1] not in left):
            if is_new:
                places = list(run)
                self.beginInsertRows(QModelIndex(), places[0][0], places[-1][0])
                start = places[0][0]
                self._entries[start:start] = [_Entry(path) for _, path in places]
                self.endInsertRows()

    def _take(self, made: Thumbnail) -> None:
        row = self._rows.get(made.path)
        if row is None:
            return
        entry = self._entries[row]
        entry.words, entry.read = made.words, True
        if not made.image.isNull():
            entry.icon = untinted(squared(made.image))
        index = self.index(row)
        self.dataChanged.emit(index, index)

    def _take_words(self, found: Mapping[Path, str]) -> None:
        rows = [row for path in found if (row := self._rows.get(path)) is not None]
        for row in rows:
            self._entries[row].words = found[self._entries[row].path]
        if rows:
            self.dataChanged.emit(self.index(min(rows)), self.index(max(rows)))


def squared(image: QImage) -> QPixmap:
    """A picture in the middle of a clear square, as large as fits: all names are on one line."""
    found = QPixmap(SIDE, SIDE)
    found.fill(Qt.GlobalColor.transparent)
    place = QRect(QPoint(), image.size().scaled(found.size(), Qt.AspectRatioMode.KeepAspectRatio))
    place.moveCenter(found.rect().center())
    with QPainter(found) as painter:
        painter.drawImage(place, image)
    return found


def untinted(picture: QPixmap) -> QIcon:
    """An icon whose colours stay what they are where it is selected."""
    found = QIcon(picture)
    found.addPixmap(picture, QIcon.Mode.Selected)
    return found


class _Found(QSortFilterProxyModel):
    """The files whose prompt or name has every word of the search in it."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._wanted: list[str] = []

    def search(self, text: str) -> None:
        self._wanted = text.casefold().split()
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: Index) -> bool:
        model = self.sourceModel()
        assert isinstance(model, Pictures)
        said = model.words(row)
        return all(word in said for word in self._wanted)


class Gallery(QWidget):
    """Pictures as a wall of thumbnails with a search; they can be dragged onto the canvas."""

    show_asked = Signal(object)
    """Look at these files: a list of Paths."""
    open_asked = Signal(object)
    """Open the workflow that a picture carries: its Path."""
    said = Signal(str)

    def __init__(self, thumbnails: Thumbnails | None = None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.thumbnails = thumbnails or Thumbnails(parent=self)
        self.pictures = Pictures(self.thumbnails, self)
        self._found = _Found(self)
        self._found.setSourceModel(self.pictures)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search by prompt or name"))
        self.search.setAccessibleName(tr("Search the gallery"))
        self.search.setToolTip(tr("Search by prompt or name"))
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._search)
        self._count = QLabel()
        self.view = QListView()
        self._arrange()
        self._watcher = QFileSystemWatcher(self)
        self._settle = QTimer(self, singleShot=True, interval=SETTLE)
        self._settle.timeout.connect(self.refresh)
        self._watcher.directoryChanged.connect(lambda _: self._settle.start())
        self._folders: tuple[Path, ...] = ()
        for signal in (self._found.modelReset, self._found.layoutChanged):
            signal.connect(self._tell)
        self._found.rowsInserted.connect(self._tell)
        self._found.rowsRemoved.connect(self._tell)
        self._add_actions()

    def look_in(self, folders: Sequence[Path]) -> None:
        """Show what is in these folders, and follow what comes into them."""
        if tuple(folders) == self._folders:
            return
        self._folders = tuple(folders)
        if old := self._watcher.directories():
            self._watcher.removePaths(old)
        if there := [str(folder) for folder in folders if folder.is_dir()]:
            self._watcher.addPaths(there)
        self.refresh()

    def refresh(self) -> None:
        """Look through the folders again."""
        missing = {str(folder) for folder in self._folders} - set(self._watcher.directories())
        if there := [name for name in missing if Path(name).is_dir()]:
            self._watcher.addPaths(there)
        self.pictures.look_in(self._folders)

    def chosen(self) -> list[Path]:
        """The files that are selected."""
        return [index.data(PATH) for index in self.view.selectedIndexes()]

    def close_down(self) -> None:
        """End the threads."""
        self.thumbnails.close()

    def _arrange(self) -> None:
        unit = self.fontMetrics().height()
        self.view.setModel(self._found)
        self.view.setViewMode(QListView.ViewMode.IconMode)
        self.view.setResizeMode(QListView.ResizeMode.Adjust)
        self.view.setMovement(QListView.Movement.Static)
        self.view.setUniformItemSizes(True)
        self.view.setMinimumHeight(unit * 9)  # a row of pictures with their names
        self.view.setIconSize(QSize(unit * 6, unit * 6))
        self.pictures.cell = QSize(unit * 7, unit * 8)
        self.view.setGridSize(self.pictures.cell)
        self.view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.view.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.view.setDragEnabled(True)
        self.view.setAccessibleName(tr("Pictures that were made"))
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
        self.view.activated.connect(lambda _: self.show_asked.emit(self.chosen()))
        selection = self.view.selectionModel()
        selection.selectionChanged.connect(lambda *_: self._show_chosen())
        above = QHBoxLayout()
        above.addWidget(self.search, 1)
        above.addWidget(self._count)
        layout = QVBoxLayout(self)
        gap = unit // 2
        layout.setContentsMargins(gap, gap, gap, gap)
        layout.addLayout(above)
        layout.addWidget(self.view, 1)

    def _add_actions(self) -> None:
        for text, key, do in (
            (tr("Open its workflow"), "Ctrl+Return", self._open),
            (tr("Show the folder"), "", self._reveal),
            (tr("Move to the bin"), QKeySequence.StandardKey.Delete, self._throw_away),
        ):
            action = QAction(text, self)
            action.setShortcut(QKeySequence(key))
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(do)
            self.view.addAction(action)

    def _search(self, text: str) -> None:
        if text:
            self.pictures.search_all()
        self._found.search(text)
        self._tell()

    def _tell(self, *_: object) -> None:
        found, there = self._found.rowCount(), self.pictures.rowCount()
        self._count.setText(str(there) if found == there else tr("{} of {}").format(found, there))

    def _show_chosen(self) -> None:
        if files := self.chosen():
            self.show_asked.emit(files)

    def _open(self) -> None:
        if files := self.chosen():
            self.open_asked.emit(files[0])

    def _reveal(self) -> None:
        if files := self.chosen():
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(files[0].parent.absolute())))

    def _throw_away(self) -> None:
        kept = [path.name for path in self.chosen() if not QFile.moveToTrash(str(path))]
        if kept:
            self.said.emit(tr("{} can't be moved to the bin.").format(", ".join(kept)))
        self.refresh()
