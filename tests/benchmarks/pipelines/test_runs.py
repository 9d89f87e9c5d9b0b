"""Whole pictures: ours through the graph executor, theirs by a pipeline, in turn."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from engine.graph.cache import Cache
from engine.graph.executor import Executor
from engine.graph.workflow import dumps, from_json
from tests.benchmarks.conftest import Put
from tests.benchmarks.pipelines import inputs
from tests.benchmarks.pipelines.ours import graph
from tests.benchmarks.pipelines.test_parts import fields
from tests.benchmarks.pipelines.turns import PLACES, ROOT, SIDES, Pair
from tests.benchmarks.pipelines.watch import Watch
from tests.engine.graph import stubs

pytestmark = [pytest.mark.bench, pytest.mark.full]
CHAIN = 1000
# What must run where only the prompt changed: nothing else may.
WORK, SAVE = ("prompt", "denoise", "decode"), "save"
fresh = count(1000)  # seeds that no run has had


@pytest.fixture(scope="module")
def settings(size: int, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    out = str(tmp_path_factory.mktemp("out"))
    return {"size": size, "steps": inputs.STEPS, "prompt": inputs.PROMPT, "out": out}


def table(device: str) -> str:
    return f"Whole runs on {PLACES[device]}"


def test_whole_run(both: Pair, size: int, settings: dict[str, object], put: Put):
    """Everything new; then what a second run costs where only one thing changed.

    The reference has nothing to take up: each of its runs is a whole one.
    """
    here = table(both.device)
    at = f"{inputs.STEPS} steps, {size}², {both.dtype}"
    ours = both.workers["ours"]
    for worker in both.workers.values():
        worker.do("picture", **{**settings, "steps": 2}, seed=next(fresh))
    whole = both.in_turn(
        "picture", 1, warm=0, **{**settings, "prompt": "a small fish"}, seed=next(fresh)
    )
    put(here, f"a picture, {at}", **fields(whole), aim=0.90)
    peaks = (whole.peaks[who] / 1e9 for who in SIDES)
    put(here, f"peak memory, {at}", *peaks, unit="GB", aim=0.9)
    _put_share(put, here, at, whole.last["ours"])
    reference = whole.theirs[0]
    other = {"prompt": "a big fish", "seed": next(fresh)}
    changes = {
        "a new seed": {**other, "prompt": "a small fish"},
        "only the prompt changed": other,
        "only the last fifth changed": {**other, "refined": 6.0},
        "nothing changed": {**other, "refined": 6.0},
    }
    for what, change in changes.items():
        if what == "only the last fifth changed":
            ours.do("picture", **{**settings, **change, "refined": 5.0})
        found = ours.do("picture", **{**settings, **change})
        put(here, f"{what}, {at}", found["seconds"], reference)
        if what == "only the prompt changed":
            _put_parts(put, here, at, found)


def _put_share(put: Put, here: str, at: str, found: dict[str, Any]) -> None:
    """How long no node was at work, of a run and for each of its nodes, on the wall's clock."""
    between, nodes = found["between"], found["nodes"]
    put(here, f"executor's share, {at}", 100 * between / found["whole"], unit="%", aim=0.5)
    put(
        here,
        f"the executor, for each of {len(nodes)} nodes, {at}",
        1e3 * between / len(nodes),
        unit="ms",
    )


def _put_parts(put: Put, here: str, at: str, found: dict[str, Any]) -> None:
    """What text encoding, loop and decode of a run took, on the wall's clock."""
    assert sorted(found["ran"]) == sorted((*WORK, SAVE))
    parts = [found["nodes"][name] for name in WORK]
    each = " + ".join(f"{seconds:.3g}" for seconds in parts)
    note = f"{each} s: {100 * sum(parts) / found['whole']:.2f} % of it"
    put(here, f"its text encoding + loop + decode, {at}", sum(parts), note=note)


@pytest.mark.parametrize("kept", ["in memory", "on disk"])
def test_executor(kept: str, put: Put, tmp_path: Path):
    """What a node costs beside its work: a chain of nodes that add two numbers."""
    graph, seconds = stubs.chain(CHAIN), []
    for turn in range(5):
        cache = Cache(tmp_path / str(turn)) if kept == "on disk" else Cache()
        executor, watch, began = (
            Executor(stubs.registry(), cache=cache),
            Watch(),
            time.perf_counter(),
        )
        executor.run(graph, emit=watch)
        seconds.append(watch.report(time.perf_counter() - began)["between"] / CHAIN)
    what = f"the executor, for each of {CHAIN} nodes, results kept {kept}"
    put("The executor", what, 1e6 * median(seconds), unit="µs", note="median of 5")


def test_restart(large_model: Path, size: int, put: Put, tmp_path: Path):
    """A program that runs a workflow again which it has run before, and how long it takes to say
    what it can do: the difference is what the run takes. Both in seconds of processor.
    """
    file = tmp_path / "picture.json"
    data = graph(large_model.name, size, 1, inputs.PROMPT, next(fresh))
    file.write_text(dumps(from_json(data)), encoding="utf-8")
    loom = [sys.executable, "-m", "app.cli"]
    run = [*loom, "run", file, "--models", large_model.parent, "--out", tmp_path / "out"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LOOM_CACHE": str(tmp_path / "kept")}
    environment["LOOM_ATTENTION"] = ""  # as people run it

    def seconds(command: list[object]) -> float:
        before = os.times()
        subprocess.run(list(map(str, command)), check=True, env=environment, stdout=2)
        after = os.times()
        user = after.children_user - before.children_user
        return user + after.children_system - before.children_system

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
