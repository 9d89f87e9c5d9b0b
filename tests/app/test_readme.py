"""What the README says can be done can be done."""

import re
from pathlib import Path

from click import Context

from app.cli import main
from engine.graph.registry import Registry

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_command_and_option_it_names_is_there(loom):
    named = set(re.findall(r"(?:`|bin/)loom (\w+)", TEXT))
    assert named and named <= set(main.list_commands(Context(main)))
    options = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]+", TEXT)) - {"--help"}
    told = "".join(loom(name, "--help").stdout for name in ("run", "convert", "models"))
    assert {option for option in options if option not in told} == set()


def test_every_workflow_it_lists_is_there():
    table = TEXT.partition("## The gallery")[2].partition("\n\nThose in `workflows/published`")[0]
    names = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    listed = {name for cell in names for name in re.findall(r"`(\w+)`", cell)}
    assert listed and listed <= {path.stem for path in (ROOT / "workflows").glob("*.json")}


def test_its_node_is_one(tmp_path):
    (code,) = (
        block for block in re.findall(r"```python\n(.*?)```", TEXT, re.S) if "@node" in block
    )
    (tmp_path / "dim.py").write_text(code)
    registry = Registry()
    (report,) = registry.load_folder(tmp_path)
    assert report.failures == () and registry.get("mine.dim").summary.startswith("Pictures with")
