"""`loom fetch` and `loom publish`: models from and to the Hugging Face Hub."""

from __future__ import annotations

from pathlib import Path

import click

from engine.diffusion.weights.hub import fetch as download
from engine.diffusion.weights.hub import split_id, upload
from engine.diffusion.weights.search import is_model, model_folders, own_folder
from engine.graph.errors import LoomError


@click.command(short_help="Download a model from the Hugging Face Hub.")
@click.argument("repository", metavar="OWNER/NAME[:VARIANT]")
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    help="The model folder to put it into; your own by default.",
)
def fetch(repository: str, into: Path | None) -> None:
    """Download a model in the Diffusers layout from the Hugging Face Hub.

    Workflows call it OWNER/NAME. Models that other programs have fetched are found by that name
    without this command.
    """
    name, variant = split_id(repository)
    click.echo(str(download(name, variant, into or own_folder(), model_folders())))


@click.command(short_help="Put a model on the Hugging Face Hub.")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("repository", metavar="OWNER/NAME")
@click.option("--public", is_flag=True, help="Let everybody see it; private by default.")
def publish(folder: Path, repository: str, public: bool) -> None:
    """Put a model's FOLDER on the Hugging Face Hub, for which you must be logged in there."""
    name, variant = split_id(repository)
    if variant or not is_model(folder):
        what = f"{folder} holds no model." if not variant else f"{repository} names a variant."
        raise LoomError(what, remedy="Give a folder in the Diffusers layout and owner/name.")
    click.echo(upload(folder, name, private=not public))
