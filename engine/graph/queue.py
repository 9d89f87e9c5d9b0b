"""A queue of runs that outlives the program: in SQLite, so that a kill at any moment loses nothing.

A job holds its whole workflow with the seeds drawn: what is edited afterwards does not change it,
and a job that is begun again makes the same thing, its finished nodes found among the kept results.
One program at a time works the queue off; others may look, add, move and cancel meanwhile.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from engine.graph import workflow
from engine.graph.database import connect, transaction
from engine.graph.errors import LoomError
from engine.graph.graph import Graph
from engine.graph.jobs import COLUMNS, OVER, Job, Options, Outcome, State, read_job

__all__ = ["OVER", "BusyError", "Execute", "Job", "Options", "Outcome", "Queue", "QueueError"]

FORMAT = 1
TRIES = 5  # after so many ends of the program in the middle of a job, the job is given up
POLL = 0.1  # seconds between looks whether the job that runs was cancelled

_SCHEMA = """
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY AUTOINCREMENT, place REAL NOT NULL, state TEXT NOT NULL,
    name TEXT NOT NULL, workflow TEXT NOT NULL, options TEXT NOT NULL,
    added REAL NOT NULL, started REAL, ended REAL,
    tries INTEGER NOT NULL DEFAULT 0, stop INTEGER NOT NULL DEFAULT 0,
    message TEXT NOT NULL DEFAULT '', files TEXT NOT NULL DEFAULT '[]');
CREATE INDEX jobs_by_place ON jobs (state, place);
CREATE TABLE flags (name TEXT PRIMARY KEY);
"""


class QueueError(LoomError):
    """The queue can't be used, or has no such job."""


class BusyError(QueueError):
    """Another program works the queue off."""


Execute = Callable[[Job, threading.Event], Outcome]
"""Runs a job; stops when the event is set; raises LoomError, or gives a message, on failure."""


class Queue:
    """The jobs in the file `path`, which is made when it is not there.

    Raises QueueError when the file can't be made, or is no queue. Every method may be called from
    any thread and any process.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # A job that was added is there even when the power goes.
            self._database = connect(path, _SCHEMA, FORMAT, synchronous="FULL")
        except (OSError, sqlite3.Error, UnicodeDecodeError) as error:
            raise _unusable(path, error) from error

    def close(self) -> None:
        """Let the file go."""
        with self._lock:
            self._database.close()

    def __enter__(self) -> Queue:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # What is there

    def jobs(self, *states: State) -> tuple[Job, ...]:
        """All jobs, or those in these states: what is over as it ended, then what waits in turn."""
        marks = ",".join("?" * len(states))
        where = f"WHERE state IN ({marks})" if states else ""
        order = "CASE state WHEN 'queued' THEN 2 WHEN 'running' THEN 1 ELSE 0 END, ended, place"
        return self._jobs(f"{where} ORDER BY {order}", states)

    def job(self, number: int) -> Job:
        """One job; QueueError when there is none."""
        found = self._jobs("WHERE id = ?", (number,))
        if not found:
            raise QueueError(
                f"There is no job {number}.", remedy="`loom queue list` shows the jobs."
            )
        return found[0]

    @property
    def paused(self) -> bool:
        """Whether no further job is to be begun."""
        return bool(self._rows("SELECT 1 FROM flags WHERE name = 'paused'"))

    @property
    def at_work(self) -> bool:
        """Whether a program works the queue off now."""
        try:
            with self._alone():
                return False
        except BusyError:
            return True

    # What people do

    def add(self, graph: Graph, options: Options, *, name: str = "") -> int:
        """Put a workflow at the end; the number of its job.

        Draw open seeds first (`resolve.draw_seeds`): a job that is begun again then goes on with
        what it had.
        """
        text = workflow.dumps(graph)
        with self._transaction() as database:
            row = database.execute(
                "INSERT INTO jobs (place, state, name, workflow, options, added) "
                "SELECT COALESCE(MAX(place), 0) + 1, 'queued', ?, ?, ?, ? FROM jobs",
                (name, text, json.dumps(asdict(options)), time.time()),
            ).lastrowid
        assert row is not None
        return row

    def pause(self) -> None:
        """Begin no further job; one that runs is finished."""
        with self._transaction() as database:
            database.execute("INSERT OR IGNORE INTO flags VALUES ('paused')")

    def resume(self) -> None:
        """Begin jobs again."""
        with self._transaction() as database:
            database.execute("DELETE FROM flags WHERE name = 'paused'")

    def move(self, number: int, place: int) -> None:
        """Let a waiting job be the `place`-th of them, counted from 1; beyond the end is last."""
        with self._transaction() as database:
            rows = database.execute("SELECT id FROM jobs WHERE state = 'queued' ORDER BY place")
            order = [row[0] for row in rows]
            if number not in order:
                job = self.job(number)
                raise QueueError(
                    f"Job {number} is {job.state}, so it has no turn.",
                    remedy="Only jobs that are queued can be moved.",
                )
            order.remove(number)
            order.insert(max(place, 1) - 1, number)
            # Every job that is over or running stays before all that wait.
            start = database.execute(
                "SELECT COALESCE(MAX(place), 0) FROM jobs WHERE state <> 'queued'"
            ).fetchone()[0]
            database.executemany(
                "UPDATE jobs SET place = ? WHERE id = ?",
                [(start + turn, job) for turn, job in enumerate(order, 1)],
            )

    def cancel(self, number: int) -> None:
        """Cancel a job: one that waits at once, one that runs within a step; QueueError if over."""
        with self._transaction() as database:
            job = self.job(number)
            if job.state in OVER:
                raise QueueError(f"Job {number} is {job.state} already.")
            database.execute("UPDATE jobs SET stop = 1 WHERE id = ?", (number,))
            database.execute(
                "UPDATE jobs SET state = 'cancelled', ended = ? WHERE id = ? AND state = 'queued'",
                (time.time(), number),
            )

    def clear(self, *, waiting: bool = False) -> int:
        """Forget the jobs that are over, with `waiting` those not begun too; how many they were.

        What they made stays.
        """
        states = (*OVER, "queued") if waiting else OVER
        with self._transaction() as database:
            marks = ",".join("?" * len(states))
            return database.execute(f"DELETE FROM jobs WHERE state IN ({marks})", states).rowcount

    # Working it off

    def run(
        self,
        execute: Execute,
        *,
        begun: Callable[[Job], None] = lambda job: None,
        ended: Callable[[Job], None] = lambda job: None,
    ) -> tuple[Job, ...]:
        """Run the waiting jobs in turn until none is left or the queue is paused; those that ended.

        Jobs that a program left behind when it was killed come first. A job that fails does not
        keep the next from running. An interrupt (KeyboardInterrupt) puts the job back in its place
        and goes on to the caller. Raises QueueError when another program is at work on the queue.
        """
        over: list[Job] = []
        with self._alone():
            self._take_back()
            while not self.paused and (job := self._begin()):
                begun(job)
                self._work(job, execute)
                over.append(self.job(job.id))
                ended(over[-1])
        return tuple(over)

    def _work(self, job: Job, execute: Execute) -> None:
        stop, over = threading.Event(), threading.Event()
        watcher = threading.Thread(target=self._watch, args=(job.id, stop, over), daemon=True)
        watcher.start()
        try:
            outcome = execute(job, stop)
            if outcome.stopped and not self._is_cancelled(job.id):
                raise KeyboardInterrupt
        except LoomError as error:
            outcome = Outcome(str(error))
        except Exception as error:  # a job must not keep those after it from running
            outcome = Outcome(f"{type(error).__name__}: {error}")
        except BaseException:
            # The program is about to end, and it is not the job's fault.
            self._end(job.id, "queued", Outcome(), tries=job.tries - 1)
            raise
        finally:
            over.set()
            watcher.join()
        state: State = "failed" if outcome.message else "done"
        self._end(job.id, "cancelled" if outcome.stopped else state, outcome)

    def _watch(self, number: int, stop: threading.Event, over: threading.Event) -> None:
        """Set `stop` when somebody cancels the job."""
        while not over.wait(POLL):
            with suppress(QueueError):
                if self._is_cancelled(number):
                    stop.set()
                    return

    def _is_cancelled(self, number: int) -> bool:
        return bool(self._rows("SELECT 1 FROM jobs WHERE id = ? AND stop", (number,)))

    def _begin(self) -> Job | None:
        """Take the next job, None when nothing waits."""
        with self._transaction() as database:
            found = self._jobs("WHERE state = 'queued' ORDER BY place LIMIT 1")
            if not found:
                return None
            database.execute(
                "UPDATE jobs SET state = 'running', started = ?, tries = tries + 1 WHERE id = ?",
                (time.time(), found[0].id),
            )
        return self.job(found[0].id)

    def _end(self, number: int, state: State, outcome: Outcome, tries: int | None = None) -> None:
        with self._transaction() as database:
            database.execute(
                "UPDATE jobs SET state = ?, ended = ?, message = ?, files = ?, "
                "tries = COALESCE(?, tries) WHERE id = ?",
                (
                    state,
                    time.time() if state in OVER else None,
                    outcome.message,
                    json.dumps(outcome.files),
                    tries,
                    number,
                ),
            )

    def _take_back(self) -> None:
        """Let jobs wait again that were running when their program ended, but not for ever."""
        with self._transaction() as database:
            database.execute(
                "UPDATE jobs SET state = 'cancelled', ended = ? WHERE state = 'running' AND stop",
                (time.time(),),
            )
            database.execute(
                "UPDATE jobs SET state = 'failed', ended = ?, message = ? "
                "WHERE state = 'running' AND tries >= ?",
                (time.time(), f"The program ended {TRIES} times in the middle of it.", TRIES),
            )
            database.execute("UPDATE jobs SET state = 'queued' WHERE state = 'running'")

    @contextmanager
    def _alone(self) -> Generator[None]:
        """Be the only program that works the queue off.

        The lock is an open transaction on a file beside the queue: the system takes it back however
        the program ends, so none is ever left behind.
        """
        lock = sqlite3.connect(
            self.path.with_name(self.path.name + ".lock"),
            timeout=0,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            try:
                lock.execute("BEGIN EXCLUSIVE")
            except sqlite3.Error as error:
                if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
                    raise _unusable(self.path, error) from error
                raise BusyError(
                    "Another program is at work on this queue.",
                    remedy="Jobs that you add are run by it.",
                ) from None
            yield
        finally:
            lock.close()

    # The database

    def _jobs(self, rest: str, values: Sequence[Any] = ()) -> tuple[Job, ...]:
        rows = self._rows(f"SELECT {COLUMNS} FROM jobs {rest}", values)
        try:
            return tuple(map(read_job, rows))
        except (KeyError, TypeError, ValueError):
            raise _unusable(self.path, "what it says of a job makes no sense") from None

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self._lock, _told(self.path):
            return self._database.execute(query, values).fetchall()

    @contextmanager
    def _transaction(self) -> Generator[sqlite3.Connection]:
        with self._lock, _told(self.path), transaction(self._database):
            yield self._database


@contextmanager
def _told(path: Path) -> Generator[None]:
    try:
        yield
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, why: object) -> QueueError:
    if isinstance(why, UnicodeDecodeError):  # SQLite's message names a damaged name
        why = "it is damaged"
    return QueueError(
        f"The queue {path} can't be used: {why}.",
        remedy="Choose another file, or move this one away.",
    )
