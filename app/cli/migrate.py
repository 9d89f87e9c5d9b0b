"""`loom migrate`: bring a workflow file up to date."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.options import open_nodes
from app.cli.report import DIFFERENT, count
from app.session import open_workflow
from engine.graph import workflow
from engine.graph.diff import diff
from engine.graph.errors import LoomError


@click.command(short_help="Rewrite a workflow in today's format.")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "target",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file, and leave FILE as it is.",
)
@click.option("--check", "only_check", is_flag=True, help="Write nothing; exit code 1 if it would.")
@click.pass_context
def migrate(ctx: click.Context, file: Path, target: Path | None, only_check: bool) -> None:
    """Rewrite a workflow FILE in today's format, with today's versions of its nodes.

    Old files open without this too; it is for files that people read and compare. Nodes of a type
    that is not installed stay as they are.
    """
    graph = open_workflow(file, open_nodes())
    if target is None and not workflow.is_json(file):
        raise LoomError(
            f"{file} is no JSON file, so it is not rewritten.", remedy="Name a file with --to."
        )
    text = workflow.dumps(graph)
    if workflow.is_json(file):
        changes = diff(workflow.read(file), graph)
        current = text == _text(file)
    else:
        changes, current = None, False
    if current and target is None:
        click.echo(f"{file} is up to date.")
        return
    if changes:
        click.echo(changes.text())
    what = count(len(changes.changes), "change") if changes else "only its layout changes"
    if only_check:
        click.echo(f"{file} is not up to date: {what}.")
        ctx.exit(DIFFERENT)
    workflow.write(graph, target or file)
    click.echo(f"{target or file} written.")


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8-sig")
