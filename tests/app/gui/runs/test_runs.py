"""Running a document: through the queue, and told by statuses."""

from __future__ import annotations

import os
import signal

import pytest
from PySide6.QtGui import QColor

from app.gui.document import Document
from app.gui.runs.jobs import Jobs
from app.gui.runs.runs import Runs
from app.gui.status import Statuses
from app.gui.worker.client import Worker
from engine.graph.queue import Queue
from engine.graph.workflow import to_json

WAIT = 60_000


def test_a_run_is_followed_to_its_end(chain, statuses, runs, ran, states):
    chain(steps=4)
    seen = []
    statuses.changed.connect(lambda names: seen.append(statuses["slow"]))
    ran()
    assert states("number", "slow", "add") == ["done"] * 3
    assert statuses["slow"].seconds >= 0.08
    assert {"running", "done"} <= {status.state for status in seen}
    assert max(status.step for status in seen) == 4
    assert runs.current is None


def test_what_was_asked_for_waits_at_once(document, chain, runs, states, qtbot):
    chain(steps=1)
    document.wait_checked()
    qtbot.waitUntil(lambda: states("add") == ["needed"], timeout=WAIT)
    with qtbot.waitSignal(runs.ended, timeout=WAIT):
        runs.run()
        assert states("number", "slow", "add") == ["waiting"] * 3


def test_the_plan_says_what_would_run(document, chain, statuses, runs, ran, states, qtbot):
    number = chain(steps=1)
    qtbot.waitUntil(lambda: states("slow", "add") == ["needed"] * 2, timeout=WAIT)
    assert "not run before" in statuses["slow"].why
    ran()
    qtbot.waitUntil(lambda: states("slow") == ["done"], timeout=WAIT)
    document.change(lambda graph: graph.set_param("add", "b", 5))
    qtbot.waitUntil(lambda: states("slow", "add") == ["done", "needed"], timeout=WAIT)
    assert "b" in statuses["add"].why
    assert statuses["add"].expected is not None
    document.change(lambda graph: graph.set_param("number", "value", -number))
    qtbot.waitUntil(lambda: states("number", "slow") == ["needed"] * 2, timeout=WAIT)


def test_what_is_kept_is_cached_for_another_document(
    stub_registry, stub_worker, document, chain, ran, qtbot
):
    chain(steps=1)
    ran()
    statuses = Statuses()
    other = Document(stub_registry)
    runs = Runs(other, statuses, stub_worker)
    other.restore(to_json(document.root), None)
    qtbot.waitUntil(lambda: statuses["add"].state == "cached", timeout=WAIT)
    runs.close()


def test_a_run_to_a_node_leaves_what_is_below(chain, runs, ran, states):
    chain(steps=1)
    ran("slow")
    assert states("number", "slow") == ["done"] * 2 and states("add") != ["done"]


def test_a_failed_branch_leaves_the_rest(document, statuses, ran, states, chain):
    chain(steps=1)
    with document.edit("Fail") as graph:
        graph.add("stub.fail", "bad", inputs={"value": "number.int"})
        graph.add("stub.add", "below", inputs={"a": "bad.int"})
    ran(state="failed")
    assert states("bad", "below", "add") == ["failed", "blocked", "done"]
    assert "It broke." in statuses["bad"].error


def test_a_branch_with_a_problem_leaves_the_rest(
    document, statuses, runs, ran, states, chain, qtbot
):
    chain(steps=1)
    with document.edit("Add") as graph:
        graph.add("stub.add", "lonely")  # what it adds to is missing
        graph.add("stub.add", "below", inputs={"a": "lonely.int"})
        graph.set_outputs(["add", "below"])
    said = []
    runs.said.connect(said.append)
    ran(state="failed")
    assert states("slow", "add", "lonely", "below") == ["done", "done", "failed", "blocked"]
    assert "lonely.a" in statuses["lonely"].error and statuses["below"].why == "lonely"
    assert len(said) == 1 and "lonely.a" in said[0]
    planned = runs.planned
    qtbot.waitUntil(lambda: runs.planned != planned or planned.nodes == 0, timeout=WAIT)
    assert states("add", "lonely", "below") == ["done", "failed", "blocked"]


def test_what_nothing_can_be_made_of_is_refused(document, states, ran, qtbot):
    with document.edit("Add") as graph:
        graph.add("stub.add", "lonely")
    ran(state="failed")
    qtbot.waitUntil(lambda: states("lonely") == [""], timeout=WAIT)


def test_several_runs_with_seeds_of_their_own_are_followed(document, runs, states, statuses, qtbot):
    with document.edit("Build") as graph:
        graph.add("noise.seed", "seed", params={"value": 7})
        graph.add("stub.ignore", "end", inputs={"noise": "seed.noise"})
    seen, ended = [], []
    statuses.changed.connect(lambda names: seen.append(statuses["end"].state))
    runs.ended.connect(lambda run, state: ended.append(state))
    runs.run(count=2)
    qtbot.waitUntil(lambda: ended == ["done", "done"], timeout=WAIT)
    assert {"running", "done"} <= set(seen)


def test_a_failure_stays_until_its_node_is_edited(document, runs, ran, states, chain, qtbot):
    chain(steps=1)
    with document.edit("Fail") as graph:
        graph.add("stub.fail", "bad", inputs={"value": "number.int"})
        graph.add("stub.add", "below", inputs={"a": "bad.int"})
    ran(state="failed")
    plans = []
    runs.following.plan, plan = plans.append, runs.following.plan
    qtbot.waitUntil(lambda: bool(plans), timeout=WAIT)
    plan(plans[0])
    assert states("bad", "below") == ["failed", "blocked"]
    runs.following.plan = plan
    document.change(lambda graph: graph.set_param("bad", "text", "Again."))
    assert states("bad", "below") == ["needed", "needed"]


def test_cancel_stops_within_a_step(chain, runs, states, statuses, qtbot):
    chain(steps=500, seconds=0.05)
    runs.run()
    qtbot.waitUntil(lambda: statuses["slow"].step > 0, timeout=WAIT)
    seen = []
    statuses.changed.connect(lambda names: seen.append(statuses["slow"].state))
    with qtbot.waitSignal(runs.ended, timeout=WAIT) as ended:
        runs.cancel()
    assert ended.args[1] == "cancelled" and "cancelled" in seen
    qtbot.waitUntil(lambda: states("slow", "add") == ["needed"] * 2, timeout=WAIT)
    assert statuses["slow"].step < 500


def test_what_is_edited_while_it_runs_is_needed_again(
    document, chain, runs, states, statuses, qtbot
):
    chain(steps=20, seconds=0.05)
    runs.run()
    qtbot.waitUntil(lambda: statuses["slow"].step > 0, timeout=WAIT)
    with qtbot.waitSignal(runs.ended, timeout=WAIT):
        document.change(lambda graph: graph.set_param("add", "b", 7))
        document.change(lambda graph: graph.place("slow", {"at": [1, 2]}))
        assert states("slow", "add") == ["running", "needed"]
    assert states("slow", "add") == ["done", "needed"]


def test_a_running_node_that_is_edited_shows_no_more_of_it(document, chain, runs, statuses, qtbot):
    chain(steps=20, seconds=0.05)
    runs.run()
    qtbot.waitUntil(lambda: statuses["slow"].step > 0, timeout=WAIT)
    with qtbot.waitSignal(runs.ended, timeout=WAIT):
        document.change(lambda graph: graph.set_param("slow", "steps", 3))
        assert statuses["slow"].state == "needed" and statuses["slow"].step == 0
    assert statuses["slow"].state == "needed"


def test_live_mode_runs_the_newest_edit(document, chain, runs, statuses, states, qtbot):
    chain(steps=100, seconds=0.05)
    ended, totals = [], []
    runs.ended.connect(lambda run, state: ended.append(state))
    statuses.changed.connect(lambda names: totals.append(statuses["slow"].total))
    runs.set_live(True)
    qtbot.waitUntil(lambda: statuses["slow"].step > 0, timeout=WAIT)
    document.change(lambda graph: graph.set_param("slow", "steps", 2))
    qtbot.waitUntil(lambda: states("slow", "add") == ["done"] * 2, timeout=WAIT)
    assert [total for total in totals if total][-1] == 2
    qtbot.waitUntil(lambda: ended == ["cancelled", "done"], timeout=WAIT)
    runs.set_live(False)
    assert not runs.jobs.now.jobs or all(
        job.name != runs.name for job in runs.jobs.now.jobs
    )  # nothing of it went through the queue


def test_pictures_of_nodes_come_by_themselves(document, statuses, ran, qtbot):
    with document.edit("Picture") as graph:
        graph.add("stub.picture", "picture", params={"value": 0.25})
        graph.add("image.save", "save", inputs={"image": "picture.image"})
    ran()
    qtbot.waitUntil(lambda: statuses["save"].picture is not None, timeout=WAIT)
    picture = statuses["picture"].picture
    assert (picture.width(), picture.height()) == (12, 8)
    assert picture.pixelColor(3, 3) == QColor(255, 64, 64)
    assert [os.path.exists(file) for file in statuses["save"].files] == [True, True]


def test_a_node_may_be_locked_and_unlocked(document, chain, statuses, runs, ran, states, qtbot):
    number = chain(steps=1)
    ran()
    runs.lock(["slow"])
    qtbot.waitUntil(lambda: bool(document.root.nodes["slow"].lock), timeout=WAIT)
    document.change(lambda graph: graph.set_param("number", "value", -number))
    qtbot.waitUntil(lambda: "keeps this result" in statuses["slow"].why, timeout=WAIT)
    assert states("slow", "add") == ["done", "done"]
    runs.lock(["slow"])
    assert not document.root.nodes["slow"].lock


def test_an_instance_sums_up_what_is_inside(document, chain, statuses, ran, states):
    from engine.graph.subgraph import collapse

    chain(steps=3)
    with document.edit("Collapse") as graph:
        collapse(graph, ["number", "slow"], "inner", "both")
    ran()
    assert states("both", "both/number", "both/slow", "add") == ["done"] * 4
    assert (statuses["both"].step, statuses["both"].total) == (2, 2)
    assert statuses["both"].seconds >= statuses["both/slow"].seconds
    ran("both/number")


def test_a_sweep_sums_up_its_cells(document, chain, statuses, ran, states):
    from engine.graph.sweep import Axis

    chain(steps=1)
    document.change(lambda graph: graph.set_axis("add.b", Axis((11, 12, 13))))
    ran()
    assert states("slow", "add") == ["done", "done"]
    assert (statuses["add"].step, statuses["add"].total) == (3, 3)


def test_the_memory_of_a_node_is_measured(document, statuses, ran):
    with document.edit("Memory") as graph:
        graph.add("stub.memory", "memory", params={"megabytes": 96})
    ran()
    assert 80 << 20 < statuses["memory"].memory < 300 << 20


def test_jobs_wait_move_pause_and_are_cancelled(chain, runs, stub_worker, qtbot):
    chain(steps=1)
    runs.pause(True)
    qtbot.waitUntil(lambda: runs.jobs.now.paused, timeout=WAIT)
    said = []
    runs.said.connect(said.append)
    before = {job.id for job in runs.jobs.now.jobs}
    runs.run(count=3)
    qtbot.waitUntil(lambda: len(runs.jobs.now.turns()) == 3, timeout=WAIT)
    assert said and "paused" in said[0]
    first, second, third = runs.jobs.now.turns()
    runs.jobs.move(third, 1)
    runs.cancel(f"job {second}")
    qtbot.waitUntil(lambda: runs.jobs.now.turns() == [third, first], timeout=WAIT)
    ended = []
    runs.ended.connect(lambda run, state: ended.append((run, state)))
    runs.pause(False)
    qtbot.waitUntil(lambda: len(ended) == 2, timeout=WAIT)
    assert ended == [(f"job {third}", "done"), (f"job {first}", "done")]
    runs.jobs.clear()
    qtbot.waitUntil(lambda: not before & {job.id for job in runs.jobs.now.jobs}, timeout=WAIT)


@pytest.mark.slow
def test_the_worker_dies_in_mid_run_and_the_job_goes_on(
    document, chain, runs, statuses, states, stub_worker, stub_place, qtbot
):
    chain(steps=1)
    mark = stub_place / "died"
    with document.edit("Die") as graph:
        graph.add("stub.die", "die", params={"mark": str(mark)}, inputs={"value": "add.int"})
    died = []
    stub_worker.died.connect(died.append)
    try:
        with qtbot.waitSignal(runs.ended, timeout=WAIT) as ended:
            runs.run()
            qtbot.waitUntil(lambda: bool(died), timeout=WAIT)
            assert states("add", "die") == ["done", "waiting"]
    finally:
        stub_worker.died.disconnect(died.append)
    assert ended.args[1] == "done" and states("add", "die") == ["cached", "done"]
    assert "memory ran out" in died[0] and "started again" in died[0]


@pytest.mark.slow
def test_a_job_may_be_cancelled_while_the_worker_starts_again(
    chain, runs, states, stub_worker, qtbot
):
    chain(steps=1000, seconds=0.05)
    runs.run()
    qtbot.waitUntil(lambda: states("slow") == ["running"], timeout=WAIT)
    run = runs.current.run
    with qtbot.waitSignal(stub_worker.died, timeout=WAIT):
        os.kill(stub_worker.pid, signal.SIGKILL)
    runs.cancel()

    def is_cancelled() -> bool:
        return any(job.state == "cancelled" for job in runs.jobs.now.jobs if f"job {job.id}" == run)

    qtbot.waitUntil(is_cancelled, timeout=WAIT)


@pytest.mark.slow
def test_a_job_that_kills_the_worker_again_is_given_up(
    document, runs, statuses, stub_worker, qtbot
):
    with document.edit("Die") as graph:
        graph.add("stub.die", "die", params={"mark": ""})
    with Queue(runs.jobs._path) as queue:
        number = max((job.id for job in queue.jobs()), default=0) + 1

    def is_over() -> bool:
        job = runs.jobs.now.job(number)
        return job is not None and job.ended is not None

    runs.run()
    qtbot.waitUntil(is_over, timeout=2 * WAIT)
    assert runs.jobs.now.job(number).state == "cancelled"
    qtbot.waitUntil(lambda: statuses["die"].state == "failed", timeout=WAIT)


@pytest.mark.slow
def test_what_hangs_is_ended_and_what_waits_goes_on(
    document, chain, runs, states, statuses, stub_worker, qtbot
):
    with document.edit("Hang") as graph:
        graph.add("stub.hang", "hang")
    ended = []
    runs.ended.connect(lambda run, state: ended.append(state))
    runs.run()
    qtbot.waitUntil(lambda: states("hang") == ["running"], timeout=WAIT)
    run = runs.current.run
    with document.edit("Replace") as graph:
        graph.remove("hang")
    chain(steps=1)
    runs.run()
    with qtbot.waitSignal(stub_worker.died, timeout=WAIT) as died:
        runs.restart()
    assert died.args == ["The process that runs workflows was ended. It is started again."]
    qtbot.waitUntil(lambda: ended == ["done"], timeout=WAIT)
    assert states("slow", "add") == ["done", "done"]
    (state,) = (job.state for job in runs.jobs.now.jobs if f"job {job.id}" == run)
    assert state == "cancelled"


@pytest.mark.slow
def test_the_queue_outlives_the_editor(stub_registry, stub_place, chain, document, runs, qtbot):
    """A job that ran when the editor closed waits again, and the next editor runs it."""
    runs.close()
    chain(steps=40, seconds=0.05)
    statuses, worker = Statuses(), Worker()
    first = Runs(document, statuses, worker)
    first.run()
    qtbot.waitUntil(lambda: statuses["slow"].step > 0, timeout=WAIT)
    name = first.name
    first.close()
    worker.close(30)
    with Queue(first.jobs._path) as queue:
        (job,) = (job for job in queue.jobs() if job.name == name)
    assert (job.state, job.tries) == ("queued", 0)
    worker = Worker()
    second = Runs(Document(stub_registry), Statuses(), worker)
    ended = []
    second.ended.connect(lambda run, state: ended.append((run, state)))
    worker.start()
    qtbot.waitUntil(lambda: (f"job {job.id}", "done") in ended, timeout=WAIT)
    second.close()
    worker.close(30)


def test_a_queue_that_another_program_works_off_is_taken_up_when_that_ends(
    chain, runs, states, qtbot
):
    chain(steps=1)
    said = []
    runs.said.connect(said.append)
    with Queue(runs.jobs._path) as queue:
        with queue._alone():
            runs.run()
            qtbot.waitUntil(lambda: bool(said), timeout=WAIT)
            assert len(runs.jobs.now.turns()) == 1 and runs.current is None
        with qtbot.waitSignal(runs.ended, timeout=WAIT):
            pass
    assert said == ["Another program is at work on this queue. Jobs that you add are run by it."]
    assert states("slow", "add") == ["done", "done"]


def test_jobs_of_a_queue_that_cannot_be_used_are_told(tmp_path, monkeypatch, qtbot):
    (tmp_path / "queue.db").write_text("this is no database, whatever its name says" * 50)
    monkeypatch.setenv("LOOM_QUEUE", str(tmp_path / "queue.db"))
    jobs = Jobs()
    with qtbot.waitSignal(jobs.failed, timeout=WAIT) as said:
        jobs.refresh()
    assert "can't be used" in said.args[0]
    (tmp_path / "queue.db").unlink()
    with qtbot.waitSignal(jobs.changed, timeout=WAIT):
        jobs.pause()
    assert jobs.now.paused
    jobs.close()


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs signals")
def test_nothing_is_lost_when_the_worker_is_killed_between_runs(
    chain, runs, ran, states, stub_worker, qtbot
):
    chain(steps=1)
    ran()
    with qtbot.waitSignals([stub_worker.died, stub_worker.ready], timeout=WAIT):
        os.kill(stub_worker.pid, signal.SIGKILL)
    assert states("slow") == ["done"]
    ran("slow")
