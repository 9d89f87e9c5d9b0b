"""Finding a model by its name, and by its content where several have that name.

A workflow names models, never paths: the same file then runs on another machine, and opening one
reads nothing outside the model folders.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.diffusion.weights.folder import CONFIGS, INDEX, find_component, read_pipeline
from engine.diffusion.weights.hashing import component_hash, pipeline_hash
from engine.graph.errors import LoomError

VARIABLE = "LOOM_MODELS"
SHIPPED = Path(__file__).resolve().parents[3] / "resources" / "models"


def model_folders(given: Iterable[Path] = ()) -> tuple[Path, ...]:
    """Where models are looked for, in order: `given`, LOOM_MODELS, shipped ones, the user's own."""
    from platformdirs import user_data_path

    named = (
        Path(entry).expanduser()
        for entry in os.environ.get(VARIABLE, "").split(os.pathsep)
        if entry
    )
    return tuple(dict.fromkeys((*given, *named, SHIPPED, user_data_path("latent-loom") / "models")))


def list_models(folders: Sequence[Path]) -> dict[str, Path]:
    """Models in `folders` by name; the first folder that has a name wins."""
    found: dict[str, Path] = {}
    for folder in folders:
        for child in sorted(folder.iterdir()) if folder.is_dir() else ():
            if is_model(child):
                found.setdefault(child.name, child)
    return found


def is_model(folder: Path) -> bool:
    """Whether `folder` holds a pipeline or a single component."""
    return any((folder / name).is_file() for name in (INDEX, *CONFIGS))


def find_model(name: str, digest: str = "", folders: Sequence[Path] | None = None) -> Path:
    """The folder of the model called `name` (such as "starter" or "sd15/unet").

    With a `digest` only a model with that content will do. An absolute path is taken where it lies
    inside one of the folders. Raises LoomError that lists the folders and what was found there.
    """
    folders = model_folders() if folders is None else folders
    if not name.strip():
        raise LoomError("No model is named.", remedy=_offer(folders))
    other: list[str] = []
    for folder in folders:
        candidate = _inside(folder, name)
        if candidate is None or not is_model(candidate):
            continue
        if not digest:
            return candidate
        found = folder_hash(candidate)
        if found == digest:
            return candidate
        other.append(f"{candidate} is {found}")
    if other:
        raise LoomError(
            f"The model {name!r} is there with other content than {digest}: {'; '.join(other)}.",
            remedy="Put the model that was used into a model folder, or clear the hash.",
        )
    raise LoomError(f"There is no model {name!r}.", remedy=_offer(folders))


def folder_hash(folder: Path) -> str:
    """The content hash of a model folder: a whole pipeline, or one component."""
    if (folder / INDEX).is_file():
        return pipeline_hash(read_pipeline(folder).values())
    return component_hash(find_component(folder))


def _inside(folder: Path, name: str) -> Path | None:
    """`folder`/`name` where that stays inside `folder` by its spelling, else None."""
    base = Path(os.path.abspath(folder))
    path = Path(os.path.abspath(base / name))
    return path if path != base and path.is_relative_to(base) else None


def _offer(folders: Sequence[Path]) -> str:
    """Which folders were searched and what they have."""
    lines = []
    for folder in folders:
        names = list(list_models([folder]))
        has = ", ".join(names) if names else "no model" if folder.is_dir() else "no such folder"
        lines.append(f"{folder} ({has})")
    searched = "; ".join(lines) or "no folder at all"
    return f"Searched: {searched}. Put the model into one of them, or set {VARIABLE} to its folder."
