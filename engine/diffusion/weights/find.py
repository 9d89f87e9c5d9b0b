"""Components wherever they are: in a model folder, or in a single file."""

from __future__ import annotations

from pathlib import Path

from engine.diffusion.weights.folder import Component, find_component, read_pipeline
from engine.diffusion.weights.prediction import AUTO
from engine.diffusion.weights.single import read_file
from engine.graph.errors import LoomError


def components(root: Path, variant: str = "", prediction: str = AUTO) -> dict[str, Component]:
    """The components of a pipeline folder or single file by name; LoomError as its reader does."""
    if root.is_file():
        return dict(read_file(root, variant, prediction))
    return dict(read_pipeline(root, variant))


def component(root: Path, name: str = "", variant: str = "") -> Component:
    """One component of a folder or single file; "" is the only one there is.

    Raises LoomError when there is none, or several to choose from.
    """
    if not root.is_file():
        return find_component(root, name, variant)
    found = read_file(root, variant)
    if name in found:
        return found[name]
    models = [part for part in found if part != "scheduler"]
    if not name and len(models) == 1:
        return found[models[0]]
    wanted = f"no {name.replace('_', ' ')}" if name else "several parts"
    raise LoomError(
        f"{root} has {wanted}; it has {', '.join(found)}.", remedy="Choose one of these parts."
    )


def name_of(root: Path) -> str:
    """What a model is called: the name of its folder, or of its file without the ending."""
    return root.stem if root.is_file() else root.name
