"""The inspector: the page of what is selected."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QFileDialog, QScrollArea, QVBoxLayout, QWidget

from app.gui import settings, theme
from app.gui.document import Document
from app.gui.inspector.names import whole_name
from app.gui.inspector.page import ManyPage, NodePage, Page
from app.gui.inspector.row import ParamRow
from app.gui.inspector.widgets import Around
from app.gui.inspector.widgets.base import Answer
from app.gui.inspector.widgets.picker import Picker
from app.gui.inspector.widgets.scans import models
from app.gui.inspector.workflow_page import WorkflowPage
from app.gui.language import tr
from app.gui.panels import first_stop
from app.gui.status import Statuses
from engine.graph.params import Multiline

CountTokens = Callable[[str, str, str, Answer], None]


class Inspector(QWidget):
    """Shows and edits what is selected: a node, several, or with none the workflow itself."""

    edit_drawing = Signal(str, str)
    """The drawing that a node's parameter holds is to be painted: node id, parameter."""
    select_asked = Signal(str)
    """A node is to be selected and shown: its id."""
    lock_asked = Signal(tuple)
    """Nodes are to be locked to the results they have, or unlocked: their ids."""
    file_asked = Signal(Path)
    """A file that a node wrote is to be shown."""
    left = Signal()
    """Escape was pressed where nothing was to be given up: back to the canvas."""

    def __init__(
        self, document: Document, statuses: Statuses, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._statuses = document, statuses
        self._ids: tuple[str, ...] = ()
        self._state: Any = None
        self.count_tokens: CountTokens | None = None
        """How a prompt's tokens are counted: `count_tokens(node, parameter, text, answer)`."""
        self._scroll = QScrollArea(self)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._scroll)
        self.setAccessibleName(tr("Inspector"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumWidth(self.fontMetrics().averageCharWidth() * 34)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self.refresh)
        self.page: Page | None = None
        document.changed.connect(self._soon)
        document.titled.connect(self._soon)
        document.checked.connect(self._soon)
        document.shown.connect(self._leave)
        statuses.changed.connect(self._follow)
        theme.changed.connect(self._rebuild)
        self.show_nodes(())

    def show_nodes(self, ids: Iterable[str]) -> None:
        """Show the page of these nodes; of the workflow for none."""
        known = self._document.graph.nodes
        self._ids = tuple(name for name in ids if name in known)
        self.refresh()

    def follow(self, ids: Iterable[str]) -> None:
        """Show the page of these nodes once what selected them is done and painted."""
        known = self._document.graph.nodes
        self._ids = tuple(name for name in ids if name in known)
        self._soon()

    def refresh(self) -> None:
        """Show what the document says now; another page where another one fits."""
        self._timer.stop()
        known = self._document.graph.nodes
        self._ids = tuple(name for name in self._ids if name in known)
        if self._wanted() != self._state or self.page is None:
            self._rebuild()
        else:
            self.page.refresh()

    def row(self, name: str) -> ParamRow | None:
        """The row of a parameter of what is shown."""
        return self.page.row(name) if self.page else None

    def edit(self, node_id: str, name: str) -> None:
        """Show a node and put the cursor into one of its parameters."""
        if self._ids != (node_id,) or self._timer.isActive():
            self.show_nodes((node_id,))
        row = self.row(name)
        if row is not None:
            self._scroll.ensureWidgetVisible(row)
            row.editor.setFocus(Qt.FocusReason.OtherFocusReason)
            if isinstance(row.editor, Picker):
                row.editor.open_list()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Hand the focus to the first parameter, else to whatever takes it."""
        super().focusInEvent(event)
        if self.page is not None:
            rows = [row.editor for row in self.page.rows if row.editor.isVisibleTo(self.page)]
            target = rows[0] if rows else first_stop(self.page)
            if target is not None:
                target.setFocus(Qt.FocusReason.TabFocusReason)

    def _leave(self) -> None:
        """Something else is shown: nothing of it is selected yet."""
        self.show_nodes(())

    def _soon(self, *_: object) -> None:
        """Refresh once after all that happens now."""
        self._timer.start()

    def _follow(self, ids: frozenset[str]) -> None:
        """Show the run's news of the node that is shown."""
        if len(self._ids) == 1 and whole_name(self._document, self._ids[0]) in ids:
            self._timer.start()

    def _wanted(self) -> Any:
        """What a page depends on beyond its values: another one needs another page."""
        document = self._document
        nodes = [document.graph.nodes[name] for name in self._ids]
        specs = [document.registry.find(node.type) for node in nodes]
        shapes = [spec and (spec.id, dict(spec.params), tuple(spec.inputs)) for spec in specs]
        return document.scope, self._ids, [node.type for node in nodes], shapes

    def _rebuild(self) -> None:
        bar = self._scroll.verticalScrollBar()
        same = self._state is not None and self._state[:2] == self._wanted()[:2]
        place = bar.value() if same else 0
        self._state = self._wanted()
        if len(self._ids) == 1:
            page: Page = NodePage(self._document, self._statuses, self._ids[0], self._around)
        elif self._ids:
            page = ManyPage(self._document, self._ids, self._around)
        else:
            page = WorkflowPage(self._document)
        page.go_to.connect(self.select_asked.emit)
        page.renamed.connect(self._renamed)
        page.lock_asked.connect(lambda name: self.lock_asked.emit((name,)))
        page.enter_asked.connect(self._document.enter)
        page.file_asked.connect(self.file_asked.emit)
        self.page = page
        old = self._scroll.takeWidget()
        if old is not None:
            old.deleteLater()
        self._scroll.setWidget(page)
        if place:
            page.refresh()
            bar.setValue(place)

    def _renamed(self, name: str) -> None:
        self.show_nodes((name,))
        self.select_asked.emit(name)

    def _around(self, node_id: str, name: str) -> Around:
        """What the widget of a parameter may ask for."""
        node = self._document.graph.nodes[node_id]
        spec = self._document.registry.find(node.type)
        prompt = spec is not None and isinstance(spec.params[name].widget, Multiline)
        reads = spec is not None and any(
            port.type.kind is not None and port.type.kind.name == "Tokenizer"
            for port in spec.inputs.values()
        )

        def count(text: str, answer: Answer) -> None:
            if self.count_tokens is not None:
                self.count_tokens(node_id, name, text, answer)

        def reads_all() -> bool:
            shown = self._document.graph.nodes.get(node_id)
            return shown is not None and shown.params.get("long_prompt") == "keep"

        return Around(
            settings=lambda: self._document.settings,
            count=count if prompt and reads else None,
            reads_all=reads_all,
            draw=lambda: self.edit_drawing.emit(node_id, name),
            locate=self._locate,
        )

    def _locate(self, model: str) -> None:
        """Let the person say in which folder a model is, and look there from now on."""
        title = tr("The folder that has “{}”").format(model)
        chosen = QFileDialog.getExistingDirectory(self, title)
        if chosen:
            known = settings.choices().model_folders
            if chosen not in known:
                settings.change(model_folders=(*known, chosen))
            models.get(self._document.settings.model_folders, again=True)
