"""`loom models`: the models that workflows can name."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.options import JSON, MODELS
from app.cli.report import say_json, say_table
from engine.diffusion.weights.folder import INDEX, find_component, read_json
from engine.diffusion.weights.search import list_models, model_folders
from engine.graph.errors import LoomError
from engine.graph.files import FileHashes


@click.command()
@MODELS
@click.option("--hash", "with_hash", is_flag=True, help="Show the hash that workflows pin.")
@JSON
def models(folders: tuple[Path, ...], with_hash: bool, as_json: bool) -> None:
    """List the models in the model folders, and what each one is.

    `--hash` reads every file of every model.
    """
    searched = model_folders(folders)
    found = list_models(searched)
    rows = [
        {
            "name": name,
            "class": class_of(path),
            **({"hash": hash_of(path)} if with_hash else {}),
            "path": str(path),
        }
        for name, path in found.items()
    ]
    if as_json:
        say_json(rows)
    elif rows:
        say_table([tuple(row.values()) for row in rows])
    else:
        click.echo("There are no models in:")
        for folder in searched:
            click.echo(f"  {folder}")


def class_of(path: Path) -> str:
    """The class of a pipeline or of a single component, or what is wrong with the folder."""
    try:
        if (path / INDEX).is_file():
            return str(read_json(path / INDEX).get("_class_name", "a pipeline"))
        return find_component(path).class_name
    except LoomError as error:
        return f"unreadable: {error.reason}"


def hash_of(path: Path) -> str:
    """The hash that a workflow pins, or what keeps it from being known."""
    try:
        return FileHashes().of(path)
    except OSError as error:
        return f"unreadable: {error.strerror or error}"
