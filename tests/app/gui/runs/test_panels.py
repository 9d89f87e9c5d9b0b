"""Bar, queue panel and problems panel, over a queue and a document, without any worker."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QObject, Qt, Signal

from app.gui.document import Document
from app.gui.runs.bar import RunBar
from app.gui.runs.problems_panel import ProblemsPanel
from app.gui.runs.queue_model import MIME
from app.gui.runs.queue_panel import QueuePanel
from app.gui.runs.running import Running
from app.gui.runs.runs import Runs
from app.gui.status import Statuses
from app.gui.worker.answers import Answer
from app.session import open_registry
from engine.graph.queue import Options, Outcome, Queue

WAIT = 10_000


class SilentWorker(QObject):
    """A worker that never answers."""

    ready = Signal()
    event = Signal(object)
    preview = Signal(str, str, object)
    died = Signal(str)
    state_changed = Signal(str)
    state = "starting"
    is_stuck = False

    def __init__(self):
        super().__init__()
        self.asked = []

    def ask(self, command, **arguments):
        self.asked.append(command)
        return Answer()


@pytest.fixture
def queue(tmp_path, monkeypatch):
    monkeypatch.setenv("LOOM_QUEUE", str(tmp_path / "queue.db"))
    monkeypatch.setenv("LOOM_THUMBNAILS", str(tmp_path / "thumbnails"))
    with Queue(tmp_path / "queue.db") as found:
        yield found


@pytest.fixture
def document(qapp):
    return Document(open_registry())


@pytest.fixture
def statuses():
    return Statuses()


@pytest.fixture
def runs(document, statuses, queue):
    made = Runs(document, statuses, SilentWorker())
    yield made
    made.close()


def add(queue, document, *names):
    return [queue.add(document.root, Options("out"), name=name) for name in names]


def rows(panel):
    return [job.id for job in panel.model.jobs]


@pytest.fixture
def panel(runs, qtbot):
    made = QueuePanel(runs)
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    made.activateWindow()  # keys reach the window that is active
    qtbot.waitUntil(made.isActiveWindow)
    return made


def test_jobs_are_listed_and_marked_ones_keep_their_mark(panel, runs, queue, document, qtbot):
    first, second, third = add(queue, document, "/x/a.json", "/x/b.json", "untitled-12")
    runs.jobs.refresh()
    qtbot.waitUntil(lambda: rows(panel) == [first, second, third], timeout=WAIT)
    panel.select(second)
    assert [job.id for job in panel.selected()] == [second]
    made = Path("made.png")
    queue.pause()
    queue.resume()
    queue.run(lambda job, stop: Outcome("", (str(made),)) if job.id == first else Outcome("No."))
    runs.jobs.refresh()
    qtbot.waitUntil(lambda: rows(panel) == [third, second, first], timeout=WAIT)
    assert [job.id for job in panel.selected()] == [second]
    texts = [panel.model.index(row).data(Qt.ItemDataRole.DisplayRole) for row in range(3)]
    assert texts == ["Untitled, failed, No.", "b, failed, No.", "a, done"]
    assert panel.clear.isEnabled() and not panel.cancel.isEnabled()
    panel.clear.click()
    qtbot.waitUntil(lambda: rows(panel) == [], timeout=WAIT)


def test_jobs_are_moved_by_buttons_keys_and_drag(panel, runs, queue, document, qtbot):
    first, second, third = add(queue, document, *"abc")
    runs.jobs.refresh()
    qtbot.waitUntil(lambda: len(rows(panel)) == 3, timeout=WAIT)
    panel.select(third)
    assert panel.up.isEnabled() and not panel.down.isEnabled()
    panel.up.click()
    qtbot.waitUntil(lambda: rows(panel) == [first, third, second], timeout=WAIT)
    panel.view.setFocus()
    qtbot.keyClick(panel.view, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: rows(panel) == [third, first, second], timeout=WAIT)
    data = QMimeData()
    data.setData(MIME, str(third).encode())
    panel.model.dropMimeData(data, Qt.DropAction.MoveAction, 3, 0, panel.model.index(-1))
    qtbot.waitUntil(lambda: rows(panel) == [first, second, third], timeout=WAIT)
    panel.select(first, second)
    panel.cancel.click()
    qtbot.waitUntil(lambda: queue.job(first).state == "cancelled", timeout=WAIT)
    qtbot.waitUntil(lambda: runs.jobs.now.turns() == [third], timeout=WAIT)


def test_the_queue_is_paused_and_goes_on(panel, runs, queue, document, qtbot):
    add(queue, document, "a")
    panel.pause.click()
    qtbot.waitUntil(lambda: queue.paused and "paused" in panel.summary.text(), timeout=WAIT)
    assert panel.pause.accessibleName() == "Go on"
    panel.pause.click()
    qtbot.waitUntil(lambda: not queue.paused, timeout=WAIT)


def test_a_job_is_run_again_and_its_workflow_opened(panel, runs, queue, document, qtbot):
    with document.edit("x") as graph:
        graph.add("noise.seed", "seed", params={"value": 3})
    (number,) = add(queue, document, "a")
    runs.jobs.refresh()
    qtbot.waitUntil(lambda: rows(panel) == [number], timeout=WAIT)
    panel.select(number)
    with qtbot.waitSignal(panel.open_asked) as asked:
        panel.open.click()
    assert asked.args[0]["nodes"]["seed"]["params"] == {"value": 3}
    panel.again.click()
    qtbot.waitUntil(lambda: len(rows(panel)) == 2, timeout=WAIT)
    assert queue.jobs()[1].workflow == queue.jobs()[0].workflow


def test_every_control_has_a_name_and_a_tip(panel, runs, statuses, document, qtbot):
    from PySide6.QtWidgets import QListView, QToolButton

    bar, problems = RunBar(runs, statuses), ProblemsPanel(document, statuses)
    for widget in (bar, problems):
        qtbot.addWidget(widget)
    for owner in (panel, bar, problems):
        for kind in (QToolButton, QListView):
            for control in owner.findChildren(kind):
                assert control.accessibleName()
                assert control.toolTip() or kind is QListView


def test_the_bar_says_what_runs_and_how_far(runs, statuses, qtbot):
    bar = RunBar(runs, statuses)
    qtbot.addWidget(bar)
    bar.show()
    assert bar.text.text() == "The engine is starting…" and not bar.cancel.isVisible()
    began = time.monotonic()
    running = Running("job 1", "x", began, 2, 4, "denoise", 5, 10, 60.0)
    runs._running["job 1"] = running
    runs.changed.emit()
    said = bar.text.text()
    assert said.startswith("denoise · step 5 of 10 · node 3 of 4 · ")
    assert said.endswith("s of about 1 min 00 s")
    assert bar.strip.share == 0.625 and bar.cancel.isVisible()
    runs._running.clear()
    runs.worker.state = "ready"
    runs.changed.emit()
    assert bar.text.text() == "Ready" and not bar.strip.isVisible()
    steps = [{"node": name, "state": "run", "why": "", "key": "", "seconds": 2.0} for name in "ab"]
    runs.following.plan(steps)
    runs.changed.emit()
    assert bar.text.text() == "Ready · 2 nodes to run · about 4.0 s"
    runs.following.plan([{**steps[0], "seconds": None}])
    runs.changed.emit()
    assert bar.text.text() == "Ready · 1 node to run"


def test_problems_of_the_check_and_failures_are_listed(document, statuses, qtbot):
    panel = ProblemsPanel(document, statuses)
    qtbot.addWidget(panel)
    panel.resize(300, 200)
    panel.show()
    counted = []
    panel.counted.connect(counted.append)
    with document.edit("x") as graph:
        graph.add("vae.decode", "decode")
    document.wait_checked()
    assert [row.where for row in panel.rows] == ["decode.vae", "decode.latents"]
    same = "\n".join(str(row) for row in panel.rows)
    statuses.update("decode", state="failed", error=same)  # a run was refused for it
    assert [row.where for row in panel.rows] == ["decode.vae", "decode.latents"]
    statuses.update("decode", state="", error="")
    statuses.update("fix", state="failed", error="fix/denoise.steps: 0 is too small.")
    statuses.update("fix/denoise", state="failed", error="fix/denoise.steps: 0 is too small.")
    assert len(panel.rows) == 3
    failure = panel.rows[-1]
    assert (failure.node, failure.where, failure.failed) == (
        *("fix/denoise", "fix/denoise.steps"),
        True,
    )
    panel.view.setCurrentIndex(panel.model.index(2))
    with qtbot.waitSignal(panel.selected) as asked:
        qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    assert asked.args == ["fix/denoise"]
    statuses.update("fix", state="needed")
    statuses.update("fix/denoise", state="needed")
    document.undo()
    document.wait_checked()
    assert panel.rows == [] and counted[-1] == 0


def test_what_waits_for_the_engine_is_told_and_can_be_cancelled(runs, statuses, document, qtbot):
    bar = RunBar(runs, statuses)
    qtbot.addWidget(bar)
    assert not runs.is_busy
    with document.edit("Add") as graph:
        graph.add("noise.seed", "seed")
    runs.run()
    assert statuses["seed"].state == "waiting"  # at once, though nothing is planned yet
    qtbot.waitUntil(lambda: runs.is_busy, timeout=WAIT)
    assert bar.text.text() == "The engine is starting… · 1 waiting"
    runs.cancel()
    qtbot.waitUntil(lambda: not runs.is_busy, timeout=WAIT)


def test_an_engine_that_does_not_start_is_told_for_good(runs, statuses, qtbot):
    bar = RunBar(runs, statuses)
    qtbot.addWidget(bar)
    runs.worker.state, runs.worker.is_stuck = "off", True
    runs.worker.state_changed.emit("off")
    assert "does not start" in bar.text.text()


def test_what_the_engine_has_to_say_is_said(runs, qtbot):
    with qtbot.waitSignal(runs.said) as said:
        runs.worker.event.emit({"event": "told", "node": "", "run": "", "text": "Measuring."})
    assert said.args == ["Measuring."]


def test_what_goes_on_from_before_is_said(document, statuses, queue, qtbot):
    add(queue, document, "one", "two")
    runs = Runs(document, statuses, SilentWorker())
    with qtbot.waitSignal(runs.said) as said:
        pass
    assert said.args == ["2 jobs from before go on."]
    runs.close()


def test_a_cancel_that_takes_its_time_is_told(runs, statuses, qtbot, monkeypatch):
    bar = RunBar(runs, statuses)
    qtbot.addWidget(bar)
    runs.worker.event.emit({"event": "taken", "node": "", "run": "job 1", "name": "x"})
    runs.worker.state = "ready"
    runs.cancel()
    assert runs.worker.asked[-1] == "cancel" and bar.text.text() == "Cancelling…"
    monkeypatch.setattr("app.gui.runs.bar.PATIENCE", 0.0)
    bar._show()
    assert "Restart the engine" in bar.text.text()
    ended = {"event": "ended", "node": "", "run": "job 1", "message": "", "files": []}
    runs.worker.event.emit({**ended, "state": "cancelled"})
    assert "Cancelling" not in bar.text.text()
