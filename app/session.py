"""What a front end opens before it can run anything: nodes, folders, kept results, a workflow."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import engine.runtime.codecs  # noqa: F401  (registers how values with tensors are kept)
from engine.diffusion.png import SIGNATURE, read_metadata
from engine.diffusion.weights.search import model_folders
from engine.graph import workflow
from engine.graph.cache import Cache
from engine.graph.context import Settings
from engine.graph.errors import LoomError
from engine.graph.executor import Executor
from engine.graph.graph import Graph
from engine.graph.registry import Registry
from engine.runtime.device import numeric_environment
from engine.runtime.pool import SharedModels

CACHE_VARIABLE = "LOOM_CACHE"
OUTPUT_FOLDER = Path("outputs")


def open_registry() -> Registry:
    """The nodes that come with the project and those of installed packs."""
    registry = Registry()
    registry.load_pack("nodes")
    registry.load_entry_points()
    return registry


def open_settings(file: Path, models: Iterable[Path] = (), out: Path | None = None) -> Settings:
    """The folders that a run of `file` may use; `models` are searched before the usual ones."""
    return Settings(
        output_folder=out or OUTPUT_FOLDER,
        model_folders=model_folders(models),
        input_folders=(file.parent, Path()),
    )


def cache_folder() -> Path:
    """Where results are kept: LOOM_CACHE, else a place in the user's cache folder."""
    if named := os.environ.get(CACHE_VARIABLE, ""):
        return Path(named).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("latent-loom") / "results"


def open_executor(registry: Registry, settings: Settings) -> Executor:
    """An executor that keeps results on disk.

    Raises LoomError when the folder for them can't be used, or the device is misnamed.
    """
    try:
        cache = Cache(cache_folder())
    except LoomError as error:
        error.remedy = f"Set {CACHE_VARIABLE} to a folder that you may write to."
        raise
    return Executor(
        registry,
        settings,
        cache=cache,
        environment=numeric_environment(),
        models=SharedModels(),
    )


def open_workflow(path: Path, registry: Registry) -> Graph:
    """The graph of a workflow file, or the one that a picture carries.

    Raises LoomError: no such file, not JSON, a picture without a workflow, …
    """
    if not _is_png(path):
        return workflow.read(path, registry)
    return workflow.from_json(read_metadata(path).get("workflow"), registry, name=str(path))


def _is_png(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(SIGNATURE)) == SIGNATURE
    except OSError:
        return False
