"""The quick look whether a workflow keeps to the schema agrees with the full validator."""

import copy
import json
import random
from pathlib import Path

import jsonschema
import pytest

from engine.graph import schema

ROOT = Path(__file__).resolve().parents[3]
SCHEMA = json.loads((ROOT / "engine" / "graph" / "workflow.schema.json").read_text())
FILES = sorted((ROOT / "workflows").rglob("*.json"))
WRONG = (None, True, -1, 0, 1.5, "", "a b", "node.port", [], ["a.b"], [3], {}, {"file": 1})


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_workflow_of_the_gallery_fits(path: Path):
    assert schema.fits(json.loads(path.read_text()), SCHEMA, SCHEMA)


def test_it_agrees_with_the_full_validator():
    draw = random.Random(4)
    full = jsonschema.Draft202012Validator(SCHEMA)
    whole = json.loads((ROOT / "workflows" / "text_to_image.json").read_text())
    whole["sweep"] = {"denoise.steps": {"from": 1, "to": 9}, "seed.value": [1, 2]}
    whole["definitions"] = {
        "part": {
            "inputs": ["steps"],
            "nodes": {"noise": {"type": "noise.seed", "state": "muted", "locks": {"/a": "key"}}},
            "outputs": {"noise": "noise.noise"},
        }
    }
    assert schema.fits(whole, SCHEMA, SCHEMA) and full.is_valid(whole)
    verdicts: list[bool] = []
    for _ in range(600):
        data = copy.deepcopy(whole)
        spoil(data, draw)
        verdicts.append(schema.fits(data, SCHEMA, SCHEMA))
        assert verdicts[-1] == full.is_valid(data), data
    assert 50 < sum(verdicts) < 550


def test_what_it_does_not_know_it_does_not_approve():
    assert not schema.fits({}, {"type": "object", "maxProperties": 3}, {})


def spoil(data: dict, draw: random.Random) -> None:
    """Change, remove or add something at a random place."""
    here = data
    while isinstance(here, dict) and here and draw.random() < 0.75:
        inner = here[draw.choice(list(here))]
        if not isinstance(inner, dict):
            break
        here = inner
    name = draw.choice(list(here) or ["new"])
    match draw.randrange(3):
        case 0:
            here[name] = draw.choice(WRONG)
        case 1:
            here.pop(name, None)
        case _:
            here[draw.choice(("new", "a.b", "a b", "state", "values"))] = draw.choice(WRONG)
