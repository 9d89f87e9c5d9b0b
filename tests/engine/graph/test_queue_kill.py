"""A program that works a queue off is killed at random moments: queue and cache come back whole."""

import os
import random
import signal
import sqlite3
import sys
import threading
import time
import traceback
from pathlib import Path

import pytest

from engine.graph import queue as module
from engine.graph.cache import Cache
from engine.graph.context import Settings
from engine.graph.executor import Executor
from engine.graph.graph import Graph
from engine.graph.queue import Job, Options, Outcome, Queue
from tests.engine.graph import stubs

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL"),
]

KILLS = 50
LENGTH = 12
MOMENTS = (0, 1, 1, 2, 5, 15, 30, 60)  # after how many events of its runs the program is killed


def graph_of(number: int) -> Graph:
    graph = stubs.chain(LENGTH, 1000 * number)
    last = f"n{LENGTH - 1}.int"
    graph.add("save.text", "save", params={"name": f"job{number}"}, inputs={"value": last})
    graph.set_outputs(["save"])
    return graph


def answer(number: int) -> int:
    return 1000 * number + sum(range(1, LENGTH))


def work(folder: Path, tell: int) -> None:
    """Work the queue off; a byte into the pipe `tell` for each event, a line for each job begun."""
    cache = Cache(folder / "cache", disk=200_000)

    def execute(job: Job, stop: threading.Event) -> Outcome:
        executor = Executor(
            stubs.registry(), Settings(Path(job.options.output_folder)), cache=cache
        )
        result = executor.run(job.graph(), cancel=stop, emit=lambda event: os.write(tell, b"."))
        return Outcome("", tuple(map(str, result.files)), result.cancelled)

    def begun(job: Job) -> None:
        with (folder / "log").open("a") as log:
            log.write(f"{job.id}\n")

    os.write(tell, b".")
    Queue(folder / "queue.db").run(execute, begun=begun)
    cache.close()


def killed(folder: Path, moment: int | None, pause: float = 0.0) -> None:
    """Work in a process of its own, killed after so many events; None lets it come to its end."""
    hear, tell = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(hear)
            work(folder, tell)
        except BaseException:
            (folder / "error").write_text(traceback.format_exc())
        finally:
            os._exit(0)
    os.close(tell)
    heard = 0
    while (moment is None or heard < moment) and os.read(hear, 1):
        heard += 1
    if moment is not None:
        time.sleep(pause)
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(hear)
    assert not (folder / "error").exists(), (folder / "error").read_text()


def inspect(folder: Path, count: int) -> set[int]:
    """Everything that was added is there and what is done is right; the jobs that are done."""
    for file in (folder / "queue.db", *(folder / "cache").glob("*.sqlite")):
        database = sqlite3.connect(file)
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.close()
    with Queue(folder / "queue.db") as queue:
        jobs = {job.id: job for job in queue.jobs()}
    assert sorted(jobs) == list(range(1, count + 1))
    assert {job.state for job in jobs.values()} <= {"queued", "running", "done"}
    done = {number for number, job in jobs.items() if job.state == "done"}
    for number in done:
        (file,) = jobs[number].files
        assert Path(file).read_text() == str(answer(number))
    assert jobs[count].graph() == graph_of(count)
    return done


def test_fifty_kills_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "TRIES", 1_000_000)
    chance = random.Random(3)
    options = Options(str(tmp_path / "out"))
    count = 0
    done: set[int] = set()
    for _ in range(KILLS):
        with Queue(tmp_path / "queue.db") as queue:
            for _ in range(2):
                count += 1
                assert queue.add(graph_of(count), options) == count
        killed(tmp_path, chance.choice(MOMENTS), chance.random() * 0.005)
        before, done = done, inspect(tmp_path, count)
        assert before <= done
    assert 0 < len(done) < count
    killed(tmp_path, None)
    assert inspect(tmp_path, count) == set(range(1, count + 1))
    # What was done is not begun again, and each job was begun in its turn.
    log = [int(line) for line in (tmp_path / "log").read_text().split()]
    assert log == sorted(log)
    # Nothing in the cache is wrong, and what is there is found.
    cache = Cache(tmp_path / "cache")
    executor = Executor(stubs.registry(), Settings(tmp_path / "out"), cache=cache)
    assert executor.run(graph_of(count)).ran == ()
    for number in (1, count // 2, count):
        result = executor.run(graph_of(number), [f"n{LENGTH - 1}"])
        assert result.value(f"n{LENGTH - 1}.int") == answer(number)
    cache.close()
