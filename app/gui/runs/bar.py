"""The slim bar that says what runs, how far it is, and lets it be cancelled."""

from __future__ import annotations

import time

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QWidget

from app.gui.icons import set_icon
from app.gui.language import tr
from app.gui.runs import words
from app.gui.runs.running import Running
from app.gui.runs.runs import Runs
from app.gui.runs.strip import Strip
from app.gui.status import Statuses

PATIENCE = 4.0  # seconds that a step may take before another way out is named
TICK = 500  # milliseconds between looks at the clock


class RunBar(QWidget):
    """What runs, in a line: node, step, time, a strip, and a button that cancels it."""

    def __init__(self, runs: Runs, statuses: Statuses, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._runs, self._statuses = runs, statuses
        self.text = QLabel()
        self.text.setProperty("dim", True)
        self.text.setAccessibleName(tr("What runs"))
        self.text.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.strip = Strip()
        self.strip.setAccessibleName(tr("Progress"))
        self.strip.setFixedWidth(self.fontMetrics().averageCharWidth() * 24)
        self.cancel = QToolButton()
        set_icon(self.cancel, "stop", "error")
        side = self.fontMetrics().height()
        self.cancel.setIconSize(QSize(side, side))
        self.cancel.setAutoRaise(True)
        self.cancel.setAccessibleName(tr("Cancel"))
        self.cancel.setToolTip(tr("Cancel what runs; what is finished of it is kept"))
        self.cancel.clicked.connect(lambda: runs.cancel())
        layout = QHBoxLayout(self)
        unit = self.fontMetrics().height() // 2
        layout.setContentsMargins(unit, 0, unit // 2, 0)
        layout.setSpacing(unit)
        layout.addWidget(self.text)
        layout.addWidget(self.strip, 0, Qt.AlignmentFlag.AlignVCenter)
        layout.addWidget(self.cancel)
        self._clock = QTimer(self, interval=TICK)
        self._clock.timeout.connect(self._show)
        runs.changed.connect(self._show)
        runs.worker.state_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        current = self._runs.current
        waiting = len(self._runs.jobs.now.turns())
        busy = current is not None
        self.strip.setVisible(busy)
        self.cancel.setVisible(busy or waiting > 0)
        if busy != self._clock.isActive():
            self._clock.start() if busy else self._clock.stop()
        if current is not None:
            self.text.setText(self._said(current, waiting))
            self.strip.set_share(current.share)
        else:
            self.text.setText(self._idle(waiting))

    def _said(self, current: Running, waiting: int) -> str:
        """`denoise · step 12 of 25 · node 7 of 9 · 4 s of about 12 s · 2 waiting`."""
        cancelled = self._runs.cancelled_since(current.run)
        if cancelled is not None:
            if time.monotonic() - cancelled < PATIENCE:
                return tr("Cancelling…")
            return tr("Cancelling… Run ▸ Restart the engine ends it at once")
        parts: list[str] = []
        if not current.total and not current.node:
            parts.append(tr("Preparing"))
        if current.node:
            parts.append(current.node)
        if current.steps > 1:
            parts.append(tr("step {} of {}").format(current.step, current.steps))
        if current.total > 1:
            number = min(current.over + 1, current.total)
            parts.append(tr("node {} of {}").format(number, current.total))
        taken = words.time(time.monotonic() - current.began)
        if current.expected:
            taken = tr("{} of about {}").format(taken, words.time(current.expected))
        parts.append(taken)
        if waiting:
            parts.append(tr("{} waiting").format(waiting))
        return " · ".join(parts)

    def _idle(self, waiting: int) -> str:
        runs = self._runs
        if waiting and runs.jobs.now.paused:
            return tr("The queue is paused, {} waiting").format(waiting)
        if runs.worker.state == "starting":
            parts = [tr("The engine is starting…")]
            return " · ".join([*parts, tr("{} waiting").format(waiting)] if waiting else parts)
        if runs.worker.is_stuck:
            return tr("The engine does not start. Run restarts it.")
        if waiting:
            return tr("{} waiting").format(waiting)
        return self._planned() if runs.worker.state == "ready" else ""

    def _planned(self) -> str:
        """`Ready · 3 nodes to run · about 12 s`."""
        planned = self._runs.planned
        parts = [tr("Ready")]
        if planned.nodes:
            parts.append(words.count(planned.nodes, tr("{} node to run"), tr("{} nodes to run")))
            if planned.seconds:
                parts.append(tr("about {}").format(words.time(planned.seconds)))
        return " · ".join(parts)
