"""`python -m app.cli` is the command `loom`."""

from app.cli import main

main(prog_name="loom")
