"""What choosing a file and a model have in common: a list to type in, and what is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.gui.inspector.widgets.base import ValueEditor, guard_undo, guard_wheel, tool
from app.gui.language import tr
from engine.graph.params import Param


class Picker(ValueEditor):
    """A list of names that were found, which takes a typed one too, with a button beside it.

    Below it stands what is to be said of the name, and a button that leads to what is missing.
    """

    wide = True

    def __init__(self, param: Param, icon: str, tip: str, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        self.box = QComboBox(self)
        self.line = QLineEdit(self.box)
        self.box.setLineEdit(self.line)
        self.box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.box.setMinimumContentsLength(12)
        self.box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.box.setAccessibleName(param.label)
        guard_wheel(self.box)
        guard_undo(self.line)
        self._names = QStringListModel(self)
        completer = QCompleter(self._names, self.box)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.box.setCompleter(completer)
        self.beside: QToolButton = tool(icon, tip, self)
        self.told = QLabel(self)
        self.told.setWordWrap(True)
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.locate = QPushButton(tr("Locate…"), self)
        above, below = QHBoxLayout(), QHBoxLayout()
        above.setSpacing(3)
        above.addWidget(self.box, 1)
        above.addWidget(self.beside)
        below.addWidget(self.told, 1)
        below.addWidget(self.locate)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addLayout(above)
        layout.addLayout(below)
        self.setFocusProxy(self.box)

    def offer(self, names: Sequence[str], text: str) -> None:
        """Complete what is typed to these names; `text` stays in the line, and none is chosen."""
        self._names.setStringList(list(names))
        self.box.setCurrentIndex(-1)
        self.box.setEditText(text)

    def open_list(self) -> None:
        """Show what was found, where there is anything."""
        if self.box.count():
            self.box.showPopup()
