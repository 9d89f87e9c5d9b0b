"""What is known of a node's last run: state, reason, time, memory, error, files, picture."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.gui import icons
from app.gui.document import Document
from app.gui.inspector.names import whole_name
from app.gui.inspector.section import Section, Shortened, label
from app.gui.inspector.widgets.base import tool
from app.gui.inspector.widgets.scans import bytes_in_words
from app.gui.language import tr
from app.gui.status import NodeStatus, Statuses

TALLEST = 18  # lines of text that a preview may be high
LARGER = 2  # times that a small picture is enlarged

SIGNS = {
    "needed": ("needed", "warning"),
    "cached": ("cached", "good"),
    "waiting": ("waiting", "dim"),
    "running": ("running", "accent"),
    "done": ("done", "good"),
    "failed": ("error", "error"),
    "blocked": ("stop", "dim"),
    "cancelled": ("stop", "dim"),
}


class RunFacts(QWidget):
    """A section that follows the status of one node."""

    file_asked = Signal(Path)
    """The person asks to see a file that was written."""

    def __init__(
        self, document: Document, statuses: Statuses, node_id: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._document, self._statuses, self._id = document, statuses, node_id
        self._shown: NodeStatus | None = None
        self._head: QLabel | None = None
        self._picture: Thumbnail | None = None
        self.section = Section("run", tr("Run"), self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.section)
        self.refresh()

    def refresh(self) -> None:
        """Show the status as it is now, where it is another one."""
        status = self._statuses[whole_name(self._document, self._id)]
        if status is self._shown or status == self._shown:
            return
        before, self._shown = self._shown, status
        if before is not None and self._head and _shape(before) == _shape(status):
            self._head.setText(state_in_words(status))
            if self._picture is not None and status.picture is not None:
                self._picture.show_picture(status.picture)
            return
        self.section.clear()
        known = status.state or status.seconds is not None or status.picture is not None
        self.setVisible(bool(known or status.why or status.error or status.files))
        self.section.rows.addWidget(self._first(status))
        if status.error:
            self.section.rows.addWidget(label(status.error, self, "wrong"))
        if status.why:
            self.section.rows.addWidget(label(status.why, self, "dim"))
        if facts := facts_of(status):
            self.section.rows.addWidget(self._table(facts))
        for name in status.files:
            self.section.rows.addWidget(self._file(Path(name)))
        self._picture = None
        if status.picture is not None:
            self._picture = Thumbnail(status.picture, self)
            self.section.rows.addWidget(self._picture)

    def _table(self, facts: list[tuple[str, str]]) -> QWidget:
        table = QWidget(self)
        form = QFormLayout(table)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(2)
        for name, value in facts:
            form.addRow(label(name, table, "dim", wraps=False), label(value, table))
        return table

    def _first(self, status: NodeStatus) -> QWidget:
        row = QWidget(self)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        if status.state in SIGNS:
            sign = QLabel(row)
            name, colour = SIGNS[status.state]
            size = self.fontMetrics().height()
            sign.setPixmap(icons.pixmap(name, size, self.devicePixelRatioF(), colour))
            layout.addWidget(sign)
        self._head = label(state_in_words(status), row)
        layout.addWidget(self._head, 1)
        return row

    def _file(self, path: Path) -> QWidget:
        row = QWidget(self)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 0, 0, 0)
        show = tool("image", tr("Show {}").format(path.name), row, "dim")
        show.clicked.connect(lambda: self.file_asked.emit(path))
        line = Shortened(path.name, row)
        line.setToolTip(str(path))
        layout.addWidget(show)
        layout.addWidget(line, 1)
        return row


class Thumbnail(QWidget):
    """A picture as wide as there is room for, but not much larger than it is."""

    def __init__(self, picture: QImage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._picture = picture
        self.setAccessibleName(tr("Preview of the result"))
        self.setMinimumWidth(1)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._fit()

    def show_picture(self, picture: QImage) -> None:
        """Show another picture."""
        self._picture = picture
        self._fit()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(QRect(QPoint(0, 0), self._size()), self._picture)

    def _size(self) -> QSize:
        """How large the picture is drawn."""
        most = QSize(max(1, self.width()), self.fontMetrics().height() * TALLEST)
        whole = self._picture.size()
        return whole.scaled(most.boundedTo(whole * LARGER), Qt.AspectRatioMode.KeepAspectRatio)

    def _fit(self) -> None:
        self.setFixedHeight(max(1, self._size().height()))


def _shape(status: NodeStatus) -> object:
    """What of a status decides which widgets show it; the rest changes from step to step."""
    steady = status.state, status.error, status.why, status.files
    return *steady, facts_of(status), status.picture is None


def state_in_words(status: NodeStatus) -> str:
    """`running, step 3 of 20: denoising`."""
    words = {
        "": tr("not run"),
        "needed": tr("needs to run"),
        "cached": tr("result is kept"),
        "waiting": tr("waiting"),
        "running": tr("running"),
        "done": tr("done"),
        "failed": tr("failed"),
        "blocked": tr("blocked by what failed before it"),
        "cancelled": tr("cancelled"),
    }[status.state]
    if status.state == "running" and status.total:
        words = tr("{}, step {} of {}").format(words, status.step, status.total)
    return f"{words}: {status.text}" if status.text and status.state == "running" else words


def facts_of(status: NodeStatus) -> list[tuple[str, str]]:
    """Names and values of what was measured."""
    facts: list[tuple[str, str]] = []
    if status.seconds is not None:
        facts.append((tr("Time"), seconds_in_words(status.seconds)))
    if status.expected is not None and status.state in ("needed", "waiting", "running"):
        facts.append((tr("Expected"), seconds_in_words(status.expected)))
    if status.memory is not None:
        facts.append((tr("Peak memory"), bytes_in_words(status.memory)))
    return facts


def seconds_in_words(seconds: float) -> str:
    """`12 ms`, `3.4 s`, `2 min 5 s`."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    return f"{int(seconds) // 60} min {int(seconds) % 60} s"
