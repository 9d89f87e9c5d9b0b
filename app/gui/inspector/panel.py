"""The inspector: the page of what is selected."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from app.gui.document import Document
from app.gui.status import Statuses


class Inspector(QWidget):
    """Shows and edits what is selected: a node, several, or with none the workflow itself."""

    edit_drawing = Signal(str, str)
    """The drawing that a node's parameter holds is to be painted: node id, parameter."""
    select_asked = Signal(str)
    """A node is to be selected and shown: its id."""

    def __init__(
        self, document: Document, statuses: Statuses, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._statuses = document, statuses
        self._title = QLabel(self)
        QVBoxLayout(self).addWidget(self._title)

    def show_nodes(self, ids: Sequence[str]) -> None:
        """Show the page of these nodes; of the workflow for none."""
        self._title.setText(", ".join(ids))
