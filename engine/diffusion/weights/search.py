"""Where models lie, and which there are. `engine.graph.models` finds one by name or content."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from engine.diffusion.weights.folder import CONFIGS, INDEX

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
