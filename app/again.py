"""Makes a picture again from the workflow it carries, and compares."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.running import open_executor
from app.session import open_settings
from engine.diffusion.images.files import largest_difference, read_metadata
from engine.graph import workflow
from engine.graph.cache import Cache
from engine.graph.context import Settings
from engine.graph.errors import LoomError
from engine.graph.events import Emit, ignore
from engine.graph.graph import Graph
from engine.graph.params import ModelName
from engine.graph.places import places, put
from engine.graph.registry import Registry
from engine.graph.verify import Verdict, differences

TOLERANCE = 2.0
"""How far a channel may be off, of 255, to count as close."""
# Which of the pictures that a workflow makes it is: a picture carries these beside the workflow.
IDENTITY = ("node", "number")


def verify(
    picture: Path,
    registry: Registry,
    folders: Iterable[Path] = (),
    *,
    tolerance: float = TOLERANCE,
    attention: str = "",
    emit: Emit = ignore,
) -> Verdict:
    """Make a picture again, with nothing from earlier runs and nothing saved, and compare.

    A model whose content is not here is replaced by the one that has its name. Raises LoomError for
    a picture that carries no workflow, and whatever keeps that from running; KeyboardInterrupt when
    it was interrupted.
    """
    made = read_metadata(picture)
    graph = workflow.from_json(made.get("workflow"), registry, name=str(picture))
    settings = open_settings(picture, folders)
    for place in places(graph, registry):
        if isinstance(place.widget, ModelName):
            put(graph, place, _available(place.value, place.widget.part, settings))
    with tempfile.TemporaryDirectory(prefix="latent-loom-") as folder:
        settings = replace(settings, output_folder=Path(folder))
        again = _again(graph, made, registry, settings, attention, emit)
        largest = largest_difference(picture, again)
        return Verdict(largest, tolerance, differences(made, read_metadata(again)))


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
    emit: Emit,
) -> Path:
    """The same picture of the same node, made anew."""
    node = made.get("node")
    outputs = [node] if isinstance(node, str) and node in graph.nodes else []
    executor = open_executor(registry, settings, Cache(), attention)
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
