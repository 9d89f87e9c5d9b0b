"""Where models lie, and which there are. `engine.graph.models` finds one by name or content."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from engine.diffusion.weights.folder import CONFIGS, INDEX
from engine.graph.models import SUFFIXES

VARIABLE = "LOOM_MODELS"
SHIPPED = Path(__file__).resolve().parents[3] / "resources" / "models"
DEPTH = 2  # `name`, `owner/name`


def model_folders(given: Iterable[Path] = ()) -> tuple[Path, ...]:
    """Where models are looked for, in order: `given`, LOOM_MODELS, shipped ones, the user's own."""
    named = (
        Path(entry).expanduser()
        for entry in os.environ.get(VARIABLE, "").split(os.pathsep)
        if entry
    )
    return tuple(dict.fromkeys((*given, *named, SHIPPED, own_folder())))


def own_folder() -> Path:
    """The model folder of this user."""
    from platformdirs import user_data_path

    return user_data_path("latent-loom") / "models"


def list_models(folders: Sequence[Path]) -> dict[str, Path]:
    """Models in `folders`, single files too, by name; the first folder that has a name wins.

    A file goes by its name without the ending where that is its alone. Models in a subfolder that
    is none itself are called `subfolder/name`.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        paths = list(_models(folder, DEPTH))
        short = [path.relative_to(folder).with_suffix("") for path in paths if path.is_file()]
        whole = {path.relative_to(folder) for path in paths if path.is_dir()}
        for path in paths:
            name = path.relative_to(folder)
            alone = name.with_suffix("")
            if path.is_file() and short.count(alone) == 1 and alone not in whole:
                name = alone
            found.setdefault(name.as_posix(), path)
    return found


def is_model(path: Path) -> bool:
    """Whether a folder holds a pipeline or a single component, or a file may be a model."""
    if path.is_file():
        return path.suffix in SUFFIXES
    return any((path / name).is_file() for name in (INDEX, *CONFIGS))


def _models(folder: Path, depth: int) -> Iterator[Path]:
    try:
        children = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError:
        return
    for child in children:
        if is_model(child):
            yield child
        elif depth > 1 and child.is_dir():
            yield from _models(child, depth - 1)
