"""The inputs and outputs of a node: types with all that is known, links, conversions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QVBoxLayout, QWidget

from app.gui import theme
from app.gui.canvas.fit import End, Fitting
from app.gui.canvas.ports import ports_of
from app.gui.catalogue import say
from app.gui.document import Document
from app.gui.inspector.names import conversions_at, input_type, output_type, whole_name
from app.gui.inspector.section import Section, Shortened, label
from app.gui.inspector.widgets.base import tool
from app.gui.language import tr
from app.gui.palette.families import legible
from engine.graph.graph import Source
from engine.graph.repeat import GATHER, NEXT
from engine.graph.spec import NodeSpec, title
from engine.graph.types import PortType


@dataclass(frozen=True)
class PortRow:
    """What is shown of a port; `joins` is the input that a new link may go to, "" for none."""

    label: str
    words: str
    colour: str
    links: tuple[str, ...]
    note: str
    joins: str = ""


class PortList(QWidget):
    """Two sections: what a node takes and what it gives. `refresh` fills them."""

    go_to = Signal(str)
    """The person asks to see a node."""

    def __init__(self, document: Document, node_id: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._id = document, node_id
        self._shown: object = None
        self.inputs = Section("inputs", tr("Inputs"), self)
        self.outputs = Section("outputs", tr("Outputs"), self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.inputs)
        layout.addWidget(self.outputs)
        self.inputs.hide()
        self.outputs.hide()

    def refresh(self) -> None:
        """Show the ports as they are now, where anything is different."""
        node = self._document.graph.nodes.get(self._id)
        spec = self._document.registry.find(node.type) if node else None
        if node is None:
            return
        ins = self._inputs(spec)
        outs = self._outputs(spec)
        state = (ins, outs, theme.theme().name)
        if state == self._shown:
            return
        self._shown = state
        for section, rows in ((self.inputs, ins), (self.outputs, outs)):
            section.clear()
            section.setVisible(bool(rows))
            for row in rows:
                section.rows.addWidget(self._row(row))

    def _inputs(self, spec: NodeSpec | None) -> list[PortRow]:
        node = self._document.graph.nodes[self._id]
        known = dict(spec.inputs) if spec else {}
        names = list(dict.fromkeys((*known, *(n for n in node.inputs if not _param(spec, n)))))
        rows: list[PortRow] = []
        for name in names:
            port = known.get(name)
            found = input_type(self._document, self._id, name) or (port.type if port else None)
            sources = node.inputs.get(name, ())
            note = self._note(name)
            links = tuple(f"{name}\n{source}" for source in sources)
            name_shown = port.label if port else _name_of(name)
            words = _words(found)
            if not sources and port is not None and not port.required:
                words = tr("{}, optional").format(words)
            joins = name if port is not None and (port.type.many or not sources) else ""
            rows.append(PortRow(name_shown, words, _colour(found), links, note, joins))
        return rows

    def _outputs(self, spec: NodeSpec | None) -> list[PortRow]:
        graph = self._document.graph
        rows: list[PortRow] = []
        for name, port in spec.outputs.items() if spec else ():
            found = output_type(self._document, self._id, name) or port.type
            source = Source(self._id, name)
            readers = [
                f"{link.node}.{link.port}" for link in graph.links() if link.source == source
            ]
            note = tr("goes to {}").format(", ".join(readers)) if readers else ""
            rows.append(PortRow(port.label, _words(found), _colour(found), (), note))
        return rows

    def _note(self, name: str) -> str:
        said = conversions_at(self._document, self._id, name)
        for item in self._document.problems(self._id):
            if item.port == name and item.node.rpartition("/")[2] == self._id:
                said.append(f"⚠{item.reason} {item.remedy}".strip())
        return "\n".join(dict.fromkeys(said))

    def _row(self, port: PortRow) -> QWidget:
        row = QWidget(self)
        unit = self.fontMetrics().height()
        column = QVBoxLayout(row)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        above = QHBoxLayout()
        above.setSpacing(unit // 3)
        named = port.colour.startswith("#")
        shade = port.colour if named else theme.theme().colour(port.colour).name()
        dot = QLabel(f"<span style='color: {shade}'>●</span>", row)
        above.addWidget(dot)
        above.addWidget(QLabel(port.label, row))
        above.addWidget(Shortened(port.words, row, "dim"), 1)
        if port.joins:
            join = tool("add", tr("Join {} to…").format(port.label), row, "dim")
            join.clicked.connect(lambda: self._choose(port.joins, join))
            above.addWidget(join)
        column.addLayout(above)
        for link in port.links:
            name, _, source = link.partition("\n")
            column.addWidget(self._link(name, source, row))
        for line in port.note.splitlines():
            role = "wrong" if line.startswith("⚠") else "dim"
            text = label(line.removeprefix("⚠"), row, role)
            text.setIndent(unit)
            column.addWidget(text)
        return row

    def menu_of(self, name: str) -> QMenu:
        """The outputs that an input can be joined to."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setAccessibleName(tr("Outputs that fit"))
        for source, words in outputs_for(self._document, self._id, name):
            menu.addAction(words).triggered.connect(partial(self._join, name, source))
        if menu.isEmpty():
            menu.addAction(tr("No output fits")).setEnabled(False)
        return menu

    def _choose(self, name: str, button: QWidget) -> None:
        self.menu_of(name).popup(button.mapToGlobal(button.rect().bottomLeft()))

    def _join(self, name: str, source: Source, _: bool = False) -> None:
        spec = self._document.spec(self._id)
        many = spec is not None and name in spec.inputs and spec.inputs[name].type.many
        with self._document.edit(tr("Connect")) as graph:
            graph.connect(str(source), f"{self._id}.{name}", append=many)

    def _link(self, port: str, source: str, parent: QWidget) -> QWidget:
        row = QWidget(parent)
        node = source.partition(".")[0]
        layout = QHBoxLayout(row)
        unit = self.fontMetrics().height()
        layout.setContentsMargins(unit, 0, 0, 0)
        layout.setSpacing(2)
        go = tool("link", tr("Go to {}").format(node), row, "dim")
        go.clicked.connect(lambda: self.go_to.emit(node))
        cut = tool("close", tr("Cut the link from {}").format(source), row, "dim")
        cut.clicked.connect(lambda: self._cut(port, source))
        layout.addWidget(go)
        layout.addWidget(Shortened(source.replace(".", " · ", 1), row), 1)
        layout.addWidget(cut)
        return row

    def _cut(self, port: str, source: str) -> None:
        target = f"{self._id}.{port}"
        with self._document.edit(tr("Disconnect {}").format(target)) as graph:
            graph.disconnect(target, source)


def _param(spec: NodeSpec | None, name: str) -> bool:
    return spec is not None and name in spec.params


def outputs_for(document: Document, node_id: str, name: str) -> list[tuple[Source, str]]:
    """The outputs that an input can be joined to, those of exactly its kind first, with words."""
    graph = document.graph
    port = ports_of(document, graph.nodes[node_id]).find(name, False)
    if port is None:
        return []
    prefix = whole_name(document, node_id).removesuffix(node_id)
    fitting = Fitting(document, prefix, End(node_id, port))
    there = {str(source) for source in graph.nodes[node_id].inputs.get(name, ())}
    found: list[tuple[bool, Source, str]] = []
    for node in graph.nodes.values():
        for output in ports_of(document, node).outputs:
            end = End(node.id, output)
            if not output.new and end.name not in there and not fitting.refusal(end):
                exact = output.type.kind is port.type.kind
                found.append(
                    (not exact, Source(node.id, output.name), f"{node.id} · {output.label}")
                )
    found.sort(key=lambda one: one[0])
    return [(source, words) for _, source, words in found]


def _name_of(name: str) -> str:
    """What an input is called that the node's type does not name: a zone's, for instance."""
    if name.startswith(NEXT):
        return tr("{}, handed on").format(say(title(name.removeprefix(NEXT))))
    if name.startswith(GATHER):
        return tr("{}, collected").format(say(title(name.removeprefix(GATHER))))
    return say(title(name))


def _words(port_type: PortType | None) -> str:
    return port_type.describe() if port_type else ""


def _colour(port_type: PortType | None) -> str:
    return legible(port_type.kind.colour) if port_type and port_type.kind else "dim"
