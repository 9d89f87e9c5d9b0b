"""A subfolder of the output folder."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog, QWidget

from app.gui.inspector.widgets.base import Around, tool
from app.gui.inspector.widgets.text import TextEditor
from app.gui.language import tr
from engine.graph.params import Param


class FolderEditor(TextEditor):
    """The name of a subfolder, typed or browsed for; none is the output folder itself."""

    def __init__(self, param: Param, around: Around, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        self._around = around
        self.field.setPlaceholderText(tr("the output folder"))
        self.field.setToolTip(str(around.settings().output_folder.absolute()))
        self.browse = tool("folder", tr("Browse…"), self)
        self.row.addWidget(self.browse)
        self.browse.clicked.connect(self._browse)

    def _browse(self) -> None:
        base = self._around.settings().output_folder.absolute()
        base.mkdir(parents=True, exist_ok=True)
        chosen = QFileDialog.getExistingDirectory(self, tr("A folder to write to"), str(base))
        if not chosen:
            return
        try:
            name = Path(chosen).relative_to(base).as_posix()
        except ValueError:
            self.refused.emit(tr("{} is not inside of {}.").format(chosen, base))
            return
        self.edited.emit("" if name == "." else name)
        self.settled.emit()
