"""The engine's budgets: a plan of 300 nodes in 10 ms, linear to 3,000; 50 µs a cached node."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.graph.cache import Cache
from engine.graph.executor import Executor
from tests.engine.graph import stubs

pytestmark = pytest.mark.bench


def best(work: Callable[[], object], times: int = 7) -> float:
    """Seconds of processor time that the quickest of several calls took."""
    taken: list[float] = []
    for _ in range(times):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


@pytest.mark.parametrize("kept", [False, True])
def test_plans_are_quick_and_linear(kept: bool):
    seconds: dict[int, float] = {}
    for size in (300, 3000):
        executor, graph = Executor(stubs.registry()), stubs.chain(size)
        if kept:
            executor.run(graph)
        seconds[size] = best(lambda executor=executor, graph=graph: executor.plan(graph))
        print(f"plan of {size} nodes, kept={kept}: {seconds[size] * 1e3:.2f} ms")
    assert seconds[300] < 0.010
    assert seconds[3000] < 20 * seconds[300]


def test_a_cached_node_costs_little():
    executor, graph = Executor(stubs.registry()), stubs.chain(1000)
    executor.run(graph)
    each = best(lambda: executor.run(graph)) / 1000
    print(f"a cached node: {each * 1e6:.1f} µs")
    assert each < 50e-6


def test_a_new_process_finds_what_was_kept(tmp_path: Path):
    graph = stubs.chain(300)
    Executor(stubs.registry(), cache=Cache(tmp_path)).run(graph)
    began = time.process_time()
    result = Executor(stubs.registry(), cache=Cache(tmp_path)).run(graph)
    taken = time.process_time() - began
    print(f"300 nodes found on disk: {taken * 1e3:.1f} ms")
    assert result.ran == ()
    assert taken < 0.050
