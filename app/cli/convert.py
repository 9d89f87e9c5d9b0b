"""`loom convert`: a model in another layout, precision or number of files."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from app.cli.options import JSON, MODELS
from app.cli.report import say_json
from engine.diffusion.weights.prediction import AUTO, CHOICES
from engine.diffusion.weights.search import model_folders
from engine.graph.context import Settings
from engine.graph.errors import LoomError

DTYPES = ("float32", "float16", "bfloat16")
UNITS = {"GB": 10**9, "MB": 10**6, "KB": 10**3}
Told = Callable[[str, int, int], None]


@click.command(short_help="Write a model in another layout or precision.")
@click.argument("source")
@click.argument("target", type=click.Path(path_type=Path))
@click.option(
    "--to",
    "layout",
    type=click.Choice(["diffusers", "original"]),
    help="A Diffusers folder, or an original single file; by default what TARGET's ending says.",
)
@click.option("--dtype", type=click.Choice(DTYPES), default=None, help="The precision to write.")
@click.option("--variant", default="", help="Put it into the files' names: fp16, non_ema, …")
@click.option("--read", default="", metavar="VARIANT", help="The variant of SOURCE to take.")
@click.option("--max-shard", metavar="SIZE", help="Split larger weights: 5GB, 500MB.")
@click.option(
    "--prediction",
    type=click.Choice(CHOICES),
    default=AUTO,
    help="What the model of a single file predicts, where the file does not say.",
)
@click.option("--vocabulary", metavar="MODEL", help="The model whose tokenizer a single file gets.")
@click.option("--force", is_flag=True, help="Replace what is there.")
@MODELS
@JSON
def convert(
    source: str,
    target: Path,
    layout: str | None,
    dtype: str | None,
    variant: str,
    read: str,
    max_shard: str | None,
    prediction: str,
    vocabulary: str | None,
    force: bool,
    folders: tuple[Path, ...],
    as_json: bool,
) -> None:
    """Write the model SOURCE, a name or a path, as TARGET.

    A TARGET that ends in .safetensors is an original single file, any other a Diffusers folder.
    TARGET appears when all of it is written, and not at all after an error. With --variant the
    weights are put beside those of a folder that is there.
    """
    found = layout or ("original" if target.suffix == ".safetensors" else "diffusers")
    if target.exists() and not (force or (variant and found == "diffusers")):
        raise LoomError(f"{target} is there already.", remedy="Name another place, or add --force.")
    settings = Settings(model_folders=model_folders(folders))
    place = place_of(source, settings)
    if place.absolute() == target.absolute() and not variant:
        raise LoomError(f"{target} is what is read.", remedy="Name another place.")
    words = place_of(vocabulary, settings) if vocabulary else None
    from engine.diffusion.weights.convert import Conversion
    from engine.diffusion.weights.convert import convert as write

    how = Conversion(dtype or "", variant, read, size_of(max_shard), prediction, words)
    with _told() as progress:
        left_out = write(
            place, target, "original" if found == "original" else "diffusers", how, progress
        )
    if as_json:
        say_json({"source": str(place), "target": str(target), "left_out": list(left_out)})
    else:
        click.echo(f"{target}")
        if left_out:
            click.echo(f"Left out, as the layout has no place for it: {', '.join(left_out)}.")


def place_of(name: str, settings: Settings) -> Path:
    """The path that is given, or the model of this name in the model folders."""
    path = Path(name).expanduser()
    return path if path.exists() else settings.find_model(name)


def size_of(text: str | None) -> int | None:
    """Bytes of `5GB`; None for none. Raises LoomError for anything else."""
    if text is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?) ?([KMG]B)", text.strip(), re.IGNORECASE)
    size = int(float(found[1]) * UNITS[found[2].upper()]) if found else 0
    if not size:
        raise LoomError(f"{text!r} is no size.", remedy="Write it like 5GB or 500MB.")
    return size


@contextmanager
def _told() -> Generator[Told]:
    """Progress on stderr: a bar for each component on a terminal, a line for each elsewhere."""
    if not sys.stderr.isatty():
        said: set[str] = set()

        def line(name: str, done: int, total: int) -> None:
            if name not in said:
                said.add(name)
                click.echo(f"{name}: {total / 1e6:.1f} MB", err=True)

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns: tuple[Any, ...] = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks: dict[str, Any] = {}

        def bar(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = progress.add_task(name, total=total)
            progress.update(tasks[name], completed=done)

        yield bar
