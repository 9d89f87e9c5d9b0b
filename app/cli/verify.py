"""`loom verify`: make a picture again from what it carries, and compare."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from app.cli.options import ATTENTION, JSON, MODELS, open_nodes
from app.cli.progress import display
from app.cli.report import DIFFERENT, say_json
from app.session import open_executor, open_settings
from engine.diffusion.images.files import largest_difference, read_metadata
from engine.graph import workflow
from engine.graph.cache import Cache
from engine.graph.context import Settings
from engine.graph.errors import LoomError
from engine.graph.graph import Graph
from engine.graph.params import ModelName
from engine.graph.places import places, put
from engine.graph.registry import Registry
from engine.graph.verify import Verdict, differences

TOLERANCE = 2.0
# Which of the pictures that a workflow makes it is: a picture carries these beside the workflow.
IDENTITY = ("node", "number")


@click.command()
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
    made = read_metadata(picture)
    graph = workflow.from_json(made.get("workflow"), registry, name=str(picture))
    settings = open_settings(picture, folders)
    for place in places(graph, registry):
        if isinstance(place.widget, ModelName):
            put(graph, place, _available(place.value, place.widget.part, settings))
    with tempfile.TemporaryDirectory(prefix="latent-loom-") as folder:
        settings = replace(settings, output_folder=Path(folder))
        again = _again(graph, made, registry, settings, attention)
        largest = largest_difference(picture, again)
        verdict = Verdict(largest, tolerance, differences(made, read_metadata(again)))
    if as_json:
        say_json(verdict.as_data())
    else:
        click.echo(f"{picture}: {verdict.text()}")
    if verdict.outcome == "different":
        ctx.exit(DIFFERENT)


def _available(value: Mapping[str, str], part: str, settings: Settings) -> Mapping[str, str]:
    """The model as it was pinned, or whatever has its name where that content is nowhere."""
    digest = value.get("hash", "")
    if not digest or settings.find_content(digest, part):
        return value
    return {"name": value["name"]}


def _again(
    graph: Graph,
    made: Mapping[str, Any],
    registry: Registry,
    settings: Settings,
    attention: str,
) -> Path:
    """The same picture of the same node, made anew."""
    node = made.get("node")
    outputs = [node] if isinstance(node, str) and node in graph.nodes else []
    executor = open_executor(registry, settings, Cache(), attention)
    with display() as emit:
        result = executor.run(graph, outputs, emit=emit)
    for failure in result.failed.values():
        raise failure
    if result.cancelled:
        raise KeyboardInterrupt
    wanted = {key: made[key] for key in IDENTITY if key in made}
    for file in result.files:
        if wanted.items() <= read_metadata(file).items():
            return file
    raise LoomError(
        "Its workflow no longer makes this picture.",
        remedy="`loom run` with the picture shows what it makes.",
    )
