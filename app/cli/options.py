"""Options that several commands take, and what they open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import click

from app.session import OUTPUT_FOLDER, open_registry, open_settings, open_workflow
from app.sheets import add_sheets
from engine.graph import workflow
from engine.graph.context import Settings
from engine.graph.graph import Graph
from engine.graph.interface import local_registry
from engine.graph.registry import Registry
from engine.graph.sweep import parse_axis

F = TypeVar("F", bound=Callable[..., Any])

FILE = click.argument("file", type=click.Path(path_type=Path))
SET = click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="NODE.PARAM=VALUE",
    help="Give a parameter another value; may be repeated.",
)
OUT = click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help=f"The folder to save to; {OUTPUT_FOLDER} by default.",
)
MODELS = click.option(
    "--models",
    "folders",
    multiple=True,
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder to look for models in, before the usual ones; may be repeated.",
)
SEED = click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Use it for every seed.")
SWEEP = click.option(
    "--sweep",
    "sweeps",
    multiple=True,
    metavar="NODE.PARAM=VALUES",
    help="Run for each of 3,5,7 or 0..3 or 0..1..0.25 or the lines of @prompts.txt; "
    "several sweeps make a grid.",
)
ZIP = click.option("--zip", "zipped", is_flag=True, help="Let sweeps move together, not cross.")
SHEET = click.option(
    "--sheet/--no-sheet",
    default=True,
    help="Save one more picture that has those of all cells of a sweep, with labels; the default.",
)
ATTENTION = click.option(
    "--attention",
    default="",
    metavar="auto|sdpa|native|xformers|sliced",
    help="How attention is computed; `native` is a kernel for CPUs with AVX-512, compiled where it "
    "runs, `sliced` takes the least memory, `sliced:64` at most 64 MiB for a slice. LOOM_ATTENTION "
    "or the fastest by default.",
)
VRAM = click.option(
    "--vram",
    default="",
    metavar="SIZE",
    help="What models and their work may take of the graphics card's memory, as 6GB. Loom then "
    "computes in parts, or brings weights in a part at a time, as much as it must. LOOM_VRAM or "
    "all that is free by default.",
)
RAM = click.option(
    "--ram",
    default="",
    metavar="SIZE",
    help="The same of the computer's memory, where models run on the CPU. LOOM_RAM or most of it "
    "by default.",
)
COMPILE = click.option(
    "--compile",
    "compiled",
    is_flag=True,
    help="Have torch compile the layers that repeat, on a graphics card: the first run takes "
    "minutes longer, and later ones find on disk what was compiled. LOOM_COMPILE=1 does the same.",
)
TF32 = click.option(
    "--tf32",
    is_flag=True,
    help="Let a graphics card round what it multiplies in float32 to 10 bits, which is faster and "
    "errs by about 0.001. LOOM_TF32=1 does the same.",
)
CUDA_GRAPHS = click.option(
    "--cuda-graphs",
    "graphs",
    is_flag=True,
    help="Have a graphics card repeat a step as it was told once; what that saves has not been "
    "measured. LOOM_CUDA_GRAPHS=1 does the same.",
)
JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON for programs.")


@dataclass(frozen=True)
class Job:
    """What a command works on."""

    graph: Graph
    registry: Registry
    settings: Settings


def workflow_options(command: F) -> F:
    """The argument and options of every command that opens a workflow; see `open_job`."""
    for option in (JSON, MODELS, OUT, SET, FILE):
        command = option(command)
    return command


def open_nodes() -> Registry:
    """All node types; a line on stderr for each module of a pack that can't be used."""
    registry = open_registry()
    for pack in registry.packs:
        for failure in pack.failures:
            click.echo(f"A part of the node pack {pack.name} can't be used: {failure}", err=True)
    return registry


def open_job(
    file: Path, assignments: tuple[str, ...], out: Path | None, folders: tuple[Path, ...]
) -> Job:
    """A workflow with its parameters set, its nodes and its folders; LoomError says what fails."""
    registry = open_nodes()
    graph = open_workflow(file, registry)
    for assignment in assignments:
        workflow.set_param(graph, registry, assignment)
    return Job(graph, registry, open_settings(file, folders, out))


def speed_options(command: F) -> F:
    """The options of every command whose plan or run they change; see `Switches`."""
    for option in (CUDA_GRAPHS, TF32, COMPILE):
        command = option(command)
    return command


def sweep_options(command: F) -> F:
    """The options of every command that can sweep; see `add_sweeps`."""
    for option in (SHEET, ZIP, SWEEP):
        command = option(command)
    return command


def add_sweeps(job: Job, sweeps: tuple[str, ...], zipped: bool, sheet: bool) -> None:
    """Add axes to a job's graph, `zipped` with the first of them as the one to go along.

    With `sheet` the pictures are put together as well, where the workflow does not do so itself.
    """
    registry = local_registry(job.graph, job.registry)
    leader = ""
    for text in sweeps:
        target, axis = parse_axis(job.graph, registry, text)
        job.graph.set_axis(target, replace(axis, along=leader))
        if zipped and not leader:
            leader = target
    if sheet:
        add_sheets(job.graph, job.registry)
