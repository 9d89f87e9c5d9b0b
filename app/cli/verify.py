"""`loom verify`: make a picture again from what it carries, and compare."""

from __future__ import annotations

from pathlib import Path

import click

from app.again import TOLERANCE
from app.again import verify as make_again
from app.cli.options import ATTENTION, JSON, MODELS, open_nodes
from app.cli.progress import display
from app.cli.report import DIFFERENT, say_json


@click.command(short_help="Make a picture again, and compare.")
@click.argument("picture", type=click.Path(path_type=Path))
@click.option(
    "--tolerance",
    type=click.FloatRange(0, 255),
    default=TOLERANCE,
    show_default=True,
    help="How far a channel may be off, of 255, to count as close.",
)
@MODELS
@ATTENTION
@JSON
@click.pass_context
def verify(
    ctx: click.Context,
    picture: Path,
    tolerance: float,
    folders: tuple[Path, ...],
    attention: str,
    as_json: bool,
) -> None:
    """Make a PICTURE again from the workflow it carries, and say whether it came out the same.

    Nothing is taken from earlier runs and nothing is saved. Bit-equal, or within the tolerance, is
    exit code 0; different is 1, and then what differs from when it was made is told: versions of
    nodes and libraries, contents of models, the device. A model whose content is not here is
    replaced by the one that has its name.
    """
    registry = open_nodes()
    with display() as emit:
        verdict = make_again(
            picture, registry, folders, tolerance=tolerance, attention=attention, emit=emit
        )
    if as_json:
        say_json(verdict.as_data())
    else:
        click.echo(f"{picture}: {verdict.text()}")
    if verdict.outcome == "different":
        ctx.exit(DIFFERENT)
