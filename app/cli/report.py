"""How the command line speaks: errors on stderr, data on stdout, exit codes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from engine.graph.errors import LoomError

NODE_FAILED = 1
BAD_INPUT = 2
DIFFERENT = 1
INTERRUPTED = 130


def say_error(error: object) -> None:
    """A message for people, a line for each problem."""
    for line in str(error).splitlines():
        click.secho(f"error: {line}", fg="red", err=True)


def say_elsewhere(problems: Sequence[object]) -> None:
    """That parts which nothing requested needs have problems."""
    if problems:
        what = count(len(problems), "problem")
        text = f"warning: {what} in parts that are not needed here; `loom check` lists them."
        click.secho(text, fg="yellow", err=True)


def error_data(error: LoomError) -> dict[str, str]:
    """An error as JSON data."""
    return {
        "node": error.node,
        "field": error.field,
        "reason": error.reason,
        "remedy": error.remedy,
    }


def say_json(data: Any) -> None:
    """JSON on stdout."""
    click.echo(json.dumps(data, indent=2, ensure_ascii=False))


def say_table(rows: Sequence[Sequence[str]]) -> None:
    """Rows in columns of equal width; the last one may be as long as it likes."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)] if rows else []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        click.echo("  ".join((*cells, row[-1])).rstrip())


def count(number: int, noun: str) -> str:
    """`1 node`, `9 nodes`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
