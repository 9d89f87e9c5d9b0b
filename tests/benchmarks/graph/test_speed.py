"""The engine's budgets: plans, kept nodes, nodes that run, and what starts without torch."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from engine.graph.cache import Cache, Entry
from engine.graph.executor import Executor
from engine.graph.graph import Graph
from engine.graph.registry import Registry
from engine.graph.sweep import Axis
from tests.benchmarks.graph.table import Table
from tests.engine.graph import composites, stubs

pytestmark = pytest.mark.bench

ROOT = Path(__file__).resolve().parents[3]


def best(work: Callable[[], object], times: int = 7) -> float:
    """Seconds of processor time that the quickest of several calls took."""
    taken: list[float] = []
    for _ in range(times):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


@pytest.mark.parametrize("kept", [False, True])
def test_plans_are_quick_and_linear(table: Table, kept: bool):
    seconds: dict[int, float] = {}
    for size, limit in ((300, 0.010), (3000, None)):
        executor, graph = Executor(stubs.registry()), stubs.chain(size)
        if kept:
            executor.run(graph)
        seconds[size] = best(lambda executor=executor, graph=graph: executor.plan(graph))
        what = f"plan of a chain of {size}, {'all kept' if kept else 'nothing kept'}"
        table.add(what, seconds[size], limit)
    assert seconds[3000] < 20 * seconds[300]


def zone(iterations: int) -> Graph:
    """start → so many times (step → clamp) → end."""
    return composites.loop(iterations)


def instances(count: int) -> Graph:
    """So many instances of a subgraph of two nodes, one after the other."""
    graph = Graph()
    graph.define("affine", composites.affine())
    graph.add("math.number", "n")
    last = "n.int"
    for place in range(count):
        graph.add("subgraph:affine", f"i{place}", inputs={"x": last})
        last = f"i{place}.y"
    graph.set_outputs([f"i{count - 1}"])
    return graph


@pytest.mark.parametrize(
    ("what", "make", "most"), [("a zone", zone, 2.2), ("instances", instances, 3)]
)
def test_what_is_written_out_is_planned_in_about_twice_the_time(
    table: Table, what: str, make: Callable[[int], Graph], most: float
):
    seconds: dict[int, float] = {}
    for count in (150, 1500):
        executor, graph = Executor(stubs.registry()), make(count)
        plain = stubs.chain(2 * count + 2)
        alone = best(lambda executor=executor, plain=plain: executor.plan(plain))
        seconds[count] = best(lambda executor=executor, graph=graph: executor.plan(graph))
        table.add(f"plan of {what} of {2 * count} nodes", seconds[count], most * alone)
    assert seconds[1500] < 20 * seconds[150]


def test_cells_that_share_most_of_a_graph_are_planned_in_what_differs(table: Table):
    for cells in (10, 100):
        graph = stubs.chain(300)
        graph.set_axis("n290.b", Axis(tuple(range(cells))))
        executor = Executor(stubs.registry())
        nodes = 290 + 10 * cells
        seconds = best(lambda executor=executor, graph=graph: executor.plan(graph), 3)
        table.add(f"plan of {cells} cells of a chain of 300 ({nodes} nodes)", seconds)
    assert seconds < 0.5


def test_a_cached_node_costs_little(table: Table):
    executor, graph = Executor(stubs.registry()), stubs.chain(1000)
    executor.run(graph)
    table.add("run, for each node kept in memory", best(lambda: executor.run(graph)) / 1000, 50e-6)
    zones = zone(500)
    executor.run(zones)
    seconds = best(lambda: executor.run(zones)) / 1002
    table.add("run, for each node of a zone kept in memory", seconds)


def test_a_new_process_finds_what_was_kept(table: Table, tmp_path: Path):
    graph = stubs.chain(300)
    Executor(stubs.registry(), cache=Cache(tmp_path)).run(graph)

    def again() -> None:
        assert Executor(stubs.registry(), cache=Cache(tmp_path)).run(graph).ran == ()

    table.add("run, for each node kept on disk", best(again) / 300, 150e-6)


@pytest.mark.parametrize("place", ["device", "cpu"])
def test_a_node_that_runs_costs_little_more(table: Table, tmp_path: Path, place: str):
    registry = Registry()
    for spec in stubs.registry():
        registry.add(replace(spec, runs_on=place))
    graph = stubs.chain(1000)
    for name, folder in (("memory", None), ("memory and disk", tmp_path / "cache")):
        executor = Executor(registry, cache=Cache(folder))
        seconds = best(lambda executor=executor: executor.run(graph, fresh=True), 3) / 1000
        table.add(f"run, for each node called ({place}), kept in {name}", seconds)


def test_a_picture_comes_from_disk(table: Table, tmp_path: Path):
    import torch

    import engine.runtime.codecs  # noqa: F401  (registers how pictures are kept)
    from engine.diffusion.values import Image

    value = Image(torch.rand(1, 3, 512, 512))
    entry = Entry("a", {"image": "d"}, 1.0, size=3 << 20)
    Cache(tmp_path, memory=0).store(("a",), entry, {"image": value})
    cache = Cache(tmp_path, memory=0)

    def hit() -> None:
        assert cache.load(cache.find(["a"])["a"])["image"].pixels.shape == value.pixels.shape

    hit()
    table.add("a picture of 512², kept on disk", best(hit), 0.010)
    cache.close()


@pytest.mark.parametrize("command", [["nodes"], ["check", "workflows/text_to_image.json"]])
def test_commands_start_without_torch(table: Table, tmp_path: Path, command: list[str]):
    code = (
        "import sys, time; from app.cli import main\n"
        f"sys.argv = ['loom', *{command!r}]\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([name for name in ('torch', 'numpy', 'transformers') if name in sys.modules])"
    )
    # As an installed program starts: modules are compiled once, not each time.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    taken: list[float] = []
    for _ in range(5):
        began = os.times()
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=True,
        )
        ended = os.times()
        assert done.stdout.splitlines()[-1] == "[]"
        user = ended.children_user - began.children_user
        taken.append(user + ended.children_system - began.children_system)
    table.add(f"loom {command[0]}, a process of its own", min(taken), 0.5)
