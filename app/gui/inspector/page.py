"""The page of one node, or of several of one kind of parameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.gui.document import Document
from app.gui.inspector.definition import DefinitionPorts
from app.gui.inspector.facts import RunFacts
from app.gui.inspector.header import NodeHeader
from app.gui.inspector.names import label_of
from app.gui.inspector.ports import PortList
from app.gui.inspector.row import ParamRow
from app.gui.inspector.section import Section, label
from app.gui.inspector.widgets import Around
from app.gui.language import tr
from app.gui.status import Statuses
from engine.graph.params import Param
from engine.graph.subgraph import ENDS, used

LABELS = 11  # letters that the names of parameters may take of the width, at most

AroundOf = Callable[[str, str], Around]


class Page(QWidget):
    """What is shown of a selection."""

    go_to = Signal(str)
    """The person asks to see a node."""
    renamed = Signal(str)
    lock_asked = Signal(str)
    enter_asked = Signal(str)
    file_asked = Signal(Path)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        unit = self.fontMetrics().height()
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(unit * 2 // 3, unit // 2, unit * 2 // 3, unit)
        self.column.setSpacing(unit // 2)
        self.rows: list[ParamRow] = []

    def refresh(self) -> None:
        """Show what the document and the statuses say now."""
        for row in self.rows:
            row.refresh()

    def row(self, name: str) -> ParamRow | None:
        """The row of a parameter."""
        return next((row for row in self.rows if row.param.name == name), None)

    def add_rows(
        self, document: Document, ids: Sequence[str], params: Sequence[Param], around: AroundOf
    ) -> None:
        """A section with these parameters."""
        if not params:
            return
        section = Section("parameters", tr("Parameters"), self)
        for param in params:
            row = ParamRow(document, ids, param, around(ids[0], param.name), section.body)
            row.go_to.connect(self.go_to.emit)
            section.rows.addWidget(row)
            self.rows.append(row)
        most = self.fontMetrics().averageCharWidth() * LABELS * 2
        narrow = [row.label_width for row in self.rows if not row.editor.wide]
        for row in self.rows:
            row.set_label_width(min(max(narrow, default=0), most))
        self.column.addWidget(section)


class NodePage(Page):
    """One node."""

    def __init__(
        self,
        document: Document,
        statuses: Statuses,
        node_id: str,
        around: AroundOf,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._id = document, node_id
        node = document.graph.nodes[node_id]
        spec = document.registry.find(node.type)
        self.header = NodeHeader(document, node_id, self)
        self.header.renamed.connect(self.renamed.emit)
        self.header.lock_asked.connect(self.lock_asked.emit)
        self.header.enter_asked.connect(self.enter_asked.emit)
        self.column.addWidget(self.header)
        self.wrong = label("", self, "wrong")
        self.wrong.hide()
        self.column.addWidget(self.wrong)
        if spec is None and not (document.scope and node_id in ENDS):
            self.column.addWidget(label(unknown(node.type), self, "doubtful"))
        self.add_rows(document, [node_id], list(spec.params.values()) if spec else [], around)
        self.definition: DefinitionPorts | None = None
        name = used(node) or (document.scope if node_id in ENDS else "")
        if name and name in document.root.definitions:
            self.definition = DefinitionPorts(document, name, self)
            self.column.addWidget(self.definition)
        self.facts = RunFacts(document, statuses, node_id, self)
        self.facts.file_asked.connect(self.file_asked.emit)
        self.column.addWidget(self.facts)
        self.ports = PortList(document, node_id, self)
        self.ports.go_to.connect(self.go_to.emit)
        self.column.addWidget(self.ports)
        self.column.addStretch(1)
        # The ports come a moment later, so that the window never waits long.
        QTimer.singleShot(0, self, self.refresh)

    def refresh(self) -> None:
        super().refresh()
        self.header.refresh()
        self.ports.refresh()
        self.facts.refresh()
        if self.definition is not None:
            self.definition.refresh()
        shown = {row.param.name for row in self.rows}
        node = self._document.graph.nodes.get(self._id)
        spec = self._document.registry.find(node.type) if node else None
        shown |= set(spec.inputs) if spec else set()
        said: list[str] = []
        for item in self._document.problems(self._id):
            own = item.node.rpartition("/")[2] == self._id
            if own and item.port not in shown:
                said.append(f"{item.reason} {item.remedy}".strip())
            elif not own:
                said.append(str(item))
        self.wrong.setText("\n".join(dict.fromkeys(said)))
        self.wrong.setVisible(bool(said))


class ManyPage(Page):
    """Several nodes: the parameters that all of them have."""

    def __init__(
        self,
        document: Document,
        node_ids: Sequence[str],
        around: AroundOf,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        nodes = [document.graph.nodes[name] for name in node_ids]
        self.column.addWidget(label(tr("{} nodes").format(len(nodes)), self, "title"))
        names = list(dict.fromkeys(label_of(document, node) for node in nodes))
        self.column.addWidget(label(", ".join(names), self, "dim"))
        specs = [document.registry.find(node.type) for node in nodes]
        params = [dict(spec.params) if spec else {} for spec in specs]
        common = [
            param
            for name, param in params[0].items()
            if all(name in one and _alike(one[name], param) for one in params[1:])
        ]
        if not common:
            self.column.addWidget(label(tr("They have no parameter in common."), self, "dim"))
        self.add_rows(document, node_ids, common, around)
        self.column.addStretch(1)


def unknown(type_id: str) -> str:
    """What is said of a node whose type nobody knows."""
    said = tr("No pack that is installed has the node type “{}”. It keeps all it holds.")
    return said.format(type_id)


def _alike(one: Param, other: Param) -> bool:
    """Whether two parameters take the same values, so that one widget can edit both."""
    return one.base is other.base and one.widget == other.widget and one.nullable == other.nullable
