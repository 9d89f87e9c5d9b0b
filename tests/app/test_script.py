"""Workflows as Python scripts: they compute what a run computes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from app.cli import main

WORKFLOWS = Path(__file__).parents[2] / "workflows"


def written(name: str, tmp_path: Path, *arguments: str) -> str:
    found = CliRunner().invoke(main, ["script", str(WORKFLOWS / f"{name}.json"), *arguments])
    assert found.exit_code == 0, found.output
    return found.stdout


@pytest.mark.slow
@pytest.mark.parametrize("name", ["text_to_image", "mask_and_composite"])
def test_a_script_makes_the_same_pixels(name, tmp_path, monkeypatch):
    monkeypatch.setenv("LOOM_CACHE", str(tmp_path / "cache"))
    run = [str(WORKFLOWS / f"{name}.json"), "--out", str(tmp_path / "run")]
    assert CliRunner().invoke(main, ["run", *run]).exit_code == 0
    file = tmp_path / "script.py"
    file.write_text(written(name, tmp_path, "--out", str(tmp_path / "script")))
    root = str(WORKFLOWS.parent)
    subprocess.run(
        [sys.executable, str(file)], check=True, env={**os.environ, "PYTHONPATH": root}, cwd=root
    )
    theirs, ours = (sorted((tmp_path / who).glob("*.png")) for who in ("run", "script"))
    assert [one.name for one in theirs] == [one.name for one in ours] != []
    for one, other in zip(theirs, ours, strict=True):
        assert np.array_equal(Image.open(one), Image.open(other))


def test_zones_and_sweeps_are_written_out(tmp_path):
    text = written("loop_opened", tmp_path)
    compile(text, "loop_opened.py", "exec")
    assert text.count("step(") == 25
    text = written("scheduler_comparison", tmp_path)
    assert text.count('solver(name="') == 6


def test_a_new_seed_is_drawn_where_the_workflow_has_none(tmp_path):
    file = tmp_path / "random.json"
    file.write_text('{"loom": 1, "nodes": {"class": {"type": "noise.seed", "version": 1}}}')
    found = CliRunner().invoke(main, ["script", str(file)])
    # The id is a word of Python's own, and the seed's default is to draw one.
    assert "class_2 = seed(" in found.stdout or "class_2 = noise_seed(" in found.stdout


def test_problems_are_told_as_ever(tmp_path):
    file = tmp_path / "bad.json"
    file.write_text('{"loom": 1, "nodes": {"decode": {"type": "vae.decode", "version": 1}}}')
    found = CliRunner().invoke(main, ["script", str(file)])
    assert found.exit_code == 2 and "Decode needs VAE" in found.stderr
