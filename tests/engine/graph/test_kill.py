"""The disk tier comes back whole after a process was killed at any moment."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest

from engine.graph.blobs import blob_name
from engine.graph.cache import Cache
from engine.graph.disk import DiskTier
from engine.graph.executor import Executor
from engine.graph.graph import Graph
from tests.engine.graph import stubs

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL"),
]

LENGTH = 12
CAP = 30_000  # bytes: little enough that results are dropped all the time


def graph(value: int) -> Graph:
    found = Graph()
    found.add("noise.seed", "n0", params={"seed": value, "count": 8})
    for place in range(1, LENGTH):
        found.add(
            "math.sum", f"n{place}", params={"extra": place}, inputs={"items": "n0.stub_latents"}
        )
    return found


def run(folder: Path, value: int) -> list[int]:
    cache = Cache(folder, memory=0, disk=CAP)
    result = Executor(stubs.registry(), cache=cache).run(graph(value))
    assert result.ok
    found = [result.value(f"n{place}.total") for place in range(1, LENGTH)]
    cache.close()
    return found


def runs_without_end(folder: Path) -> None:
    value = 0
    while True:
        run(folder, value := (value + 1) % 30)


@pytest.mark.parametrize("small", [-1, 4096])
def test_fifty_kills_lose_nothing_but_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: int
):
    monkeypatch.setattr("engine.graph.disk.SMALL", small)
    rng = random.Random(small)
    kept = 0
    for _ in range(50):
        child = os.fork()
        if not child:
            runs_without_end(tmp_path)
        time.sleep(rng.uniform(0.001, 0.06))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        disk = DiskTier(tmp_path, CAP)
        assert disk.size <= CAP + 2000
        disk.close()
        for path in (tmp_path / "values").glob("*/*"):
            partial = path.name.endswith(".part")
            assert partial or blob_name(path.read_bytes()) == path.name
        value = rng.randrange(30)
        stubs.calls.clear()
        expected = sum(value + index for index in range(8))
        assert run(tmp_path, value) == [expected + place for place in range(1, LENGTH)]
        kept += not stubs.calls
    assert kept
