"""`loom lock` and `loom unlock`: nodes that keep the results they have."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.options import FILE, JSON, open_job
from app.cli.report import say_json
from app.running import open_executor
from engine.graph import workflow
from engine.graph.errors import LoomError
from engine.graph.graph import Graph
from engine.graph.locks import locked
from engine.graph.locks import unlock as unlock_nodes

NODES = click.argument("nodes", metavar="NODE…", nargs=-1, required=True)


@click.command(short_help="Let nodes keep the results they have.")
@FILE
@NODES
@JSON
def lock(file: Path, nodes: tuple[str, ...], as_json: bool) -> None:
    """Let nodes of a workflow FILE keep what the last run of it made, whatever becomes of their
    inputs.

    A NODE may be inside an instance or a zone: `fix/denoise`, `loop#3/step`. Of an instance or zone
    itself, what comes out of it is kept; of a node in a zone, every iteration. The locks are
    written into FILE, and the results stay as long as it is run with them.
    """
    _check_is_json(file)
    job = open_job(file, (), None, ())
    executor = open_executor(job.registry, job.settings)
    try:
        executor.lock(job.graph, *nodes, name=str(file.absolute()))
        workflow.write(job.graph, file)
    finally:
        executor.cache.close()
    _say(job.graph, as_json)


@click.command(short_help="Let locked nodes be made anew.")
@FILE
@NODES
@JSON
def unlock(file: Path, nodes: tuple[str, ...], as_json: bool) -> None:
    """Let locked nodes of a workflow FILE be made anew when their inputs change."""
    _check_is_json(file)
    graph = open_job(file, (), None, ()).graph
    unlock_nodes(graph, nodes)
    workflow.write(graph, file)
    _say(graph, as_json)


def _check_is_json(file: Path) -> None:
    if not workflow.is_json(file):
        raise LoomError(
            f"{file} is no JSON file, so nothing is written into it.",
            remedy="Save the workflow with `loom migrate --to`, and lock nodes there.",
        )


def _say(graph: Graph, as_json: bool) -> None:
    found = locked(graph)
    if as_json:
        say_json(found)
    else:
        click.echo(f"Locked: {', '.join(found) or 'nothing'}")
