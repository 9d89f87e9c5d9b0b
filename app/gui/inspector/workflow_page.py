"""The page of the workflow as a whole, shown while nothing is selected."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QToolButton, QWidget

from app.gui.document import Document
from app.gui.inspector.axis_dialog import AxisDialog, axis_in_words
from app.gui.inspector.definition import DefinitionPorts
from app.gui.inspector.page import Page
from app.gui.inspector.row import Chip
from app.gui.inspector.section import Section, Shortened, label
from app.gui.inspector.widgets.base import tool
from app.gui.language import tr
from engine.graph.errors import LoomError
from engine.graph.interface import param_at
from engine.graph.subgraph import used
from engine.graph.sweep import Axis, grid

SHOWN = 8  # problems; a widget for each of a thousand would hold the window for minutes


class WorkflowPage(Page):
    """Name, problems, outputs, axes and subgraphs; inside a subgraph, that one's ports."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._shown: object = None
        self.title = Shortened("", self, "title")
        self.about = label("", self, "dim")
        self.wrong = label("", self, "wrong")
        self.problems = Section("problems", tr("Problems"), self)
        self.outputs = Section("wanted", tr("Results asked for"), self)
        self.axes = Section("axes", tr("Sweep"), self)
        self.subgraphs = Section("subgraphs", tr("Subgraphs"), self)
        for widget in (self.title, self.about, self.wrong):
            self.column.addWidget(widget)
        self.ports: DefinitionPorts | None = None
        if document.scope in document.root.definitions:
            self.ports = DefinitionPorts(document, document.scope, self)
            self.column.addWidget(self.ports)
        for section in (self.problems, self.outputs, self.axes, self.subgraphs):
            self.column.addWidget(section)
        self.column.addStretch(1)
        self.wrong.hide()
        self.refresh()

    def refresh(self) -> None:
        document, root = self._document, self._document.root
        report = document.report
        found = report.problems if report else ()
        state = (
            document.path,
            document.scope,
            tuple(root.nodes),
            tuple(document.graph.nodes),
            root.outputs,
            dict(root.sweep),
            dict(root.definitions),
            found,
        )
        if self.ports is not None:
            self.ports.refresh()
        if state == self._shown:
            return
        self._shown = state
        name = document.path.stem if document.path else tr("Untitled workflow")
        self.title.show_text(document.scope or name)
        self.about.setText(self._about())
        self._fill_problems()
        self._fill_outputs()
        self._fill_axes()
        self._fill_subgraphs()

    def _about(self) -> str:
        document = self._document
        count = len(document.graph.nodes)
        nodes = tr("one node") if count == 1 else tr("{} nodes").format(count)
        if document.scope:
            return tr("Inside of a subgraph: {}").format(nodes)
        return f"{nodes} · {document.path}" if document.path else nodes

    def _fill_problems(self) -> None:
        self.problems.clear()
        report = self._document.report
        problems = report.problems if report else ()
        self.problems.setVisible(bool(problems))
        self.problems.head.setText(tr("Problems: {}").format(len(problems)))
        for item in problems[:SHOWN]:
            row = QToolButton(self)
            row.setProperty("link", True)
            row.setText(item.where or tr("The workflow"))
            row.setToolTip(tr("Go to the node"))
            node = item.node.partition("/")[0].partition("#")[0]
            row.clicked.connect(lambda _=False, node=node: self.go_to.emit(node))
            self.problems.rows.addWidget(row, 0, Qt.AlignmentFlag.AlignLeft)
            self.problems.rows.addWidget(label(f"{item.reason} {item.remedy}".strip(), self))
        if (more := len(problems) - SHOWN) > 0:
            words = tr("{} more are in the panel of problems.").format(more)
            self.problems.rows.addWidget(label(words, self, "dim"))

    def _fill_outputs(self) -> None:
        self.outputs.clear()
        root = self._document.root
        self.outputs.setVisible(bool(root.nodes) and not self._document.scope)
        if not root.outputs:
            text = tr("All that nobody reads: {}").format(", ".join(root.sinks()) or "–")
            self.outputs.rows.addWidget(label(text, self, "dim"))
        for name in root.outputs:
            row, layout = self._line(name)
            go = tool("locate", tr("Go to {}").format(name), row, "dim")
            go.clicked.connect(lambda _=False, name=name: self.go_to.emit(name))
            drop = tool("close", tr("Ask for {} no more").format(name), row, "dim")
            drop.clicked.connect(lambda _=False, name=name: self._drop_output(name))
            layout.insertWidget(0, go)
            layout.addWidget(drop)
            self.outputs.rows.addWidget(row)

    def _fill_axes(self) -> None:
        self.axes.clear()
        root = self._document.root
        self.axes.setVisible(bool(root.sweep) and not self._document.scope)
        for target, axis in root.sweep.items():
            self.axes.rows.addWidget(label(target, self))
            chip = Chip("sweep", self)
            chip.show_text(axis_in_words(axis), tr("Sweeps: click to change"))
            chip.pressed.connect(lambda target=target: self._edit_axis(target))
            chip.cut.setToolTip(tr("Sweep it no more"))
            chip.cut.clicked.connect(lambda _=False, target=target: self._set_axis(target, None))
            self.axes.rows.addWidget(chip)
        if root.sweep:
            try:
                cells = len(grid(root, self._document.settings).cells)
                self.axes.rows.addWidget(label(tr("{} runs").format(cells), self, "dim"))
            except LoomError as error:
                self.axes.rows.addWidget(label(str(error), self, "wrong"))

    def _fill_subgraphs(self) -> None:
        self.subgraphs.clear()
        root = self._document.root
        self.subgraphs.setVisible(bool(root.definitions))
        for name in root.definitions:
            row = QWidget(self)
            layout = QHBoxLayout(row)
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(2)
            field = QLineEdit(name, row)
            field.setAccessibleName(tr("Name of the subgraph {}").format(name))
            field.setToolTip(tr("Type another name to rename it everywhere"))
            field.editingFinished.connect(
                lambda field=field, name=name: self._rename(name, field.text().strip())
            )
            enter = tool("enter", tr("Show the inside of {}").format(name), row)
            enter.clicked.connect(lambda _=False, name=name: self.enter_asked.emit(name))
            drop = tool("delete", tr("Delete {}").format(name), row, "dim")
            count = self._instances(name)
            drop.setEnabled(not count)
            if count:
                drop.setToolTip(tr("{} is used {} times").format(name, count))
            drop.clicked.connect(lambda _=False, name=name: self._delete(name))
            layout.addWidget(field, 1)
            layout.addWidget(label(f"×{count}", row, "dim", wraps=False))
            layout.addWidget(enter)
            layout.addWidget(drop)
            self.subgraphs.rows.addWidget(row)

    def _instances(self, name: str) -> int:
        root = self._document.root
        insides = [definition.nodes for definition in root.definitions.values()]
        return sum(
            used(node) == name for nodes in (root.nodes, *insides) for node in nodes.values()
        )

    def _line(self, text: str) -> tuple[QWidget, QHBoxLayout]:
        row = QWidget(self)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(Shortened(text, row), 1)
        return row, layout

    def _drop_output(self, name: str) -> None:
        with self._document.edit_root(tr("Set outputs")) as root:
            root.set_outputs([one for one in root.outputs if one != name])

    def _edit_axis(self, target: str) -> None:
        document = self._document
        try:
            param = param_at(document.root, document.registry, target)
        except LoomError as error:
            self._say(error)
            return
        dialog = AxisDialog(document, target, param, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _set_axis(self, target: str, axis: Axis | None) -> None:
        with self._document.edit_root(tr("Sweep {}").format(target)) as root:
            root.set_axis(target, axis)

    def _rename(self, old: str, new: str) -> None:
        if not new or new == old:
            return
        inside = self._document.scope == old
        try:
            with self._document.edit_root(tr("Rename {}").format(old)) as root:
                root.rename_definition(old, new)
        except LoomError as error:
            self._say(error)
            self._shown = None
            self.refresh()
        else:
            if inside:
                self.enter_asked.emit(new)

    def _delete(self, name: str) -> None:
        with self._document.edit_root(tr("Delete {}").format(name)) as root:
            root.define(name, None)

    def _say(self, error: LoomError) -> None:
        self.wrong.setText(f"{error.reason} {error.remedy}".strip())
        self.wrong.show()
