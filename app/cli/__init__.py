"""The command line: `loom run | check | plan | …`, each command in a module of its own."""

from __future__ import annotations

from typing import Any

import click

from app.cli.check import check
from app.cli.convert import convert
from app.cli.diff import diff
from app.cli.fetch import fetch, publish
from app.cli.gui import gui
from app.cli.lock import lock, unlock
from app.cli.migrate import migrate
from app.cli.models import models
from app.cli.nodes import nodes
from app.cli.pack import pack
from app.cli.plan import plan
from app.cli.queue import queue
from app.cli.report import BAD_INPUT, INTERRUPTED, say_error
from app.cli.run import run
from app.cli.script import script
from app.cli.types import types
from app.cli.verify import verify
from engine.graph.errors import LoomError


class Commands(click.Group):
    """Turns what the commands raise into a message and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except LoomError as error:
            say_error(error)
            ctx.exit(BAD_INPUT)
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            ctx.exit(INTERRUPTED)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="latent-loom", prog_name="loom")
def main() -> None:
    """Run, check and look into Latent Loom workflows.

    Exit codes: 0 done, 1 a node failed (or, for comparisons, there are differences), 2 the input is
    wrong, 130 interrupted.
    """


for _command in (
    *(gui, run, check, plan, verify, queue, lock, unlock, diff, migrate, pack, script),
    *(nodes, types, models, convert, fetch, publish),
):
    main.add_command(_command)
