"""What a front end opens before it can run anything: nodes, folders, a workflow.

An editor starts with this alone, and leaves what runs workflows to another process.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from engine.diffusion.images.files import is_picture, read_metadata
from engine.diffusion.weights import hub
from engine.diffusion.weights.search import model_folders
from engine.graph import bundle, workflow
from engine.graph.context import Settings
from engine.graph.graph import Graph
from engine.graph.registry import Registry

CACHE_VARIABLE = "LOOM_CACHE"
NODES_VARIABLE = "LOOM_NODES"
QUEUE_VARIABLE = "LOOM_QUEUE"
OUTPUT_FOLDER = Path("outputs")


def open_registry() -> Registry:
    """The nodes that come with the project, those of installed packs and of packs in folders."""
    registry = Registry()
    registry.load_pack("nodes", origin="latent-loom")
    registry.load_entry_points()
    for folder in pack_folders():
        registry.load_folder(folder)
    return registry


def pack_folders() -> tuple[Path, ...]:
    """Where packs lie that are not installed: folders in LOOM_NODES, then the user's own."""
    from platformdirs import user_data_path

    named = [entry for entry in os.environ.get(NODES_VARIABLE, "").split(os.pathsep) if entry]
    own = user_data_path("latent-loom") / "nodes"
    return tuple(dict.fromkeys((*(Path(entry).expanduser() for entry in named), own)))


def open_settings(file: Path, models: Iterable[Path] = (), out: Path | None = None) -> Settings:
    """The folders that a run of `file` may use; `models` are searched before the usual ones.

    A model that none of them has may lie in the local cache of the Hugging Face Hub.

    A bundle is unpacked beside the kept results, and reads its input files from there alone.
    """
    inputs: tuple[Path, ...] = (file.parent, Path())
    if bundle.is_bundle(file):
        inputs = (bundle.unpack(file, cache_folder() / "bundles"),)
    return Settings(
        output_folder=out or OUTPUT_FOLDER,
        model_folders=model_folders(models),
        input_folders=inputs,
        elsewhere=hub.cached,
    )


def cache_folder() -> Path:
    """Where results are kept: LOOM_CACHE, else a place in the user's cache folder."""
    if named := os.environ.get(CACHE_VARIABLE, ""):
        return Path(named).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("latent-loom") / "results"


def queue_file() -> Path:
    """Where the queue is: LOOM_QUEUE, else a place in the user's data folder."""
    if named := os.environ.get(QUEUE_VARIABLE, ""):
        return Path(named).expanduser()
    from platformdirs import user_data_path

    return user_data_path("latent-loom") / "queue.db"


def open_workflow(path: Path, registry: Registry) -> Graph:
    """The graph of a workflow file or a bundle, or the one that a picture carries.

    Raises LoomError: no such file, not JSON, a picture without a workflow, …
    """
    if bundle.is_bundle(path):
        return bundle.read(path, registry)
    if not is_picture(path):
        return workflow.read(path, registry)
    return workflow.from_json(read_metadata(path).get("workflow"), registry, name=str(path))
