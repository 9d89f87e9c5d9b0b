"""Random graphs, edits, cancels and cache sizes: what must hold for all of them."""

from __future__ import annotations

import random
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.graph import events
from engine.graph.cache import Cache
from engine.graph.executor import Executor, Result
from engine.graph.graph import Graph
from tests.engine.graph import stubs

seeds = st.integers(0, 2**32)


def random_graph(rng: random.Random, size: int) -> Graph:
    graph = Graph()
    for index in range(size):
        above = [f"n{other}" for other in range(index)]
        kind = rng.choice(("number", "add", "clamp", "divide")) if above else "number"
        name = f"n{index}"
        if kind == "number":
            graph.add("math.number", name, params={"value": rng.randint(0, 30)})
        elif kind == "add":
            ends = {"a": port(graph, rng.choice(above)), "b": port(graph, rng.choice(above))}
            graph.add("math.add", name, inputs=ends)
        elif kind == "clamp":
            graph.add("math.clamp", name, inputs={"a": port(graph, rng.choice(above))})
        else:
            source = port(graph, rng.choice(above))
            graph.add("math.divide", name, version=3, inputs={"a": source})
    graph.set_outputs(rng.sample(list(graph.nodes), rng.randint(1, min(3, size))))
    return graph


def port(graph: Graph, name: str) -> str:
    return f"{name}.whole" if graph.nodes[name].type == "math.divide" else f"{name}.int"


def edit(graph: Graph, rng: random.Random) -> None:
    """Change a parameter or a link so that the graph stays right."""
    node = graph.nodes[rng.choice(list(graph.nodes))]
    if node.type == "math.number":
        graph.set_param(node.id, "value", rng.randint(0, 30))
    elif node.type == "math.clamp" and rng.random() < 0.5:
        graph.set_param(node.id, "high", rng.randint(0, 30))
    elif node.type == "math.divide" and rng.random() < 0.5:
        graph.set_param(node.id, "by", rng.randint(1, 9))
    else:
        above = list(graph.nodes)[: int(node.id[1:])]
        graph.connect(port(graph, rng.choice(above)), f"{node.id}.a")


def values(result: Result) -> dict[str, int]:
    return {name: result.value(port(result.graph, name)) for name in result.graph.outputs}


def fresh_values(graph: Graph) -> dict[str, int]:
    return values(Executor(stubs.registry()).run(graph))


def ancestors_changed(before: Graph, after: Graph) -> set[str]:
    """The nodes whose own parameters or links, or those of a node above them, differ."""
    own = {name for name in after.nodes if before.nodes[name] != after.nodes[name]}
    return {name for name in after.nodes if after.upstream([name]) & own}


@given(seeds, st.integers(1, 20), st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_any_edit_runs_only_what_it_reaches_and_gives_what_a_fresh_run_gives(seed, size, edits):
    rng = random.Random(seed)
    graph = random_graph(rng, size)
    executor = Executor(stubs.registry())
    executor.run(graph, graph.nodes)
    for _ in range(edits):
        before = graph.copy()
        edit(graph, rng)
        result = executor.run(graph)
        assert set(result.ran) <= ancestors_changed(before, graph) & graph.upstream(graph.outputs)
        assert values(result) == fresh_values(graph)
        assert executor.run(graph).ran == ()
        executor.run(graph, graph.nodes)


@given(seeds, st.integers(1, 20))
@settings(max_examples=60, deadline=None)
def test_each_node_runs_after_what_it_reads(seed, size):
    graph = random_graph(random.Random(seed), size)
    ran = Executor(stubs.registry()).run(graph).ran
    place = {name: index for index, name in enumerate(ran)}
    for link in graph.links():
        if link.node in place and link.source.node in place:
            assert place[link.source.node] < place[link.node]
    assert set(ran) <= graph.upstream(graph.outputs)


@given(seeds, st.integers(2, 20), st.integers(0, 3000))
@settings(max_examples=60, deadline=None)
def test_eviction_never_changes_results(seed, size, memory):
    rng = random.Random(seed)
    graph = random_graph(rng, size)
    executor = Executor(stubs.registry(), cache=Cache(memory=memory))
    for _ in range(3):
        assert values(executor.run(graph)) == fresh_values(graph)
        edit(graph, rng)


@given(seeds, st.integers(1, 15), st.integers(0, 15))
@settings(max_examples=60, deadline=None)
def test_a_cancel_anywhere_leaves_a_cache_that_is_right(seed, size, stop):
    graph = random_graph(random.Random(seed), size)
    executor = Executor(stubs.registry())
    cancel = threading.Event()
    started: list[str] = []

    def listen(event: events.Event) -> None:
        if isinstance(event, events.Started):
            started.append(event.node)
            if len(started) > stop:
                cancel.set()

    first = executor.run(graph, emit=listen, cancel=cancel)
    second = executor.run(graph)
    assert not set(first.ran) & set(second.ran)
    assert values(second) == fresh_values(graph)


@given(seeds, st.integers(1, 12), st.integers(0, 4000), st.booleans())
@settings(max_examples=25, deadline=None)
def test_disk_of_any_size_and_any_damage_never_changes_results(seed, size, cap, damage):
    rng = random.Random(seed)
    graph = random_graph(rng, size)
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("engine.graph.disk.SMALL", rng.choice((-1, 10, 4096)))
        for _ in range(3):
            cache = Cache(Path(folder), memory=0, disk=cap)
            assert values(Executor(stubs.registry(), cache=cache).run(graph)) == fresh_values(graph)
            cache.close()
            for path in Path(folder, "values").glob("*/*"):
                if damage and rng.random() < 0.5:
                    path.write_bytes(b"damage")
            edit(graph, rng)


@given(seeds, st.integers(1, 15))
@settings(max_examples=40, deadline=None)
def test_a_failure_blocks_exactly_its_descendants(seed, size):
    rng = random.Random(seed)
    graph = random_graph(rng, size)
    victim = rng.choice(list(graph.nodes))
    graph.add("math.fail", "bad", params={"a": 1})
    reader = graph.nodes[victim]
    graph.connect("bad.int", f"{victim}.{'value' if reader.type == 'math.number' else 'a'}")
    graph.set_outputs(list(graph.nodes))
    result = Executor(stubs.registry()).run(graph)
    below = {name for name in graph.nodes if "bad" in graph.upstream([name])} - {"bad"}
    assert set(result.blocked) == below
    assert set(result.failed) == {"bad"}
    assert set(result.ran) | set(result.cached) == set(graph.nodes) - below - {"bad"}
