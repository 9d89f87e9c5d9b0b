"""`loom diff`: what differs between two workflows, in words."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.options import JSON, open_nodes
from app.cli.report import DIFFERENT, say_json
from app.session import open_workflow
from engine.graph.diff import diff as diff_graphs


@click.command(short_help="Say what differs between two workflows.")
@click.argument("before", type=click.Path(path_type=Path))
@click.argument("after", type=click.Path(path_type=Path))
@click.option("--view", is_flag=True, help="Say also what was moved on the canvas.")
@JSON
@click.pass_context
def diff(ctx: click.Context, before: Path, after: Path, view: bool, as_json: bool) -> None:
    """Say what was done to the workflow BEFORE to make it AFTER (JSON, bundles or pictures).

    Exit code 1 when they differ, 0 when they do the same.
    """
    registry = open_nodes()
    found = diff_graphs(open_workflow(before, registry), open_workflow(after, registry), view=view)
    if as_json:
        say_json(found.as_data())
    elif found:
        click.echo(found.text())
    if found:
        ctx.exit(DIFFERENT)
