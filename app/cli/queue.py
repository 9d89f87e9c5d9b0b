"""`loom queue`: runs that wait their turn, and are still there after a crash."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import click

from app.cli.options import (
    FILE,
    JSON,
    MODELS,
    OUT,
    SEED,
    SET,
    add_sweeps,
    open_job,
    open_nodes,
    sweep_options,
)
from app.cli.progress import display
from app.cli.report import NODE_FAILED, count, say_error, say_json, say_table
from app.running import open_cache, open_executor
from app.session import QUEUE_VARIABLE, queue_file
from engine.diffusion.weights import hub
from engine.graph.cache import Cache
from engine.graph.check import check
from engine.graph.context import Settings
from engine.graph.errors import LoomError
from engine.graph.queue import Execute, Job, Options, Outcome, Queue
from engine.graph.registry import Registry
from engine.graph.resolve import DRAWN, draw_seeds

NUMBER = click.argument("number", type=click.IntRange(1), metavar="JOB")


@click.group()
def queue() -> None:
    """Enqueue runs, and work them off one after another.

    The queue outlives the program: jobs that a crash interrupted go on where they were, and what
    they had finished is not made again.
    """


@queue.command()
@FILE
@SET
@OUT
@MODELS
@SEED
@sweep_options
@click.option("--count", "number", type=click.IntRange(1, 10_000), default=1, help="So many runs.")
@click.option("--fresh", is_flag=True, help="Run every node again, whatever is kept from before.")
@JSON
def add(
    file: Path,
    assignments: tuple[str, ...],
    out: Path | None,
    folders: tuple[Path, ...],
    seed: int | None,
    sweeps: tuple[str, ...],
    zipped: bool,
    sheet: bool,
    number: int,
    fresh: bool,
    as_json: bool,
) -> None:
    """Put a run of a workflow FILE at the end of the queue.

    With `--count` each run has seeds of its own: drawn ones, or those that follow `--seed`.
    """
    job = open_job(file, assignments, out, folders)
    add_sweeps(job, sweeps, zipped, sheet)
    check(job.graph, job.registry, job.settings).raise_problems()
    options = _options(job.settings, fresh)
    added: list[int] = []
    with _opened() as jobs:
        for turn in range(number):
            own = None if seed is None else seed + turn
            if own is None and number > 1:
                own = secrets.randbelow(DRAWN)
            graph = draw_seeds(job.graph, job.registry, own)
            added.append(jobs.add(graph, options, name=str(file.absolute())))
    if as_json:
        say_json(added)
    else:
        click.echo(f"Added {'job' if number == 1 else 'jobs'} {_listed(added)}.")


@queue.command("list")
@JSON
def show(as_json: bool) -> None:
    """List what is over, what runs, and what waits, in turn."""
    with _opened() as jobs:
        found, paused, at_work = jobs.jobs(), jobs.paused, jobs.at_work
    if as_json:
        jobs_data = [job.as_data() for job in found]
        say_json({"paused": paused, "at_work": at_work, "jobs": jobs_data})
        return
    say_table([_row(job, at_work) for job in found])
    if not at_work and any(job.state == "running" for job in found):
        click.echo("The program that ran it has ended; `loom queue run` goes on with it.")
    if paused:
        click.echo("The queue is paused; `loom queue resume` lets it go on.")
    elif not found:
        click.echo("The queue is empty.")


@queue.command()
@JSON
@click.pass_context
def run(ctx: click.Context, as_json: bool) -> None:
    """Run the jobs that wait, until none is left or the queue is paused.

    Exit code 1 when a job failed.
    """
    registry = open_nodes()
    cache = open_cache()
    try:
        with _opened() as jobs:
            over = jobs.run(
                _execute(registry, cache),
                begun=lambda job: click.echo(f"job {job.id}: {job.name}", err=True),
                ended=_say_end if not as_json else lambda job: None,
            )
    finally:
        cache.close()
    if as_json:
        say_json([job.as_data() for job in over])
    if any(job.state == "failed" for job in over):
        ctx.exit(NODE_FAILED)


@queue.command()
def pause() -> None:
    """Begin no further job; the one that runs is finished."""
    with _opened() as jobs:
        jobs.pause()
    click.echo("The queue is paused.")


@queue.command()
def resume() -> None:
    """Let a paused queue go on; `loom queue run` works it off."""
    with _opened() as jobs:
        jobs.resume()
        waiting = len(jobs.jobs("queued"))
    click.echo(f"The queue goes on: {count(waiting, 'job')} waiting.")


@queue.command()
@NUMBER
@click.argument("place", type=click.IntRange(1))
def move(number: int, place: int) -> None:
    """Make a waiting JOB the PLACE-th of them, 1 being the next to run."""
    with _opened() as jobs:
        jobs.move(number, place)
        order = [job.id for job in jobs.jobs("queued")]
    click.echo(f"Waiting: {_listed(order)}")


@queue.command()
@click.argument("numbers", type=click.IntRange(1), metavar="JOB…", nargs=-1, required=True)
def cancel(numbers: tuple[int, ...]) -> None:
    """Cancel jobs; one that runs stops within a step."""
    with _opened() as jobs:
        for number in numbers:
            jobs.cancel(number)


@queue.command()
@click.option("--all", "waiting", is_flag=True, help="Forget the jobs that wait as well.")
def clear(waiting: bool) -> None:
    """Forget the jobs that are over; what they made stays."""
    with _opened() as jobs:
        gone = jobs.clear(waiting=waiting)
    click.echo(f"{count(gone, 'job')} forgotten.")


@contextmanager
def _opened() -> Generator[Queue]:
    try:
        jobs = Queue(queue_file())
    except LoomError as error:
        error.remedy = f"Move it away, or set {QUEUE_VARIABLE} to another file."
        raise
    with jobs:
        yield jobs


def _options(settings: Settings, fresh: bool) -> Options:
    """The folders of a run by their full names: the queue may be worked off from anywhere."""
    return Options(
        str(settings.output_folder.absolute()),
        tuple(str(folder.absolute()) for folder in settings.model_folders),
        tuple(str(folder.absolute()) for folder in settings.input_folders),
        fresh,
    )


def _execute(registry: Registry, cache: Cache) -> Execute:
    """What runs a job, with progress on stderr."""

    def execute(job: Job, stop: threading.Event) -> Outcome:
        settings = Settings(
            Path(job.options.output_folder),
            tuple(map(Path, job.options.model_folders)),
            tuple(map(Path, job.options.input_folders)),
            elsewhere=hub.cached,
        )
        executor = open_executor(registry, settings, cache)
        with display() as emit:
            result = executor.run(
                job.graph(), name=job.name, fresh=job.options.fresh, emit=emit, cancel=stop
            )
        files = tuple(str(file) for file in result.files)
        failures = "\n".join(str(error) for error in result.failed.values())
        return Outcome(failures, files, result.cancelled)

    return execute


def _say_end(job: Job) -> None:
    if job.state == "failed":
        say_error(LoomError(f"Job {job.id} failed. {job.message}"))
    else:
        click.echo(f"job {job.id}: {job.state}")
    for file in job.files:
        click.echo(file)


def _row(job: Job, at_work: bool) -> tuple[str, str, str, str]:
    said = job.message.partition("\n")[0] or ", ".join(Path(file).name for file in job.files)
    state = "interrupted" if job.state == "running" and not at_work else job.state
    return str(job.id), state, Path(job.name).name, said


def _listed(numbers: list[int]) -> str:
    return ", ".join(map(str, numbers)) or "none"
