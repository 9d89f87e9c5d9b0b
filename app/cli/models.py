"""`loom models`: the models that workflows can name."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.options import JSON, MODELS, open_job
from app.cli.report import BAD_INPUT, say_json, say_table
from engine.diffusion.weights.catalogue import Description, describe
from engine.diffusion.weights.hashing import stored_hashes
from engine.diffusion.weights.search import list_models, model_folders
from engine.graph.needs import Need, needs

TITLES = ("NAME", "WHAT", "FAMILY", "TYPE", "SIZE", "NEEDS")
SHORT_HASH = 11  # `b2:` and eight digits


@click.command(short_help="List the models, or what a workflow needs.")
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
    """List the models in the model folders: what each one is, its size and what else it needs.

    Folders in the Diffusers layout and single files (.safetensors, .ckpt, .bin, .pt) are models; a
    file goes by its name without the ending. With a workflow FILE, list the models and files that
    it reads, and which of them are missing; exit code 2 when one is. `--hash` reads every file of
    every model, once: what has not changed since is not read again.
    """
    if file is not None:
        if not _list_needs(file, folders, as_json):
            ctx.exit(BAD_INPUT)
        return
    searched = model_folders(folders)
    found = {name: (path, describe(path)) for name, path in list_models(searched).items()}
    hashes = {name: hash_of(path) if with_hash else "" for name, (path, _) in found.items()}
    if as_json:
        say_json([_data(name, *found[name], hashes[name]) for name in found])
    elif found:
        titles = (*TITLES, "HASH") if with_hash else TITLES
        rows = [_row(name, said, hashes[name]) for name, (_, said) in found.items()]
        say_table([(*titles, "PLACE"), *((*row, str(found[row[0]][0])) for row in rows)])
    else:
        click.echo("There are no models in:")
        for folder in searched:
            click.echo(f"  {folder}")


def _row(name: str, said: Description, digest: str) -> tuple[str, ...]:
    """A line of the table; what can't be read says why in place of what it needs."""
    what = f"{said.what}, predicts v" if said.prediction == "v_prediction" else said.what
    needs = said.problem or ", ".join(said.needs)
    row = (name, what, said.family, said.dtype, _bytes(said.size), needs)
    return (*row, digest[:SHORT_HASH]) if digest else row


def _data(name: str, path: Path, said: Description, digest: str) -> dict[str, object]:
    hashed = {"hash": digest} if digest else {}
    return {"name": name, **said.as_data(), **hashed, "path": str(path)}


def _bytes(size: int) -> str:
    if not size:
        return ""
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


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


def hash_of(path: Path) -> str:
    """The hash that a workflow pins, or what keeps it from being known."""
    try:
        return stored_hashes().of_path(path)
    except OSError as error:
        return f"unreadable: {error.strerror or error}"
