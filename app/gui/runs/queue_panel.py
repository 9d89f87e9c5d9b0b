"""The queue panel: what runs, waits and is over, with all that can be done about it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QItemSelection, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QImage, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QListView,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.gui.icons import set_icon
from app.gui.language import tr
from app.gui.pictures.thumbnails import Thumbnail, Thumbnails
from app.gui.runs.queue_model import QueueModel
from app.gui.runs.queue_rows import PICTURES, QueueRows
from app.gui.runs.runs import JOB, Runs
from engine.diffusion.images.files import is_picture
from engine.graph.queue import Job

ROWS = 3  # that are to be seen at least
TICK = 1000  # milliseconds between looks at the clock


class QueuePanel(QWidget):
    """The jobs of the durable queue; it shows them, and edits them through `Runs`."""

    open_asked = Signal(object)
    """Open the workflow of a job: the JSON of a workflow, as a dictionary."""

    def __init__(self, runs: Runs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs = runs
        self._pictures: dict[str, QImage | None] = {}
        self._thumbnails = Thumbnails(parent=self)
        self._thumbnails.made.connect(self._take_picture)
        self.destroyed.connect(self._thumbnails.close)
        self.model = QueueModel(self)
        self.model.moved.connect(runs.jobs.move)
        self.view = QListView()
        self.view.setModel(self.model)
        self.view.setItemDelegate(QueueRows(self.view, runs.running, self._picture))
        self.view.setAccessibleName(tr("Jobs"))
        self.view.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.setMinimumHeight(self.fontMetrics().height() * ROWS * 3)
        self.view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.view.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.view.setDragDropOverwriteMode(False)
        self.view.doubleClicked.connect(lambda _: self._open())
        self.view.selectionModel().selectionChanged.connect(self._selected)
        self.summary = QLabel()
        self.summary.setProperty("dim", True)
        self.pause = self._button("pause", tr("Pause"), "", self._toggle_pause)
        self.up = self._button("up", tr("Earlier"), "Alt+Up", lambda: self._move(-1))
        self.down = self._button("down", tr("Later"), "Alt+Down", lambda: self._move(1))
        self.cancel = self._button("stop", tr("Cancel"), "Del", self._cancel)
        self.again = self._button("repeat", tr("Run again, with the same seeds"), "", self._again)
        self.open = self._button("open", tr("Open its workflow"), "Return", self._open)
        self.clear = self._button("delete", tr("Forget what is over"), "", runs.jobs.clear)
        self.none = QLabel(tr("Nothing waits. What you run shows up here."))
        self.none.setProperty("dim", True)
        self.none.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.none.setWordWrap(True)
        self._clock = QTimer(self, interval=TICK)
        self._clock.timeout.connect(self._progress)
        self._clock.start()
        self._build()
        runs.jobs.changed.connect(self._show)
        runs.changed.connect(self._progress)
        self._show()

    def selected(self) -> list[Job]:
        """The jobs that are marked, from top to bottom."""
        rows = sorted(index.row() for index in self.view.selectedIndexes())
        return [self.model.jobs[row] for row in rows]

    def select(self, *numbers: int) -> None:
        """Mark these jobs alone."""
        self.view.clearSelection()
        model = self.view.selectionModel()
        for number in numbers:
            index = self.model.index(self.model.row_of(number))
            model.select(index, model.SelectionFlag.Select)
            model.setCurrentIndex(index, model.SelectionFlag.NoUpdate)

    def showEvent(self, event: QShowEvent) -> None:
        self._runs.jobs.refresh()
        super().showEvent(event)

    # Building

    def _build(self) -> None:
        unit = self.fontMetrics().height()
        bar = QHBoxLayout()
        bar.setSpacing(max(2, unit // 6))
        bar.addWidget(self.pause)
        bar.addSpacing(unit // 2)
        for button in (self.up, self.down, self.cancel, self.again, self.open):
            bar.addWidget(button)
        bar.addStretch(1)
        bar.addWidget(self.summary)
        bar.addSpacing(unit // 2)
        bar.addWidget(self.clear)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.none)
        self._stack.addWidget(self.view)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(unit // 2, unit // 3, unit // 2, unit // 2)
        layout.setSpacing(unit // 3)
        layout.addLayout(bar)
        layout.addWidget(self._stack, 1)

    def _button(
        self, icon: str, name: str, keys: str, pressed: Callable[[], object]
    ) -> QToolButton:
        button = QToolButton()
        set_icon(button, icon)
        unit = self.fontMetrics().height()
        button.setIconSize(QSize(unit, unit))
        button.setAutoRaise(True)
        button.setAccessibleName(name)
        sequence = QKeySequence(keys)
        shown = sequence.toString(QKeySequence.SequenceFormat.NativeText)
        button.setToolTip(f"{name} ({shown})" if keys else name)
        button.clicked.connect(lambda: pressed())
        if keys:
            shortcut = QShortcut(sequence, self.view)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(button.click)
        return button

    # Showing

    def _show(self) -> None:
        now = self._runs.jobs.now
        self.model.show(now.jobs)
        self._stack.setCurrentWidget(self.view if now.jobs else self.none)
        icon, name = ("run", tr("Go on")) if now.paused else ("pause", tr("Pause"))
        set_icon(self.pause, icon, "accent" if now.paused else "text")
        self.pause.setAccessibleName(name)
        explained = tr("Begin the jobs that wait") if now.paused else tr("Begin no further job")
        self.pause.setToolTip(f"{name}: {explained}")
        waiting = len(now.turns())
        said = [tr("paused")] if now.paused else []
        said += [tr("{} waiting").format(waiting)] if waiting else []
        self.summary.setText(" · ".join(said))
        self.clear.setEnabled(any(job.ended for job in now.jobs))
        self._selected()

    def _selected(self, *_: QItemSelection) -> None:
        jobs = self.selected()
        turns = self._runs.jobs.now.turns()
        places = [turns.index(job.id) for job in jobs if job.id in turns]
        self.up.setEnabled(len(jobs) == 1 and bool(places) and places[0] > 0)
        self.down.setEnabled(len(jobs) == 1 and bool(places) and places[0] + 1 < len(turns))
        self.cancel.setEnabled(any(job.state in ("queued", "running") for job in jobs))
        self.again.setEnabled(bool(jobs))
        self.open.setEnabled(len(jobs) == 1)

    def _progress(self) -> None:
        """Draw what runs anew: how far it is, and how long it has taken."""
        for job in self.model.jobs if self.isVisible() else ():
            if job.state == "running":
                self.model.touch(job.id)

    def _picture(self, file: str) -> QImage | None:
        """What a file looks like; None until that is known."""
        if file not in self._pictures:
            self._pictures[file] = None
            if is_picture(Path(file)):
                self._thumbnails.ask(Path(file))
        return self._pictures[file]

    def _take_picture(self, found: Thumbnail) -> None:
        file = str(found.path)
        self._pictures[file] = found.image
        for job in self.model.jobs:
            if file in job.files[:PICTURES]:
                self.model.touch(job.id)

    # Doing

    def _toggle_pause(self) -> None:
        self._runs.pause(not self._runs.jobs.now.paused)

    def _move(self, by: int) -> None:
        turns = self._runs.jobs.now.turns()
        for job in self.selected()[:1]:
            if job.id in turns:
                self._runs.jobs.move(job.id, turns.index(job.id) + 1 + by)

    def _cancel(self) -> None:
        for job in self.selected():
            if job.state in ("queued", "running"):
                self._runs.cancel(f"{JOB}{job.id}")

    def _again(self) -> None:
        for job in self.selected():
            self._runs.again(job)

    def _open(self) -> None:
        for job in self.selected()[:1]:
            self.open_asked.emit(json.loads(job.workflow))
