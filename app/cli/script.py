"""`loom script`: a workflow as Python source."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.options import FILE, MODELS, OUT, SET, open_job
from app.script import script as make_script
from engine.graph.errors import LoomError
from engine.graph.files import write_atomically


@click.command(short_help="Write a workflow as a Python script.")
@FILE
@SET
@OUT
@MODELS
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file to write; standard output by default.",
)
def script(
    file: Path,
    assignments: tuple[str, ...],
    out: Path | None,
    folders: tuple[Path, ...],
    output: Path | None,
) -> None:
    """Write a workflow FILE as a Python script that calls the functions behind its nodes.

    It needs this program's packages and the same models, and neither the executor nor its cache.
    """
    job = open_job(file, assignments, out, folders)
    text = make_script(job.graph, job.registry, job.settings, file.stem)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        write_atomically(output, text.encode())
    except OSError as error:
        raise LoomError(
            f"{output} can't be written: {error.strerror or error}.",
            remedy="Choose a folder that exists and that you may write to.",
        ) from error
