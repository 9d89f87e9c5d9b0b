"""The head of a node's page: what it is, its id, what it does, and whether it takes part."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget

from app.gui import icons
from app.gui.document import Document
from app.gui.inspector.names import label_of
from app.gui.inspector.section import Shortened, label
from app.gui.inspector.widgets.base import guard_undo, tool
from app.gui.language import tr
from app.gui.palette.families import colour_of, family_of, icon_of, legible
from app.gui.palette.tip import as_html
from engine.graph.errors import LoomError
from engine.graph.graph import State
from engine.graph.subgraph import ENDS, used


class NodeHeader(QWidget):
    """What a node is, with its id to rename and its states to switch."""

    renamed = Signal(str)
    """The node has another id now."""
    lock_asked = Signal(str)
    """The node is to be locked to the result it has, or unlocked."""
    enter_asked = Signal(str)
    """The inside of a subgraph is to be shown."""

    def __init__(self, document: Document, node_id: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._id = document, node_id
        node = document.graph.nodes[node_id]
        spec = document.registry.find(node.type)
        unit = self.fontMetrics().height()
        sign = QLabel(self)
        is_end = bool(document.scope) and node_id in ENDS
        icon, colour = ("subgraph", "dim") if is_end else ("warning", "warning")
        if spec is not None:
            icon, colour = icon_of(family_of(spec)), legible(colour_of([spec]))
        sign.setPixmap(icons.pixmap(icon, unit * 1.4, self.devicePixelRatioF(), colour))
        self.title = Shortened(label_of(document, node), self, "title")
        self.mute = self._state("mute", tr("Mute: leave the node out (M)"), "muted")
        self.bypass = self._state("bypass", tr("Bypass: hand on what comes in"), "bypassed")
        self.lock = tool("lock", tr("Lock: keep the result it has"), self)
        self.lock.setCheckable(True)
        self.lock.clicked.connect(lambda: self.lock_asked.emit(self._id))
        self.name = NameField(node_id, self)
        self.name.editingFinished.connect(self._rename)
        self.type = Shortened(node.type, self, "dim")
        self.wrong = label("", self, "wrong")
        self.wrong.hide()
        above, below = QHBoxLayout(), QHBoxLayout()
        above.setSpacing(unit // 3)
        above.addWidget(sign)
        above.addWidget(self.title, 1)
        for button in (self.mute, self.bypass, self.lock):
            above.addWidget(button)
        below.setSpacing(unit // 3)
        below.addWidget(self.name, 1)
        below.addWidget(self.type, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(unit // 3)
        layout.addLayout(above)
        layout.addLayout(below)
        layout.addWidget(self.wrong)
        self._add_help(layout, spec.help if spec else "")
        if name := used(node):
            enter = tool("enter", tr("Show what is inside"), self)
            enter.clicked.connect(lambda: self.enter_asked.emit(name))
            below.addWidget(enter)
        for widget in (self.mute, self.bypass, self.lock, self.name):
            widget.setEnabled(not is_end)
        self.refresh()

    def refresh(self) -> None:
        """Show the states as they are now."""
        node = self._document.graph.nodes.get(self._id)
        if node is None:
            return
        self.mute.setChecked(node.state == "muted")
        self.bypass.setChecked(node.state == "bypassed")
        held = bool(node.lock or node.locks)
        self.lock.setChecked(held)
        self.lock.setEnabled(not self._document.scope)
        icons.set_icon(self.lock, "lock" if held else "unlock")

    def _state(self, icon: str, tip: str, state: State) -> QToolButton:
        button = tool(icon, tip, self)
        button.setCheckable(True)

        def turn(on: bool) -> None:
            with self._document.edit(tip.partition(":")[0]) as graph:
                graph.set_state(state if on else "", self._id)

        button.clicked.connect(turn)
        return button

    def _add_help(self, layout: QVBoxLayout, text: str) -> None:
        """The summary, and the rest of the docstring behind a button."""
        summary, _, rest = text.partition("\n")
        if not summary:
            return
        line = self._paragraphs(summary)
        layout.addWidget(line)
        if not rest.strip():
            return
        more = QToolButton(self)
        more.setText(tr("More"))
        more.setProperty("link", True)
        more.setCheckable(True)
        more.setToolTip(tr("All that is said of this node"))
        more.setAccessibleName(more.toolTip())
        whole = self._paragraphs(rest)
        whole.hide()
        more.toggled.connect(whole.setVisible)
        more.toggled.connect(lambda on: more.setText(tr("Less") if on else tr("More")))
        layout.addWidget(whole)
        layout.addWidget(more, 0, Qt.AlignmentFlag.AlignLeft)

    def _paragraphs(self, text: str) -> QLabel:
        line = label("", self, "dim")
        line.setTextFormat(Qt.TextFormat.RichText)
        line.setText(as_html(text))
        return line

    def _rename(self) -> None:
        new = self.name.text().strip()
        if new == self._id or not new:
            self.name.setText(self._id)
            self.wrong.hide()
            return
        try:
            with self._document.edit(tr("Rename {}").format(self._id)) as graph:
                graph.rename(self._id, new)
        except LoomError as error:
            self.wrong.setText(f"{error.reason} {error.remedy}".strip())
            self.wrong.show()
            return
        self._id = new
        self.renamed.emit(new)


class NameField(QLineEdit):
    """The id of a node: Enter takes another one, Escape gives back what it was."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._name = name
        self.setProperty("flat", True)
        guard_undo(self)
        self.setAccessibleName(tr("Id of the node"))
        self.setToolTip(tr("Id of the node: type another one to rename it"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.setText(self._name)
            self.clearFocus()
        else:
            super().keyPressEvent(event)
