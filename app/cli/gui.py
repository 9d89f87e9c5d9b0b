"""`loom gui`: the desktop editor."""

from __future__ import annotations

import gc
from pathlib import Path

import click

from engine.graph.errors import LoomError


@click.command(short_help="Open the desktop editor.")
@click.argument("file", required=False, type=click.Path(path_type=Path))
def gui(file: Path | None) -> None:
    """Open the desktop editor, with a workflow FILE or where it was left off."""
    gc.disable()  # what is loaded now stays; from then on the editor collects, see app.gui.garbage
    try:
        from app.gui.start import start
    except ImportError as error:
        raise LoomError(
            f"The editor can't be opened: {error}.",
            remedy="`make gui` in a checkout installs what it needs, and so does `pip install "
            "'latent-loom[gui]'`. On a Linux machine without a desktop, Qt's libraries are needed "
            "too; the README lists them.",
        ) from error
    raise SystemExit(start(file))
