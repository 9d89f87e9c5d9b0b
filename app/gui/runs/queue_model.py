"""The jobs of the queue as a list: what runs, what waits in turn, what is over, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QMimeData,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from app.gui.language import tr
from app.gui.runs import words
from engine.graph.queue import OVER, Job

Index = QModelIndex | QPersistentModelIndex
JOB = int(Qt.ItemDataRole.UserRole)
MIME = "application/x-loom-job"


class QueueModel(QAbstractListModel):
    """Jobs by row; those that wait can be dragged to another turn."""

    moved = Signal(int, int)
    """A job was dragged: its number, and the place among those that wait, from 1."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.jobs: list[Job] = []

    def show(self, jobs: Sequence[Job]) -> None:
        """Show these jobs; rows that stay keep their selection."""
        found = _in_order(jobs)
        if [job.id for job in found] == [job.id for job in self.jobs]:
            old, self.jobs = self.jobs, found
            for row, (before, now) in enumerate(zip(old, found, strict=True)):
                if before != now:
                    self.dataChanged.emit(self.index(row), self.index(row))
            return
        self.layoutAboutToBeChanged.emit()
        kept = self.persistentIndexList()
        marked = [self.jobs[index.row()].id for index in kept]
        rows = {job.id: row for row, job in enumerate(found)}
        self.jobs = found
        moved = [self.index(rows[number]) if number in rows else QModelIndex() for number in marked]
        self.changePersistentIndexList(kept, moved)
        self.layoutChanged.emit()

    def touch(self, number: int) -> None:
        """A job looks different, as when a picture of it has come."""
        for row, job in enumerate(self.jobs):
            if job.id == number:
                self.dataChanged.emit(self.index(row), self.index(row))

    def row_of(self, number: int) -> int:
        """The row of a job, -1 for none."""
        return next((row for row, job in enumerate(self.jobs) if job.id == number), -1)

    # Qt's side

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self.jobs)

    def data(self, index: Index, role: int = JOB) -> Any:
        if not 0 <= index.row() < len(self.jobs):
            return None
        job = self.jobs[index.row()]
        if role == JOB:
            return job
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{title(job)}, {words.state(job.state)}, {job.message}".rstrip(", ")
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(job)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        if not index.isValid():
            return flags | Qt.ItemFlag.ItemIsDropEnabled
        if self.jobs[index.row()].state == "queued":
            flags |= Qt.ItemFlag.ItemIsDragEnabled
        return flags

    def supportedDropActions(self) -> Qt.DropAction:
        return Qt.DropAction.MoveAction

    def mimeTypes(self) -> list[str]:
        return [MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        data = QMimeData()
        for index in indexes:
            data.setData(MIME, str(self.jobs[index.row()].id).encode())
        return data

    def dropMimeData(
        self, data: QMimeData, action: Qt.DropAction, row: int, column: int, parent: Index
    ) -> bool:
        """Give a job another turn; the rows follow when the queue has done so."""
        if not data.hasFormat(MIME):
            return False
        number = int(data.data(MIME).data())
        row = len(self.jobs) if row < 0 else row
        before = [job.id for job in self.jobs[:row] if job.state == "queued" and job.id != number]
        self.moved.emit(number, len(before) + 1)
        return False  # Qt would take the dragged row away


def title(job: Job) -> str:
    """What a job is called: the file's name."""
    return tr("Untitled") if job.name.startswith("untitled-") else Path(job.name).stem


def tip(job: Job) -> str:
    """All there is to say of a job."""
    lines = [f"{title(job)}: {words.state(job.state)}"]
    if "/" in job.name or "\\" in job.name:
        lines.append(job.name)
    if job.started and job.ended:
        lines.append(tr("It took {}.").format(words.time(job.ended - job.started)))
    lines += [job.message] if job.message else []
    lines += job.files
    return "\n".join(lines)


def _in_order(jobs: Sequence[Job]) -> list[Job]:
    running = [job for job in jobs if job.state == "running"]
    waiting = [job for job in jobs if job.state == "queued"]
    over = [job for job in jobs if job.state in OVER]
    return [*running, *waiting, *reversed(over)]
