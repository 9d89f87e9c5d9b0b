"""`loom models`: the models that workflows can name."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.options import JSON, MODELS, open_job
from app.cli.report import BAD_INPUT, say_json, say_table
from engine.diffusion.weights.folder import INDEX, find_component, read_json
from engine.diffusion.weights.search import list_models, model_folders
from engine.graph.errors import LoomError
from engine.graph.files import FileHashes
from engine.graph.needs import Need, needs


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@MODELS
@click.option("--hash", "with_hash", is_flag=True, help="Show the hash that workflows pin.")
@JSON
@click.pass_context
def models(
    ctx: click.Context,
    file: Path | None,
    folders: tuple[Path, ...],
    with_hash: bool,
    as_json: bool,
) -> None:
    """List the models in the model folders, and what each one is.

    With a workflow FILE, list the models and files that it reads, and which of them are missing;
    exit code 2 when one is. `--hash` reads every file of every model.
    """
    if file is not None:
        if not _list_needs(file, folders, as_json):
            ctx.exit(BAD_INPUT)
        return
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


def _list_needs(file: Path, folders: tuple[Path, ...], as_json: bool) -> bool:
    """What a workflow reads, and where that is; whether all of it is here."""
    job = open_job(file, (), None, folders)
    found = needs(job.graph, job.registry, job.settings)
    if as_json:
        say_json([need.as_data() for need in found])
    elif found:
        rows = {(need.what, need.name, need.hash or "any content", _where(need)) for need in found}
        say_table(sorted(rows))
    else:
        click.echo(f"{file} reads no models and no files.")
    return all(need.met for need in found)


def _where(need: Need) -> str:
    match need.state:
        case "here":
            return need.path
        case "renamed":
            return f"here as {need.here}: {need.path}"
        case "other":
            return f"MISSING: {need.path} has other content"
        case "missing":
            return "MISSING"


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
