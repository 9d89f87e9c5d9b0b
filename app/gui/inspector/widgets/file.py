"""A file or a folder to read: those that the input folders have, any other one, or one dropped."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, cast

from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QWidget

from app.gui.inspector.widgets.base import Around
from app.gui.inspector.widgets.picker import Picker
from app.gui.inspector.widgets.scans import files
from app.gui.language import tr
from engine.graph.params import FilePath, Param


class FileEditor(Picker):
    """A list of what was found, a button to browse; a file may be dropped on it too."""

    def __init__(self, param: Param, around: Around, parent: QWidget | None = None) -> None:
        super().__init__(param, "folder", tr("Browse…"), parent)
        assert isinstance(param.widget, FilePath)
        self._around = around
        self._sort = param.widget
        self._value = ""
        folder = param.widget.folder
        self.box.setToolTip(tr("A folder, or drop one here") if folder else _file_tip(self._sort))
        placeholder = tr("Choose a folder") if folder else tr("Choose a file, or drop one here")
        self.line.setPlaceholderText(placeholder)
        self.told.setProperty("wrong", True)
        self.locate.setToolTip(tr("Say where it is now"))
        self.setAcceptDrops(True)
        self.line.setAcceptDrops(False)
        self.box.activated.connect(lambda place: self._take(self.box.itemText(place)))
        self.line.editingFinished.connect(lambda: self._take(self.box.currentText()))
        self.beside.clicked.connect(self._browse)
        self.locate.clicked.connect(self._browse)
        files.found.connect(self._arrived)
        self._fill()

    def show_value(self, value: Any) -> None:
        self._value = "" if value is None else str(value)
        if self.box.currentText() != self._value:
            self.box.setEditText(self._value)
        self._tell()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._dropped(event) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = self._dropped(event)
        if path is not None:
            self._take(self.name_of(path))
            event.acceptProposedAction()

    def name_of(self, path: Path) -> str:
        """What a workflow calls a file: relative to the first input folder that has it."""
        for folder in self._folders():
            try:
                return path.absolute().relative_to(folder.absolute()).as_posix()
            except ValueError:
                continue
        return str(path.absolute())

    def _folders(self) -> tuple[Path, ...]:
        return self._around.settings().input_folders

    def _key(self) -> Any:
        suffixes = () if self._sort.folder else self._sort.suffixes
        return self._folders(), suffixes, self._sort.folder

    def _arrived(self, key: Any) -> None:
        if key == self._key():
            self._fill()

    def _fill(self) -> None:
        found = list(cast("tuple[str, ...]", files.get(self._key()) or ()))
        self.box.clear()
        self.box.addItems(found)
        self.offer(found, self._value)
        self._tell()

    def _tell(self) -> None:
        """Say when it is missing."""
        there = not self._value or self._is_there(self._value)
        self.told.setVisible(not there)
        self.locate.setVisible(not there)
        if not there:
            self.told.setText(tr("“{}” is missing.").format(os.path.basename(self._value)))

    def _is_there(self, name: str) -> bool:
        test = Path.is_dir if self._sort.folder else Path.is_file
        return any(test(folder / name) for folder in self._folders())

    def _take(self, name: str) -> None:
        name = name.strip()
        if not name or name == self._value:
            self.box.setEditText(self._value)
            return
        self._value = name
        self.box.setEditText(name)
        self._tell()
        self.edited.emit(name)
        self.settled.emit()

    def _browse(self) -> None:
        start = next((str(folder.absolute()) for folder in self._folders()), "")
        if self._sort.folder:
            chosen = QFileDialog.getExistingDirectory(self, tr("Choose a folder"), start)
        else:
            pattern = " ".join(f"*{suffix}" for suffix in self._sort.suffixes) or "*"
            kinds = f"{tr('Files')} ({pattern})"
            chosen, _ = QFileDialog.getOpenFileName(self, tr("Choose a file"), start, kinds)
        if chosen:
            self._take(self.name_of(Path(chosen)))

    def _dropped(self, event: QDropEvent) -> Path | None:
        """The one local file or folder that is dragged, where it fits."""
        urls = event.mimeData().urls()
        if len(urls) != 1 or not urls[0].isLocalFile():
            return None
        path = Path(urls[0].toLocalFile())
        if self._sort.folder:
            return path if path.is_dir() else None
        fits = not self._sort.suffixes or path.suffix.lower() in self._sort.suffixes
        return path if fits and path.is_file() else None


def _file_tip(sort: FilePath) -> str:
    return tr("A file ({}), or drop one here").format(" ".join(sort.suffixes) or "*")
