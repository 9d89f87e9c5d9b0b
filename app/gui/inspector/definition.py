"""The inputs and outputs of a subgraph: to add, rename, order and remove."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QVBoxLayout, QWidget

from app.gui.document import Document
from app.gui.inspector import definition_edits as edits
from app.gui.inspector.section import Section, label
from app.gui.inspector.widgets.base import tool
from app.gui.language import tr
from engine.graph.errors import LoomError
from engine.graph.graph import Graph
from engine.graph.subgraph import rename_input, rename_output

Rename = Callable[[Graph, str, str, str], None]


class DefinitionPorts(QWidget):
    """A section for the definition that all instances of a subgraph share."""

    def __init__(self, document: Document, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._name = document, name
        self._shown: object = None
        self.section = Section("definition", tr("Ports of “{}”").format(name), self)
        self.wrong = label("", self, "wrong")
        self.wrong.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.section)
        layout.addWidget(self.wrong)
        self.inputs: dict[str, QLineEdit] = {}
        self.outputs: dict[str, QLineEdit] = {}
        self.refresh()

    def refresh(self) -> None:
        """Show the ports as they are now."""
        definition = self._document.root.definitions.get(self._name)
        if definition is None:
            return
        state = (definition.inputs, tuple(definition.outputs))
        if state == self._shown:
            return
        self._shown = state
        self.inputs.clear()
        self.outputs.clear()
        self.section.clear()
        self._add_head(tr("Inputs"), tr("Add an input"), self.input_menu)
        for port in definition.inputs:
            self.section.rows.addWidget(self._input(port))
        self._add_head(tr("Outputs"), tr("Add an output"), self.output_menu)
        for port in definition.outputs:
            self.section.rows.addWidget(self._output(port))

    def input_menu(self) -> QMenu:
        """What inside could be an input."""
        free = edits.free_inputs(self._document, self._name)
        return self._menu(free, edits.add_input)

    def output_menu(self) -> QMenu:
        """What inside could be an output."""
        free = edits.free_outputs(self._document, self._name)
        return self._menu(free, edits.add_output)

    def _menu(self, targets: list[str], add: Callable[[Document, str, str], None]) -> QMenu:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for target in targets:
            text = target.replace(".", " · ", 1)
            menu.addAction(text, lambda t=target: self._do(add, self._document, self._name, t))
        if not targets:
            menu.addAction(tr("Nothing inside is free")).setEnabled(False)
        return menu

    def _add_head(self, title: str, tip: str, menu: Callable[[], QMenu]) -> None:
        row = QWidget(self)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        add = tool("add", tip, row)
        add.clicked.connect(lambda: menu().popup(add.mapToGlobal(add.rect().bottomLeft())))
        layout.addWidget(label(title, row, "dim"), 1)
        layout.addWidget(add)
        self.section.rows.addWidget(row)

    def _input(self, port: str) -> QWidget:
        row, layout, self.inputs[port] = self._field(port, rename_input)
        self._add_moves(row, layout, port, edits.move_input)
        self._add_remove(row, layout, port, edits.remove_input)
        return row

    def _output(self, port: str) -> QWidget:
        row, layout, self.outputs[port] = self._field(port, rename_output)
        self._add_moves(row, layout, port, edits.move_output)
        self._add_remove(row, layout, port, edits.remove_output)
        return row

    def _field(self, port: str, rename: Rename) -> tuple[QWidget, QHBoxLayout, QLineEdit]:
        row = QWidget(self)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        field = QLineEdit(port, row)
        field.setAccessibleName(tr("Name of the port {}").format(port))
        field.setToolTip(tr("Type another name to rename it everywhere"))
        field.editingFinished.connect(lambda: self._rename(rename, port, field))
        layout.addWidget(field, 1)
        return row, layout, field

    def _add_moves(
        self,
        row: QWidget,
        layout: QHBoxLayout,
        port: str,
        move: Callable[[Document, str, str, int], None],
    ) -> None:
        for icon, tip, by in (("up", tr("Move up"), -1), ("down", tr("Move down"), 1)):
            button = tool(icon, f"{tip}: {port}", row, "dim")
            button.clicked.connect(
                lambda _=False, by=by: move(self._document, self._name, port, by)
            )
            layout.addWidget(button)

    def _add_remove(
        self,
        row: QWidget,
        layout: QHBoxLayout,
        port: str,
        remove: Callable[[Document, str, str], None],
    ) -> None:
        button = tool("close", tr("Remove {}").format(port), row, "dim")
        button.clicked.connect(lambda: self._do(remove, self._document, self._name, port))
        layout.addWidget(button)

    def _rename(self, rename: Rename, old: str, field: QLineEdit) -> None:
        new = field.text().strip()
        if new in (old, ""):
            field.setText(old)
            return

        def edit() -> None:
            with self._document.edit_root(tr("Rename {}").format(old)) as root:
                rename(root, self._name, old, new)

        self._do(edit)

    def _do(self, edit: Callable[..., None], *given: object) -> None:
        try:
            edit(*given)
        except LoomError as error:
            self.wrong.setText(f"{error.reason} {error.remedy}".strip())
            self.wrong.show()
        else:
            self.wrong.hide()
