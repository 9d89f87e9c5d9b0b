"""`loom types`: what wires carry, and what is used where something else is asked for."""

from __future__ import annotations

import click

from app.cli.options import JSON, open_nodes
from app.cli.report import say_json, say_table
from engine.graph.types import conversions, kinds


@click.command(short_help="List the kinds of values, and how they convert.")
@JSON
def types(as_json: bool) -> None:
    """List the kinds of values that wires carry, and the conversions that are made on wires.

    Facets of a kind say which family of models a value belongs to; wires whose facets differ are
    refused.
    """
    open_nodes()
    if as_json:
        say_json(
            {
                "kinds": [{"name": kind.name, "facets": list(kind.facets)} for kind in kinds()],
                "conversions": [way.as_data() for way in conversions()],
            }
        )
        return
    say_table([(kind.name, ", ".join(kind.facets)) for kind in kinds()])
    click.echo("\nconversions")
    say_table([(f"  {way.source} → {way.target}", way.note) for way in conversions()])
