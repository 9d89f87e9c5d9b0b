"""`loom plan`: which nodes would run, and why."""

from __future__ import annotations

from pathlib import Path

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
from app.cli.report import say_elsewhere, say_json
from app.running import open_executor
from engine.runtime.budget import pick_budget
from engine.runtime.pool import use_budget
from engine.runtime.switches import Switches, use_switches


@click.command(short_help="Say what a run would do, and why.")
@workflow_options
@SEED
@sweep_options
@ATTENTION
@speed_options
@VRAM
@RAM
def plan(
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
) -> None:
    """Say what a run of FILE would do: what is kept from before, what runs, and why.

    Of nodes to run that use models it also says what their weights take, and how they would keep
    within the memory.
    """
    job = open_job(file, assignments, out, folders)
    add_sweeps(job, sweeps, zipped, sheet)
    use_switches(Switches(compiled, tf32, graphs))
    use_budget(pick_budget(vram, ram))
    executor = open_executor(job.registry, job.settings, attention=attention)
    found = executor.plan(job.graph, seed=seed, name=str(file.absolute()), memory=True)
    if as_json:
        say_json(found.as_data())
    else:
        click.echo(found.text())
        say_elsewhere(found.elsewhere)
