"""`loom nodes`: the catalogue."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from app.cli.options import JSON, open_nodes
from app.cli.report import count, say_json, say_table
from app.session import open_registry
from engine.graph.errors import LoomError
from engine.graph.params import Param
from engine.graph.registry import PackReport, Registry, suggestion
from engine.graph.spec import NodeSpec, Place, Port

TITLES = ("NODE", "LABEL", "RUNS ON", "PACK", "WHAT IT DOES")
PLACES: dict[Place, str] = {
    "device": "runs on the device",
    "cpu": "runs on the processor, beside the device",
    "io": "waits for disks or networks, beside the device",
}


@click.command(short_help="List the node types, or describe one.")
@click.argument("type_id", metavar="[ID]", default="")
@click.option("--packs", is_flag=True, help="List the packs that the nodes come from.")
@JSON
def nodes(type_id: str, packs: bool, as_json: bool) -> None:
    """List all node types, or say what the one called ID takes, gives and does."""
    if packs:
        _list_packs(open_registry().packs, as_json)
        return
    registry = open_nodes()
    if type_id:
        spec = _found(type_id, registry)
        if as_json:
            say_json(_as_data(spec, registry))
        else:
            _describe(spec, registry)
        return
    specs = sorted(registry, key=lambda spec: spec.id)
    if as_json:
        say_json([_as_data(spec, registry) for spec in specs])
    else:
        rows = [
            (spec.id, spec.label, spec.runs_on, _pack(spec, registry), spec.summary)
            for spec in specs
        ]
        say_table([TITLES, *rows])


def _found(type_id: str, registry: Registry) -> NodeSpec:
    """The node type of this id; LoomError with those that may be meant."""
    spec = registry.find(type_id)
    if spec is None:
        ids = [spec.id for spec in registry]
        same = [name for name in ids if name.endswith(f".{type_id}")]
        near = (
            f" Did you mean {' or '.join(map(repr, same))}?" if same else suggestion(type_id, ids)
        )
        remedy = f"`loom nodes` lists them.{near}"
        raise LoomError(f"There is no node type {type_id!r}.", remedy=remedy)
    return spec


def _list_packs(packs: list[PackReport], as_json: bool) -> None:
    """Each pack with what it declares, and what of it can't be used."""
    if as_json:
        say_json([asdict(pack) for pack in packs])
        return
    for pack in packs:
        version = f" {pack.version}" if pack.version else ""
        origin = f"  ({pack.origin})" if pack.origin else ""
        click.echo(f"{pack.name}{version}  {count(len(pack.nodes), 'node')}{origin}")
        if pack.summary:
            click.echo(f"  {pack.summary}")
        if pack.nodes:
            click.echo(f"  {', '.join(pack.nodes)}")
        for failure in pack.failures:
            click.echo(f"  can't be used: {failure}")


def _pack(spec: NodeSpec, registry: Registry) -> str:
    """The distribution that a node comes from, or the name of its pack in a folder of packs."""
    pack = registry.pack_of(spec.id)
    if pack is None:
        return ""
    return pack.name if not pack.origin or Path(pack.origin).is_absolute() else pack.origin


def _describe(spec: NodeSpec, registry: Registry) -> None:
    about = [f"version {spec.version}", spec.nature, PLACES[spec.runs_on]]
    if pack := _pack(spec, registry):
        about.append(f"from {pack}")
    click.echo(f"{spec.id}  {spec.label}  ({', '.join(about)})\n")
    click.echo(f"{spec.help}\n")
    for title, rows in (
        ("inputs", [_port_row(port) for port in spec.inputs.values()]),
        ("parameters", [_param_row(param) for param in spec.params.values()]),
        ("outputs", [(port.name, port.type.describe()) for port in spec.outputs.values()]),
    ):
        if rows:
            click.echo(title)
            say_table([(f"  {row[0]}", *row[1:]) for row in rows])


def _port_row(port: Port) -> tuple[str, str]:
    notes = ["" if port.required else ", optional", ", never loaded" if port.handle_only else ""]
    return port.name, port.type.describe() + "".join(notes)


def _param_row(param: Param) -> tuple[str, str]:
    default = "must be given" if param.required else f"default {param.default!r}"
    return param.name, f"{param.describe()}; {default}"


def _as_data(spec: NodeSpec, registry: Registry) -> dict[str, Any]:
    return {
        "id": spec.id,
        "label": spec.label,
        "version": spec.version,
        "nature": spec.nature,
        "runs_on": spec.runs_on,
        "pack": _pack(spec, registry),
        "help": spec.help,
        "inputs": {
            name: {
                "type": port.type.describe(),
                "required": port.required,
                "handle_only": port.handle_only,
            }
            for name, port in spec.inputs.items()
        },
        "params": {
            name: {
                "takes": param.describe(),
                "required": param.required,
                **({} if param.required else {"default": param.default}),
            }
            for name, param in spec.params.items()
        },
        "outputs": {name: port.type.describe() for name, port in spec.outputs.items()},
    }
