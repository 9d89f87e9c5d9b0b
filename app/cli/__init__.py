"""The command line: `loom run | check | plan | …`, each command in a module of its own."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from app.cli.report import BAD_INPUT, INTERRUPTED, say_error
from engine.graph.errors import LoomError

# The commands in the order in which people meet them; two of them share a module.
COMMANDS = (
    *("gui", "run", "check", "plan", "verify", "queue", "lock", "unlock", "diff", "migrate"),
    *("pack", "script", "nodes", "types", "models", "convert", "fetch", "publish"),
)
MODULES = {"unlock": "lock", "publish": "fetch"}


class Commands(click.Group):
    """Loads the command that is asked for; turns what it raises into a message and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        found = import_module(f"app.cli.{MODULES.get(cmd_name, cmd_name)}")
        return getattr(found, cmd_name)

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
