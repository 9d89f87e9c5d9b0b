"""One parameter: its name, its widget or where its value comes from, and what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QMenu, QVBoxLayout, QWidget

from app.gui import icons
from app.gui.document import Document
from app.gui.inspector.axis_dialog import AxisDialog, axis_in_words
from app.gui.inspector.names import conversions_at
from app.gui.inspector.section import Shortened, label
from app.gui.inspector.widgets import Around, widget_for
from app.gui.inspector.widgets.base import tool
from app.gui.language import tr
from app.gui.palette.tip import said_of
from engine.graph.errors import LoomError
from engine.graph.graph import Graph, Node, Source
from engine.graph.params import Param
from engine.graph.subgraph import ENDS, INPUTS

SENTENCES = 4  # about a parameter of many nodes; to lay out a thousand would hold the window


class ParamRow(QWidget):
    """A parameter of one node, or the same one of several nodes, which are then edited together."""

    go_to = Signal(str)
    """The person asks to see a node."""

    def __init__(
        self,
        document: Document,
        node_ids: Sequence[str],
        param: Param,
        around: Around,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._ids, self.param = document, tuple(node_ids), param
        self._refused = ""
        self.editor = widget_for(param, around, self)
        self.name = NameLabel(param.label, self)
        said = said_of(document.spec(self._ids[0]), param.name)
        tip = f"{param.name}: {param.describe()}"
        self.name.setToolTip(f"{said}\n{tip}" if said else tip)
        self.name.setBuddy(self.editor)
        self.name.reset_asked.connect(self.reset)
        self.mark = QLabel(self)
        self.mark.setFixedWidth(self.fontMetrics().averageCharWidth())
        self.mark.setText("•")
        self.mark.setProperty("mark", True)
        self.mark.setToolTip(tr("Changed; a double click on the name resets it"))
        self.more = tool("more", tr("{}: more").format(param.label), self, "dim")
        self.more.clicked.connect(lambda: self._popup(self.more.rect().bottomLeft(), self.more))
        self.source = Chip("link", self)
        self.source.cut.setToolTip(tr("Cut the link"))
        self.source.pressed.connect(self._go)
        self.source.cut.clicked.connect(self._cut)
        self.axis = Chip("sweep", self)
        self.axis.cut.setToolTip(tr("Sweep it no more"))
        self.axis.pressed.connect(self.sweep)
        self.axis.cut.clicked.connect(lambda: self._set_axis(None))
        self.note = label("", self, "dim")
        self.wrong = label("", self, "wrong")
        self._lay_out()
        self.editor.edited.connect(self._take)
        self.editor.settled.connect(document.settle)
        self.editor.refused.connect(self._refuse)
        self.refresh()

    @property
    def label_width(self) -> int:
        """How wide the name is."""
        return self.name.fontMetrics().horizontalAdvance(self.param.label) + 4

    def set_label_width(self, width: int) -> None:
        """Align the widget with those of other rows."""
        if not self.editor.wide:
            self.name.setFixedWidth(width)

    def refresh(self) -> None:
        """Show what the document says now."""
        nodes = self._nodes()
        if not nodes:
            return
        node = nodes[0]
        sources = node.inputs.get(self.param.name, ()) if len(nodes) == 1 else ()
        axis = self._axis()
        self.editor.setVisible(not sources and axis is None)
        self.source.setVisible(bool(sources) and axis is None)
        self.axis.setVisible(axis is not None)
        notes = conversions_at(self._document, node.id, self.param.name) if sources else []
        self.note.setText("\n".join(dict.fromkeys(notes)))
        self.note.setVisible(bool(notes))
        if sources:
            self._show_source(sources[0])
        if axis is not None:
            self.axis.show_text(axis_in_words(axis), tr("Sweeps: click to change"))
        values = [self._value(one) for one in nodes]
        self.editor.show_value(values[0])
        differ = any(value != values[0] for value in values)
        name = tr("{} (several values)").format(self.param.label) if differ else self.param.label
        self.name.show_text(name)
        self.mark.setText("•" if any(self._changed(one) for one in nodes) else "")
        self._show_problems()

    def reset(self) -> None:
        """Let it have its default again."""
        self._refused = ""
        if self.param.required:
            return
        with self._document.edit(tr("Reset {}").format(self.param.label)) as graph:
            for node in self._nodes():
                if self.param.name in node.params:
                    graph.clear_param(node.id, self.param.name)

    def sweep(self) -> None:
        """Let the person make it an axis."""
        target = f"{self._ids[0]}.{self.param.name}"
        dialog = AxisDialog(self._document, target, self.param, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def menu(self) -> QMenu:
        """What else can be done with it."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        nodes = self._nodes()
        reset = menu.addAction(icons.icon("reset"), tr("Reset to the default"), self.reset)
        reset.setEnabled(any(self._changed(one) for one in nodes) and not self.param.required)
        sweep = menu.addAction(icons.icon("sweep"), tr("Sweep…"), self.sweep)
        sweep.setEnabled(len(nodes) == 1 and not self._document.scope)
        if self._document.scope:
            sweep.setText(tr("Sweep… (not inside a subgraph)"))
            expose = menu.addAction(
                icons.icon("import"), tr("Make it a parameter of the subgraph"), self._expose
            )
            spec = self._document.registry.find(nodes[0].type)
            linked = bool(nodes[0].inputs.get(self.param.name))
            takes = spec is not None and spec.socket(self.param.name) is not None
            expose.setEnabled(len(nodes) == 1 and takes and not linked)
        menu.addSeparator()
        menu.addAction(icons.icon("copy"), tr("Copy the value"), self._copy)
        menu.addAction(icons.icon("paste"), tr("Paste a value"), self._paste)
        return menu

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self._popup(event.pos(), self)

    def _lay_out(self) -> None:
        unit = self.fontMetrics().height()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(unit // 4)
        grid.setVerticalSpacing(unit // 5)
        grid.addWidget(self.mark, 0, 0)
        grid.addWidget(self.name, 0, 1)
        content = QWidget(self)
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(unit // 5)
        for widget in (self.editor, self.source, self.axis, self.note, self.wrong):
            column.addWidget(widget)
        if self.editor.wide:
            grid.addWidget(content, 1, 1, 1, 2)
            grid.addWidget(self.more, 0, 2)
            grid.setColumnStretch(1, 1)
        else:
            grid.addWidget(content, 0, 2)
            grid.addWidget(self.more, 0, 3, Qt.AlignmentFlag.AlignTop)
            grid.setAlignment(self.name, Qt.AlignmentFlag.AlignTop)
            grid.setAlignment(self.mark, Qt.AlignmentFlag.AlignTop)
            self.name.setFixedHeight(self.more.sizeHint().height())
            self.mark.setFixedHeight(self.more.sizeHint().height())
            grid.setColumnStretch(2, 1)

    def _nodes(self) -> list[Node]:
        graph = self._document.graph
        return [graph.nodes[name] for name in self._ids if name in graph.nodes]

    def _value(self, node: Node) -> Any:
        default = None if self.param.required else self.param.default
        return node.params.get(self.param.name, default)

    def _changed(self, node: Node) -> bool:
        """Whether a value is another than the default."""
        if self.param.required or self.param.name not in node.params:
            return False
        try:
            return self.param.validate(node.params[self.param.name]) != self.param.default
        except LoomError:
            return True

    def _axis(self) -> Any:
        if self._document.scope or len(self._ids) != 1:
            return None
        return self._document.root.sweep.get(f"{self._ids[0]}.{self.param.name}")

    def _take(self, value: Any) -> None:
        """Write a new value into the document."""
        try:
            value = self.param.validate(value)
        except LoomError as error:
            self._refuse(f"{error.reason} {error.remedy}")
            return
        self._refused = ""

        def edit(graph: Graph) -> None:
            for node in self._nodes():
                graph.set_param(node.id, self.param.name, value)

        self._document.change(edit, tr("Set {}").format(self.param.label))

    def _refuse(self, sentence: str) -> None:
        self._refused = sentence
        self._show_problems()

    def _show_problems(self) -> None:
        said = [self._refused] if self._refused else []
        for name in self._ids:
            for item in self._document.problems(name):
                if item.port == self.param.name and item.node.rpartition("/")[2] == name:
                    said.append(f"{item.reason} {item.remedy}".strip())
        sentences = [*dict.fromkeys(said)]
        more = ["…"] * (len(sentences) > SENTENCES)
        self.wrong.setText("\n".join([*sentences[:SENTENCES], *more]))
        self.wrong.setVisible(bool(said))

    def _show_source(self, source: Source) -> None:
        if self._document.scope and source.node in ENDS:
            self.source.show_text(tr("input “{}” of the subgraph").format(source.port))
        else:
            self.source.show_text(f"{source.node} · {source.port}", tr("Go to the node"))

    def _go(self) -> None:
        for source in self._nodes()[0].inputs.get(self.param.name, ())[:1]:
            self.go_to.emit(source.node)

    def _cut(self) -> None:
        target = f"{self._ids[0]}.{self.param.name}"
        with self._document.edit(tr("Disconnect {}").format(target)) as graph:
            graph.disconnect(target)

    def _set_axis(self, axis: Any) -> None:
        with self._document.edit_root(tr("Sweep {}").format(self.param.label)) as graph:
            graph.set_axis(f"{self._ids[0]}.{self.param.name}", axis)

    def _expose(self) -> None:
        body = self._document.graph
        taken = list(body.nodes[INPUTS].params.get("ports", ()))
        name, number = self.param.name, 2
        while name in taken:
            name, number = f"{self.param.name}_{number}", number + 1
        with self._document.edit(tr("Add {}").format(name)) as graph:
            graph.set_param(INPUTS, "ports", [*taken, name])
            graph.connect(f"{INPUTS}.{name}", f"{self._ids[0]}.{self.param.name}")

    def _copy(self) -> None:
        value = self._value(self._nodes()[0])
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        QGuiApplication.clipboard().setText(text)

    def _paste(self) -> None:
        text = QGuiApplication.clipboard().text()
        try:
            self._take(self.param.parse(text if "\n" in text else text.strip()))
        except LoomError as error:
            self._refuse(f"{error.reason} {error.remedy}")
        self._document.settle()

    def _popup(self, place: QPoint, widget: QWidget) -> None:
        self.menu().popup(widget.mapToGlobal(place))


class NameLabel(QLabel):
    """The name of a parameter; a double click asks for its default."""

    reset_asked = Signal()

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.show_text(text)

    def show_text(self, text: str) -> None:
        """Show another name."""
        self._whole = text
        self._cut()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.reset_asked.emit()

    def setFixedWidth(self, width: int) -> None:
        super().setFixedWidth(width)
        self._cut()

    def _cut(self) -> None:
        width = self.minimumWidth() or 10_000
        mode = Qt.TextElideMode.ElideRight
        self.setText(self.fontMetrics().elidedText(self._whole, mode, width))


class Chip(QWidget):
    """In place of a widget: where a value comes from, to press, and a button that ends it."""

    pressed = Signal()

    def __init__(self, icon: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("chip", True)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.button = tool(icon, tr("Where the value comes from"), self, "accent")
        self.text = Shortened("", self)
        self.cut = tool("close", tr("End"), self, "dim")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(2, 0, 2, 0)
        layout.setSpacing(2)
        layout.addWidget(self.button)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.cut)
        self.button.clicked.connect(self.pressed.emit)

    def show_text(self, text: str, tip: str = "") -> None:
        """Show where the value comes from."""
        self.text.show_text(text)
        self.button.setToolTip(tip or text)
        self.button.setAccessibleName(tip or text)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.pressed.emit()
