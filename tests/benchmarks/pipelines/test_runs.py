"""Whole pictures: ours through the graph executor, theirs by a pipeline, in turn."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
import torch

from engine.graph.workflow import dumps, from_json
from engine.runtime.packing import can_pack
from tests.benchmarks.pipelines import inputs
from tests.benchmarks.pipelines.conftest import Put
from tests.benchmarks.pipelines.ours import graph
from tests.benchmarks.pipelines.test_parts import fields
from tests.benchmarks.pipelines.turns import ROOT, Pair, pair

pytestmark = [pytest.mark.bench, pytest.mark.full]
TABLE = "Whole runs on the CPU"
SWEEP_SIZE, SWEEP_STEPS = 128, 4
fresh = count(1000)  # seeds that no run has had


@pytest.fixture(scope="module", params=["float32", "bfloat16"])
def both(request: pytest.FixtureRequest, large_model: Path) -> Iterator[tuple[str, Pair]]:
    dtype: str = request.param
    if not can_pack(getattr(torch, dtype)):
        pytest.skip(f"this processor has no {dtype}")
    with pair(large_model, "cpu", dtype) as found:
        yield dtype, found


@pytest.fixture(scope="module")
def settings(size: int, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    out = str(tmp_path_factory.mktemp("out"))
    return {"size": size, "steps": inputs.STEPS, "prompt": inputs.PROMPT, "out": out}


def test_whole_run(both: tuple[str, Pair], size: int, settings: dict[str, object], put: Put):
    """Everything new; then what a second run costs where only one thing changed.

    The reference has nothing to take up: each of its runs is a whole one.
    """
    dtype, found = both
    at = f"{inputs.STEPS} steps, {size}², {dtype}"
    ours, theirs = found.workers["ours"], found.workers["theirs"]
    for worker in (ours, theirs):
        worker.do("picture", **{**settings, "steps": 2}, seed=next(fresh))
    whole = found.in_turn(
        "picture", 1, warm=0, **{**settings, "prompt": "a small fish"}, seed=next(fresh)
    )
    put(TABLE, f"a picture, {at}", **fields(whole), aim=0.90)
    put(
        TABLE,
        f"peak memory, {at}",
        *(whole.peaks[who] / 1e9 for who in ("ours", "theirs")),
        unit="GB",
        aim=0.9,
    )
    reference = whole.theirs[0]
    seed = next(fresh)
    changes = {
        "a new seed": {"prompt": "a small fish", "seed": seed},
        "only the prompt changed": {"seed": seed},
        "only the last fifth changed": {"seed": seed, "refined": 6.0},
        "nothing changed": {"seed": seed, "refined": 6.0},
    }
    for what, change in changes.items():
        if what == "only the last fifth changed":
            ours.do("picture", **{**settings, **change, "refined": 5.0})
        took = ours.do("picture", **{**settings, **change})["seconds"]
        put(TABLE, f"{what}, {at}", took, reference)


def test_sweep(both: tuple[str, Pair], settings: dict[str, object], put: Put):
    dtype, found = both
    prompts = ["a fish", "a cat", "a dog", "a red cat", "a blue dog"]
    seeds = [next(fresh) for _ in range(5)]
    sizes = {"size": SWEEP_SIZE, "steps": SWEEP_STEPS, "out": settings["out"]}
    seconds = {}
    for who, worker in found.workers.items():
        worker.do("picture", prompt="a", seed=next(fresh), **sizes)
        seconds[who] = worker.do("sweep", prompts=prompts, seeds=seeds, **sizes)["seconds"]
    what = f"5×5 prompts and seeds, {SWEEP_STEPS} steps, {SWEEP_SIZE}², {dtype}"
    put(TABLE, what, seconds["ours"], seconds["theirs"])


def test_restart(large_model: Path, size: int, put: Put, tmp_path: Path):
    """A program that runs a workflow again which it has run before, and how long it takes to say
    its version: the difference is what the run takes.
    """
    file = tmp_path / "picture.json"
    data = graph(large_model.name, size, 1, inputs.PROMPT, next(fresh))
    file.write_text(dumps(from_json(data)), encoding="utf-8")
    loom = [sys.executable, "-m", "app.cli"]
    run = [*loom, "run", file, "--models", large_model.parent, "--out", tmp_path / "out"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LOOM_CACHE": str(tmp_path / "kept")}

    def seconds(command: list[object]) -> float:
        began = time.perf_counter()
        subprocess.run(list(map(str, command)), check=True, env=environment, stdout=2)
        return time.perf_counter() - began

    seconds(run)
    started = min(seconds([*loom, "--help"]) for _ in range(5))
    again = min(seconds(run) for _ in range(5))
    put("Restart", f"restart and unchanged re-run, {size}²", again, note="least of 5")
    put(
        "Restart",
        f"the same above the start of the program, {size}²",
        again - started,
        note="≤ 0.1 s",
    )
