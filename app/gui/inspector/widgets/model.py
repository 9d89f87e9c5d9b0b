"""A model by name: those that the model folders have, and a way out when it is missing."""

from __future__ import annotations

from typing import Any, cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QWidget

from app.gui.inspector.section import restyle
from app.gui.inspector.widgets.base import Around
from app.gui.inspector.widgets.picker import Picker
from app.gui.inspector.widgets.scans import Found, models
from app.gui.language import tr
from engine.graph.params import Param


class ModelEditor(Picker):
    """A list of the models that were found, which also takes a name that is typed."""

    def __init__(self, param: Param, around: Around, parent: QWidget | None = None) -> None:
        super().__init__(param, "repeat", tr("Look through the model folders again"), parent)
        self._around = around
        self._value: dict[str, str] = {}
        self._found: dict[str, Found] = {}
        self._scanned = False
        self.box.setModel(QStandardItemModel(self.box))
        self.box.setToolTip(tr("A model in the model folders, by name"))
        self.line.setPlaceholderText(tr("Choose a model"))
        self.locate.setToolTip(tr("Add the folder that has this model to the model folders"))
        self.locate.hide()
        self.box.activated.connect(lambda place: self._take(self.box.itemData(place)))
        self.line.editingFinished.connect(self._type)
        self.beside.clicked.connect(lambda: self._fill(again=True))
        self.locate.clicked.connect(self._locate)
        models.found.connect(self._arrived)
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
        self.offer(list(self._found), text)
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
