"""`loom run`: run a workflow and say where its pictures are."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from app.cli.options import (
    ATTENTION,
    RAM,
    SEED,
    VRAM,
    add_sweeps,
    open_job,
    speed_options,
    sweep_options,
    workflow_options,
)
from app.cli.progress import display
from app.cli.report import (
    BAD_INPUT,
    INTERRUPTED,
    NODE_FAILED,
    count,
    error_data,
    say_elsewhere,
    say_error,
    say_json,
)
from app.running import open_executor
from engine.graph.errors import LoomError
from engine.graph.executor import Executor
from engine.graph.graph import Graph
from engine.graph.result import Result
from engine.graph.workflow import to_json
from engine.runtime.budget import pick_budget
from engine.runtime.pool import use_budget
from engine.runtime.switches import Switches, use_switches


@click.command(short_help="Run a workflow and save its pictures.")
@workflow_options
@SEED
@sweep_options
@ATTENTION
@speed_options
@VRAM
@RAM
@click.option("--fresh", is_flag=True, help="Run every node again, whatever is kept from before.")
@click.pass_context
def run(
    ctx: click.Context,
    file: Path,
    assignments: tuple[str, ...],
    out: Path | None,
    folders: tuple[Path, ...],
    as_json: bool,
    seed: int | None,
    sweeps: tuple[str, ...],
    zipped: bool,
    sheet: bool,
    attention: str,
    compiled: bool,
    tf32: bool,
    graphs: bool,
    vram: str,
    ram: str,
    fresh: bool,
) -> None:
    """Run a workflow FILE: JSON, or a picture that carries one.

    What is kept from an earlier run and has not changed is not run again. A picture runs again with
    the seed it was made with. What the runs of a sweep have in common is run once, and its pictures
    are put together in one more, a contact sheet.
    """
    try:
        job = open_job(file, assignments, out, folders)
        add_sweeps(job, sweeps, zipped, sheet)
        use_budget(pick_budget(vram, ram))
        use_switches(Switches(compiled, tf32, graphs))
        executor = open_executor(job.registry, job.settings, attention=attention)
        result = _run(executor, job.graph, seed=seed, name=str(file.absolute()), fresh=fresh)
    except LoomError as error:
        if not as_json:
            raise
        say_error(error)
        say_json({"ok": False, "error": error_data(error)})
        ctx.exit(BAD_INPUT)
    say_elsewhere(result.elsewhere)
    for failure in result.failed.values():
        say_error(failure)
    if as_json:
        say_json(_as_data(result))
    else:
        _say_summary(result)
    if result.cancelled:
        ctx.exit(INTERRUPTED)
    if result.failed:
        ctx.exit(NODE_FAILED)


def _run(executor: Executor, graph: Graph, **options: Any) -> Result:
    try:
        with display() as emit:
            return executor.run(graph, emit=emit, **options)
    finally:
        executor.cache.close()


def _say_summary(result: Result) -> None:
    """One line of what was done, and a line for each file there is."""
    if result.cancelled:
        what = "Interrupted: "
    elif result.failed:
        what = "Failed: "
    else:
        what = "" if result.ran else "Nothing to run, all is kept from before: "
    parts = [f"{count(len(result.ran), 'node')} run", f"{len(result.cached)} cached"]
    if result.failed:
        parts.append(f"{len(result.failed)} failed, {len(result.blocked)} not reached")
    click.echo(f"{what}{', '.join(parts)}, {result.seconds:.1f} s")
    if not result.graph.sweep:
        for file in result.files:
            click.echo(str(file))
        return
    files = {cell.label: result.files_of(cell) for cell in result.grid.cells}
    for label, found in files.items() if any(files.values()) else ():
        click.echo(f"{label}: {', '.join(map(str, found)) or 'no file'}")
    for file in result.files_of(None):
        click.echo(f"all: {file}")


def _as_data(result: Result) -> dict[str, Any]:
    data: dict[str, Any] = {
        "ok": result.ok,
        "ran": list(result.ran),
        "cached": list(result.cached),
        "failed": {name: error_data(error) for name, error in result.failed.items()},
        "blocked": dict(result.blocked),
        "cancelled": result.cancelled,
        "elsewhere": [asdict(problem) for problem in result.elsewhere],
        "seconds": round(result.seconds, 3),
        "files": [str(file) for file in result.files],
        "workflow": to_json(result.graph),
    }
    if result.graph.sweep:
        data["cells"] = [
            {"values": dict(cell.values), "files": list(map(str, result.files_of(cell)))}
            for cell in result.grid.cells
        ]
        data["sheets"] = list(map(str, result.files_of(None)))
    return data
