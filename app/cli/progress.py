"""Progress while a workflow runs, on stderr: bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Generator
from contextlib import contextmanager

import click

from engine.graph import events

LINES = 10
"""How many lines a long loop takes where there is no terminal."""
NOTABLE = 0.1
"""Seconds from which on it is worth a line that a node is done."""


@contextmanager
def display() -> Generator[events.Emit]:
    """What to hand the executor as `emit` for the length of a `with` block."""
    if sys.stderr.isatty():
        with _bars() as emit:
            yield emit
    else:
        yield plain


def plain(event: events.Event) -> None:
    """A line for a note, a part of a loop, a node that is done."""
    match event:
        case events.Progress(node, _, _, text) if text:
            click.echo(f"{node}: {text}", err=True)
        case events.Progress(node, step, total) if (
            total > 1 and step * LINES // total > (step - 1) * LINES // total
        ):
            click.echo(f"{node}: {step}/{total}", err=True)
        case events.Produced(node, seconds) if seconds >= NOTABLE:
            click.echo(f"{node}: done in {seconds:.1f} s", err=True)
        case _:
            pass


@contextmanager
def _bars() -> Generator[events.Emit]:
    """A bar for each loop, and for any other node one that goes when the node is done."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskID,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    console = Console(stderr=True)
    progress = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    )
    tasks: dict[str, TaskID] = {}
    loops: set[str] = set()

    def emit(event: events.Event) -> None:
        match event:
            case events.Started(node):
                tasks[node] = progress.add_task(node, total=None)
            case events.Progress(node, _, _, text) if text:
                progress.print(Text(f"{node}: {text}", style="yellow"))
            case events.Progress(node, step, total):
                progress.update(tasks[node], completed=step, total=total)
                loops.add(node)
            case events.Produced(node) | events.Failed(node) if node not in loops:
                progress.remove_task(tasks[node])
            case _:
                pass

    with progress:
        yield emit
