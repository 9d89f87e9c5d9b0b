"""`loom run --ram` keeps within a budget, says how, and the picture records it."""

import json
from pathlib import Path

import pytest
from PIL import Image

from engine.runtime import pool


@pytest.fixture(autouse=True)
def a_pool_of_its_own(monkeypatch):
    monkeypatch.setattr(pool, "_shared", None)
    monkeypatch.setattr(pool, "_shared_budget", None)


def test_a_budget_is_kept_said_and_recorded(loom, picture_workflow):
    plenty = loom("run", *picture_workflow)
    assert plenty.exit_code == 0, plenty.output
    first = Path(plenty.stdout.splitlines()[-1])
    pool._shared = None
    tight = loom("run", *picture_workflow, "--fresh", "--ram", "1MB")
    assert tight.exit_code == 0, tight.output
    assert "denoise: To keep within 1 MB: " in tight.stderr
    second = Path(tight.stdout.splitlines()[-1])
    made = [
        json.loads(Image.open(path).info["latent-loom"])["environment"] for path in (first, second)
    ]
    assert "memory" not in made[0]
    assert made[1]["memory"] == "ram 1 MB"


def test_a_plan_says_how_models_would_be_held_and_loads_none(loom, picture_workflow):
    found = loom("plan", *picture_workflow, "--ram", "1MB", "--json")
    assert found.exit_code == 0, found.output
    told = {step["node"]: step["memory"] for step in json.loads(found.stdout)["steps"]}
    assert told["denoise"]["weights"] > 1 << 19
    assert "; the budget is 1 MB" in told["denoise"]["words"]
    assert told["save"] is None
    text = loom("plan", *picture_workflow, "--ram", "1MB").stdout
    assert f"memory   denoise    {told['denoise']['words']}" in text
    assert pool._shared is None


def test_what_is_no_size_is_refused_before_anything_runs(loom, picture_workflow):
    found = loom("run", *picture_workflow, "--vram", "plenty")
    assert found.exit_code == 2
    assert "--vram is 'plenty'. Give a size like 6GB or 512MB." in found.stderr
