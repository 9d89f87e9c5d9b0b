"""A job of the queue: a workflow, how it is to be run, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, cast

from engine.graph import workflow
from engine.graph.graph import Graph

State = Literal["queued", "running", "done", "failed", "cancelled"]
OVER: tuple[State, ...] = ("done", "failed", "cancelled")

# Of the table of jobs, in the order of `Job`'s fields.
COLUMNS = "id, state, name, workflow, options, added, started, ended, tries, message, files"


@dataclass(frozen=True)
class Options:
    """How a job is to be run: the folders it may use, and whether all of it is run anew."""

    output_folder: str
    model_folders: tuple[str, ...] = ()
    input_folders: tuple[str, ...] = ()
    fresh: bool = False


@dataclass(frozen=True)
class Job:
    """One run in the queue. Times are seconds since 1970, None for what has not happened.

    `name` is whose last run it is compared with, most often the file it came from. `message` says
    why it failed; `files` are what it wrote.
    """

    id: int
    state: State
    name: str
    workflow: str = field(repr=False)
    options: Options = field(repr=False)
    added: float = 0.0
    started: float | None = None
    ended: float | None = None
    tries: int = 0
    message: str = ""
    files: tuple[str, ...] = ()

    def graph(self) -> Graph:
        """The workflow, as it was when the job was added."""
        return workflow.loads(self.workflow, name=f"job {self.id}")

    def as_data(self) -> dict[str, Any]:
        """The job as JSON data, without its workflow."""
        data = asdict(self)
        del data["workflow"]
        return data


@dataclass(frozen=True)
class Outcome:
    """What came of a job: "" for all well or why it failed, and the files it wrote.

    `stopped`: it was left off before its end, because it was cancelled or somebody interrupted it.
    """

    message: str = ""
    files: tuple[str, ...] = ()
    stopped: bool = False


def read_job(row: Iterable[Any]) -> Job:
    """The job in a row of COLUMNS; KeyError, TypeError or ValueError where that makes no sense."""
    number, state, name, text, options, added, started, ended, tries, message, files = row
    given = cast(Mapping[str, Any], json.loads(options))
    folders = Options(
        given["output_folder"],
        tuple(given["model_folders"]),
        tuple(given["input_folders"]),
        given["fresh"],
    )
    written = tuple(json.loads(files))
    return Job(number, state, name, text, folders, added, started, ended, tries, message, written)
