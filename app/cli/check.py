"""`loom check`: everything that is wrong with a workflow, without running it."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.options import open_job, workflow_options
from app.cli.report import BAD_INPUT, count, say_error, say_json
from engine.graph.check import check as check_graph
from engine.graph.report import conversions_data


@click.command(short_help="List all problems of a workflow.")
@workflow_options
@click.pass_context
def check(
    ctx: click.Context,
    file: Path,
    assignments: tuple[str, ...],
    out: Path | None,
    folders: tuple[Path, ...],
    as_json: bool,
) -> None:
    """List all problems of a workflow FILE (JSON, or a picture that carries one).

    Wires on which a value is converted are listed too; `loom types` has every conversion there is.
    """
    job = open_job(file, assignments, out, folders)
    report = check_graph(job.graph, job.registry, job.settings)
    if as_json:
        say_json(
            {
                "ok": report.ok,
                "problems": report.as_data(),
                "conversions": conversions_data(report.conversions),
            }
        )
    else:
        if report.ok:
            click.echo(f"{file}: {count(len(job.graph.nodes), 'node')}, no problems.")
        else:
            say_error(report.text())
        for link, way in report.conversions.items():
            click.echo(f"convert  {link}  {way}")
    if not report.ok:
        ctx.exit(BAD_INPUT)
