import random
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from engine.graph import queue as module
from engine.graph.errors import LoomError
from engine.graph.queue import Job, Options, Outcome, Queue, QueueError
from tests.engine.graph import stubs

OPTIONS = Options("out", ("models",), ("here", "there"))


@pytest.fixture
def queue(tmp_path: Path) -> Iterator[Queue]:
    with Queue(tmp_path / "deep" / "queue.db") as found:
        yield found


def fill(queue: Queue, count: int) -> list[int]:
    return [queue.add(stubs.chain(2, n), OPTIONS, name=f"job {n}") for n in range(count)]


def waiting(queue: Queue) -> list[str]:
    return [job.name for job in queue.jobs("queued")]


def fine(job: Job, stop: threading.Event) -> Outcome:
    return Outcome(files=(f"{job.name}.png",))


def test_a_job_holds_the_whole_workflow(queue: Queue):
    (number,) = fill(queue, 1)
    job = queue.job(number)
    assert job.graph() == stubs.chain(2, 0)
    assert (job.state, job.options, job.tries) == ("queued", OPTIONS, 0)
    assert job.added > 0 and job.started is None


def test_it_is_known_whether_a_program_is_at_work(queue: Queue):
    fill(queue, 1)
    assert not queue.at_work
    seen: list[bool] = []
    queue.run(fine, begun=lambda job: seen.append(queue.at_work))
    assert seen == [True]
    assert not queue.at_work


def test_jobs_run_in_turn_and_are_there_when_it_is_opened_again(queue: Queue):
    fill(queue, 3)
    seen: list[str] = []
    done = queue.run(fine, begun=lambda job: seen.append(f"{job.state} {job.name}"))
    assert seen == ["running job 0", "running job 1", "running job 2"]
    with Queue(queue.path) as again:
        assert again.jobs() == done
    assert [(job.state, job.files) for job in done] == [
        ("done", (f"job {n}.png",)) for n in range(3)
    ]
    assert queue.run(fine) == ()


def test_a_job_that_fails_does_not_keep_the_next_from_running(queue: Queue):
    fill(queue, 4)

    def execute(job: Job, stop: threading.Event) -> Outcome:
        if job.name == "job 0":
            raise LoomError("It broke.", node="n0")
        if job.name == "job 2":
            raise ZeroDivisionError("division by zero")
        return Outcome("said so" if job.name == "job 1" else "")

    done = queue.run(execute)
    assert [(job.state, job.message) for job in done] == [
        ("failed", "n0: It broke."),
        ("failed", "said so"),
        ("failed", "ZeroDivisionError: division by zero"),
        ("done", ""),
    ]


def test_moving(queue: Queue):
    numbers = fill(queue, 4)
    queue.move(numbers[3], 1)
    assert waiting(queue) == ["job 3", "job 0", "job 1", "job 2"]
    queue.move(numbers[3], 99)
    assert waiting(queue) == ["job 0", "job 1", "job 2", "job 3"]
    queue.move(numbers[0], 2)
    assert waiting(queue) == ["job 1", "job 0", "job 2", "job 3"]
    queue.move(numbers[1], -5)
    fill(queue, 1)
    assert waiting(queue) == ["job 1", "job 0", "job 2", "job 3", "job 0"]


def test_only_what_waits_has_a_turn(queue: Queue):
    (number,) = fill(queue, 1)
    queue.run(fine)
    with pytest.raises(QueueError, match=f"Job {number} is done"):
        queue.move(number, 1)
    with pytest.raises(QueueError, match="no job 99"):
        queue.move(99, 1)


def test_cancelling_what_waits(queue: Queue):
    numbers = fill(queue, 2)
    queue.cancel(numbers[0])
    assert [job.name for job in queue.run(fine)] == ["job 1"]
    assert queue.job(numbers[0]).state == "cancelled"
    with pytest.raises(QueueError, match="cancelled already"):
        queue.cancel(numbers[0])


def test_cancelling_what_runs_from_another_program(queue: Queue, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "POLL", 0.01)
    numbers = fill(queue, 2)

    def execute(job: Job, stop: threading.Event) -> Outcome:
        if job.id == numbers[0]:
            with Queue(queue.path) as other:
                other.cancel(job.id)
            assert stop.wait(10)
        return Outcome(stopped=stop.is_set())

    assert [job.state for job in queue.run(execute)] == ["cancelled", "done"]


def test_pausing_lets_the_running_job_finish(queue: Queue):
    fill(queue, 2)

    def execute(job: Job, stop: threading.Event) -> Outcome:
        queue.pause()
        return Outcome()

    assert len(queue.run(execute)) == 1
    assert queue.paused and queue.run(fine) == ()
    queue.resume()
    assert not queue.paused and len(queue.run(fine)) == 1


def test_jobs_added_while_it_runs_are_run(queue: Queue):
    fill(queue, 1)

    def execute(job: Job, stop: threading.Event) -> Outcome:
        if job.id < 4:
            fill(queue, 1)
        return Outcome()

    assert len(queue.run(execute)) == 4


@pytest.mark.parametrize("caught", [False, True])
def test_an_interrupt_puts_the_job_back_in_its_place(queue: Queue, caught: bool):
    fill(queue, 2)

    def execute(job: Job, stop: threading.Event) -> Outcome:
        if not caught:
            raise KeyboardInterrupt
        stop.set()
        return Outcome(stopped=True)

    for _ in range(module.TRIES + 1):
        with pytest.raises(KeyboardInterrupt):
            queue.run(execute)
    assert waiting(queue) == ["job 0", "job 1"]
    assert queue.jobs()[0].tries == 0


def test_one_program_at_a_time(queue: Queue):
    fill(queue, 1)

    def execute(job: Job, stop: threading.Event) -> Outcome:
        with Queue(queue.path) as other, pytest.raises(QueueError, match="Another program"):
            other.run(fine)
        return Outcome()

    assert queue.run(execute)[0].state == "done"
    with Queue(queue.path) as other:
        assert other.run(fine) == ()


def abandon(queue: Queue) -> None:
    """What a kill leaves behind: a job that runs nowhere."""
    assert queue._begin()


def test_what_a_kill_left_behind_comes_first(queue: Queue):
    fill(queue, 2)
    abandon(queue)
    assert [job.name for job in queue.run(fine)] == ["job 0", "job 1"]
    assert queue.jobs()[0].tries == 2


def test_a_job_that_ends_the_program_each_time_is_given_up(queue: Queue):
    (number,) = fill(queue, 1)
    for _ in range(module.TRIES):
        queue._take_back()
        abandon(queue)
    assert queue.run(fine) == ()
    job = queue.job(number)
    assert job.state == "failed" and "in the middle of it" in job.message


def test_a_cancelled_job_is_not_begun_again_after_a_kill(queue: Queue):
    (number,) = fill(queue, 1)
    abandon(queue)
    queue.cancel(number)
    assert queue.job(number).state == "running"
    assert queue.run(fine) == ()
    assert queue.job(number).state == "cancelled"


def test_clearing(queue: Queue):
    numbers = fill(queue, 3)
    queue.cancel(numbers[0])
    assert queue.clear() == 1
    assert queue.clear(waiting=True) == 2
    assert queue.jobs() == ()
    assert fill(queue, 1) == [numbers[2] + 1]  # a number never stands for another job


def test_many_add_at_once(queue: Queue):
    def work() -> None:
        with Queue(queue.path) as mine:
            fill(mine, 10)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({job.id for job in queue.jobs("queued")}) == 40


def test_a_file_that_is_no_queue(tmp_path: Path):
    (tmp_path / "queue.db").write_text("not a database " * 100)
    with pytest.raises(QueueError, match="can't be used"):
        Queue(tmp_path / "queue.db")
    (tmp_path / "file").write_text("")
    with pytest.raises(QueueError, match="can't be used"):
        Queue(tmp_path / "file" / "queue.db")


def test_a_queue_of_a_newer_program_is_left_alone(queue: Queue):
    queue.close()
    database = sqlite3.connect(queue.path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(QueueError, match="format 99"):
        Queue(queue.path)


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_file_is_told_whatever_turned(queue: Queue, seed: int):
    fill(queue, 6)
    queue.close()
    data = bytearray(queue.path.read_bytes())
    picker = random.Random(seed)
    for _ in range(25):
        data[picker.randrange(len(data))] = picker.randrange(256)
    queue.path.write_bytes(data)
    with suppress(QueueError), Queue(queue.path) as damaged:
        assert damaged.paused in (True, False)
        for job in damaged.jobs("queued"):
            damaged.move(job.id, 1)
        fill(damaged, 1)
        damaged.run(lambda job, stop: Outcome())
        damaged.clear()


def test_a_lock_that_is_none_is_not_taken_for_another_program(queue: Queue):
    queue.path.with_name(f"{queue.path.name}.lock").write_text("not a database " * 100)
    with pytest.raises(QueueError, match="file is not a database"):
        queue.run(lambda job, stop: Outcome())
