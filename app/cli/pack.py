"""`loom pack`: a workflow and the files it reads, in one file."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.options import open_job, workflow_options
from app.cli.report import count, say_json
from engine.graph import bundle
from engine.graph.errors import LoomError


@click.command(short_help="Put a workflow and the pictures it reads into one file.")
@workflow_options
@click.option(
    "--to",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"The bundle to write; FILE with the ending {bundle.SUFFIX} by default.",
)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
def pack(
    file: Path,
    assignments: tuple[str, ...],
    out: Path | None,
    folders: tuple[Path, ...],
    as_json: bool,
    target: Path | None,
    force: bool,
) -> None:
    """Put a workflow FILE and the pictures it reads into one bundle, for somebody else to open.

    Models are never taken along: the bundle names them. Every command takes a bundle as it takes a
    workflow.
    """
    job = open_job(file, assignments, out, folders)
    target = target or file.with_suffix(bundle.SUFFIX)
    if target.exists() and not force:
        raise LoomError(
            f"{target} is there already.", remedy="Name another file with --to, or add --force."
        )
    names = bundle.pack(job.graph, job.registry, job.settings, target)
    if as_json:
        say_json({"bundle": str(target), "files": list(names)})
    else:
        inside = f" with {count(len(names), 'file')}: {', '.join(names)}" if names else ""
        click.echo(f"{target}{inside}")
