"""`loom nodes`: the catalogue."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from app.cli.options import JSON, open_nodes
from app.cli.report import count, say_json, say_table
from app.session import open_registry
from engine.graph.params import Param
from engine.graph.registry import PackReport
from engine.graph.spec import NodeSpec, Port


@click.command()
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
        spec = registry.get(type_id)
        if as_json:
            say_json(_as_data(spec))
        else:
            _describe(spec)
        return
    specs = sorted(registry, key=lambda spec: spec.id)
    if as_json:
        say_json([_as_data(spec) for spec in specs])
    else:
        say_table([(spec.id, spec.label, spec.summary) for spec in specs])


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


def _describe(spec: NodeSpec) -> None:
    click.echo(f"{spec.id}  {spec.label}  (version {spec.version}, {spec.nature})\n")
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
    return port.name, port.type.describe() + ("" if port.required else ", optional")


def _param_row(param: Param) -> tuple[str, str]:
    default = "must be given" if param.required else f"default {param.default!r}"
    return param.name, f"{param.describe()}; {default}"


def _as_data(spec: NodeSpec) -> dict[str, Any]:
    return {
        "id": spec.id,
        "label": spec.label,
        "version": spec.version,
        "nature": spec.nature,
        "help": spec.help,
        "inputs": {
            name: {"type": port.type.describe(), "required": port.required}
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
