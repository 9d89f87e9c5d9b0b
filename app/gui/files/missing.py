"""A strip above the canvas that names the models and files that are not here, and finds them."""

from __future__ import annotations

import threading
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from app.gui import settings
from app.gui.document import Document
from app.gui.icons import pixmap
from app.gui.language import tr
from engine.graph.check import Report
from engine.graph.graph import Graph
from engine.graph.needs import Need, needs

SHOWN = 3  # names in the strip; the tooltip has all


class MissingFiles(QFrame):
    """Shows itself while the workflow reads something that is not here."""

    _found = Signal(object, int)

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document = document
        self._needs: tuple[Need, ...] = ()
        self._asked = 0
        self.setObjectName("missing")
        self.setAccessibleName(tr("Missing models and files"))
        self._sign = QLabel()
        self._text = QLabel()
        self._text.setWordWrap(True)
        self.models = QPushButton(tr("Add a model folder…"))
        self.models.setToolTip(tr("Models in this folder are found from now on"))
        self.models.clicked.connect(self._add_folder)
        self.file = QPushButton()
        self.file.clicked.connect(self._locate_file)
        layout = QHBoxLayout(self)
        layout.addWidget(self._sign)
        layout.addWidget(self._text, 1)
        layout.addWidget(self.models)
        layout.addWidget(self.file)
        self._found.connect(self._show)
        document.checked.connect(self._check)
        self.hide()

    @property
    def missing(self) -> tuple[Need, ...]:
        """What is not here."""
        return self._needs

    def _check(self, report: Report) -> None:
        """Look only where the check says that something is not there."""
        self._asked += 1
        if not any(item.code == "missing-file" for item in report.problems):
            self._show((), self._asked)
            return
        arguments = (self._document.root.copy(), self._asked)
        threading.Thread(target=self._look, args=arguments, name="missing", daemon=True).start()

    def _look(self, graph: Graph, number: int) -> None:
        document = self._document
        found = tuple(
            need for need in needs(graph, document.registry, document.settings) if not need.met
        )
        try:
            self._found.emit(found, number)
        except RuntimeError:  # the window was closed meanwhile
            return

    def _show(self, found: tuple[Need, ...], number: int) -> None:
        if number != self._asked:
            return
        self._needs = found
        names = list(dict.fromkeys(need.name or tr("(no name)") for need in found))
        shown = ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")
        self._text.setText(tr("Not found: {}").format(shown))
        self._text.setToolTip("\n".join(f"{need.node}.{need.param}: {need.name}" for need in found))
        self._sign.setPixmap(pixmap("warning", self.fontMetrics().height(), 2.0, "warning"))
        files = [need for need in found if need.what == "file"]
        self.models.setVisible(len(files) < len(found))
        self.file.setVisible(bool(files))
        if files:
            self.file.setText(tr("Locate {}…").format(Path(files[0].name).name or files[0].node))
        self.setVisible(bool(found))

    def _add_folder(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, tr("A folder with models"))
        if folder:
            known = settings.choices().model_folders
            settings.change(model_folders=tuple(dict.fromkeys((*known, folder))))

    def _locate_file(self) -> None:
        need = next(need for need in self._needs if need.what == "file")
        title = tr("Locate {}").format(need.name)
        name, _ = QFileDialog.getOpenFileName(self, title)
        if not name:
            return
        node_id, _, inside = need.node.partition("/")
        with self._document.edit_root(title) as graph:
            if inside:
                definition = graph.nodes[node_id].type.removeprefix("subgraph:")
                with graph.editing(definition) as body:
                    body.set_param(inside, need.param, name)
            else:
                graph.set_param(node_id, need.param, name)
