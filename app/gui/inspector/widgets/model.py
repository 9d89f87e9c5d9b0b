"""A model by name: those that the model folders have, and a way out when it is missing."""

from __future__ import annotations

from typing import Any, cast

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QComboBox,
    QCompleter,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.gui.inspector.section import restyle
from app.gui.inspector.widgets.base import Around, ValueEditor, guard_wheel, tool
from app.gui.inspector.widgets.scans import Found, models
from app.gui.language import tr
from engine.graph.params import Param


class ModelEditor(ValueEditor):
    """A list of the models that were found, which also takes a name that is typed."""

    wide = True

    def __init__(self, param: Param, around: Around, parent: QWidget | None = None) -> None:
        super().__init__(param, parent)
        self._around = around
        self._value: dict[str, str] = {}
        self._found: dict[str, Found] = {}
        self._scanned = False
        self.box = QComboBox(self)
        self.line = QLineEdit(self.box)
        self.box.setLineEdit(self.line)
        self.box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.box.setModel(QStandardItemModel(self.box))
        self.box.setMinimumContentsLength(12)
        self.box.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.box.setAccessibleName(param.label)
        self.box.setToolTip(tr("A model in the model folders, by name"))
        self.line.setPlaceholderText(tr("Choose a model"))
        guard_wheel(self.box)
        self._names = QStringListModel(self)
        completer = QCompleter(self._names, self.box)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.box.setCompleter(completer)
        self.again = tool("repeat", tr("Look through the model folders again"), self, "dim")
        self.told = QLabel(self)
        self.told.setWordWrap(True)
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.locate = QPushButton(tr("Locate…"), self)
        self.locate.setToolTip(tr("Add the folder that has this model to the model folders"))
        self.locate.hide()
        above, below = QHBoxLayout(), QHBoxLayout()
        above.setSpacing(3)
        above.addWidget(self.box, 1)
        above.addWidget(self.again)
        below.addWidget(self.told, 1)
        below.addWidget(self.locate)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addLayout(above)
        layout.addLayout(below)
        self.box.activated.connect(lambda place: self._take(self.box.itemData(place)))
        self.line.editingFinished.connect(self._type)
        self.again.clicked.connect(lambda: self._fill(again=True))
        self.locate.clicked.connect(self._locate)
        models.found.connect(self._arrived)
        self.setFocusProxy(self.box)
        self._fill()

    def show_value(self, value: Any) -> None:
        given = value if isinstance(value, dict) else {"name": value or ""}
        self._value = cast(dict[str, str], given)
        if self.line.text() != self._value.get("name", ""):
            self.box.setEditText(self._value.get("name", ""))
        self._tell()

    def _folders(self) -> Any:
        return self._around.settings().model_folders

    def _arrived(self, folders: Any) -> None:
        if folders == self._folders():
            self._fill()

    def _fill(self, again: bool = False) -> None:
        found = models.get(self._folders(), again)
        self._found = {one.name: one for one in found or ()}
        rows = cast(QStandardItemModel, self.box.model())
        text = self.line.text()
        rows.clear()
        for one in self._found.values():
            item = QStandardItem(f"{one.name}   {one.details}")
            item.setData(one.name, Qt.ItemDataRole.UserRole)
            item.setToolTip(one.problem or str(one.path))
            rows.appendRow(item)
        self._names.setStringList(list(self._found))
        self.box.setCurrentIndex(-1)
        self.box.setEditText(text)
        self._scanned = found is not None
        self._tell()

    def _tell(self) -> None:
        """Say what the model is, or that it is missing."""
        name = self._value.get("name", "")
        one = self._found.get(name) or self._with_suffix(name)
        missing = bool(name) and one is None and self._scanned and not self._is_there(name)
        if not name:
            self.told.setText("")
        elif missing:
            self.told.setText(tr("“{}” is missing.").format(name))
        elif one is not None:
            self.told.setText(one.problem or one.details)
        else:
            self.told.setText("" if self._scanned else tr("Looking for models…"))
        self.told.setProperty("dim", not missing)
        self.told.setProperty("wrong", missing)
        restyle(self.told)
        self.told.setVisible(bool(self.told.text()))
        self.locate.setVisible(missing and self._around.locate is not None)

    def _with_suffix(self, name: str) -> Found | None:
        return next((one for one in self._found.values() if one.path.name == name), None)

    def _is_there(self, name: str) -> bool:
        """Whether a name that no list has leads to a model all the same."""
        from engine.graph.models import named

        return bool(named(name, self._folders()))

    def _type(self) -> None:
        text = self.line.text().strip()
        if text != self._value.get("name", ""):
            self._take(text)

    def _take(self, name: str) -> None:
        if not name or name == self._value.get("name"):
            self.box.setEditText(self._value.get("name", ""))
            return
        self._value = {"name": name}
        self.box.setEditText(name)
        self._tell()
        self.edited.emit(name)
        self.settled.emit()

    def _locate(self) -> None:
        if self._around.locate is not None:
            self._around.locate(self._value.get("name", ""))
