"""Random graphs, edits, cancels and cache sizes: what must hold for all of them.

Each example has its nodes run at places drawn by chance, so threads are part of all of it.
"""

from __future__ import annotations

import random
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.graph import events
from engine.graph.cache import Cache
from engine.graph.executor import Executor
from engine.graph.graph import Graph
from engine.graph.registry import Registry
from engine.graph.result import Result
from tests.engine.graph import stubs

seeds = st.integers(0, 2**32)

DEFAULTS: dict[str, dict[str, int]] = {
    "math.number": {"value": 0},
    "math.add": {"b": 0},
    "math.clamp": {"low": 0, "high": 10},
    "math.divide": {"by": 2},
}


def placed(rng: random.Random) -> Registry:
    """The stub nodes, each at a place drawn by chance."""
    registry = Registry()
    for spec in stubs.registry():
        registry.add(replace(spec, runs_on=rng.choice(("device", "cpu", "io"))))
    return registry


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


Work = tuple[str, tuple[tuple[str, int], ...]]


def worked_out(
    graph: Graph, locked: Mapping[str, dict[str, int]] | None = None
) -> tuple[dict[str, dict[str, int]], dict[str, Work]]:
    """The values of each node by port, and the work that each is: its type and what it is given.

    This says again, in the simplest way, what a graph means. `locked` has values that stay.
    """
    found: dict[str, dict[str, int]] = {}
    work: dict[str, Work] = {}
    for name in graph.order():
        node = graph.nodes[name]
        if locked and name in locked:
            found[name] = locked[name]
            continue
        given = {**DEFAULTS[node.type], **node.params}
        for port_name, (source,) in node.inputs.items():
            given[port_name] = found[source.node][source.port]
        work[name] = (node.type, tuple(sorted(given.items())))
        match node.type:
            case "math.number":
                found[name] = {"int": given["value"]}
            case "math.add":
                found[name] = {"int": given["a"] + given["b"]}
            case "math.clamp":
                clamped = max(given["low"], min(given["high"], given["a"]))
                found[name] = {"int": clamped}
            case _:
                whole, rest = divmod(given["a"], given["by"])
                found[name] = {"whole": whole, "rest": rest}
    return found, work


@given(seeds, st.integers(1, 20), st.integers(1, 6))
@settings(max_examples=60, deadline=None)
def test_any_edit_runs_exactly_the_nodes_whose_inputs_are_new(seed, size, edits):
    rng = random.Random(seed)
    graph = random_graph(rng, size)
    executor = Executor(placed(rng))
    done: set[Work] = set()
    for _ in range(edits + 1):
        found, work = worked_out(graph)
        result = executor.run(graph, graph.nodes)
        ran = [work[name] for name in result.ran]
        assert sorted(ran) == sorted({*work.values()} - done)
        assert all(result.value(port(graph, name)) in found[name].values() for name in found)
        assert values(result) == fresh_values(graph)
        assert executor.run(graph).ran == ()
        done |= set(ran)
        edit(graph, rng)


@given(seeds, st.integers(1, 20))
@settings(max_examples=60, deadline=None)
def test_each_node_starts_after_what_it_reads_is_there(seed, size):
    rng = random.Random(seed)
    graph = random_graph(rng, size)
    place: dict[tuple[str, str], int] = {}

    def listen(event: events.Event) -> None:
        place[event.name, event.node] = len(place)

    ran = Executor(placed(rng)).run(graph, emit=listen).ran
    for name in ran:
        assert place["started", name] < place["produced", name]
        for source in graph.nodes[name].reads():
            there = place.get(("produced", source), place.get(("cached", source)))
            assert there is not None and there < place["started", name]
    assert set(ran) <= graph.upstream(graph.outputs)


@given(seeds, st.integers(2, 20))
@settings(max_examples=30, deadline=None)
def test_places_and_threads_never_change_results_or_what_runs(seed, size):
    rng = random.Random(seed)
    graph = random_graph(rng, size)
    alone = Executor(stubs.registry()).run(graph)
    for _ in range(3):
        result = Executor(placed(rng)).run(graph)
        assert values(result) == values(alone)
        assert len(result.ran) == len(alone.ran)
        keys = [step.key for step in Executor(placed(rng)).plan(graph).steps]
        assert keys == [step.key for step in Executor(stubs.registry()).plan(graph).steps]


@given(seeds, st.integers(2, 20), st.integers(1, 5))
@settings(max_examples=40, deadline=None)
def test_a_lock_keeps_a_value_through_any_edit(seed, size, edits):
    rng = random.Random(seed)
    graph = random_graph(rng, size)
    executor = Executor(placed(rng))
    executor.run(graph, graph.nodes)
    name = rng.choice(list(graph.nodes))
    kept = {name: worked_out(graph)[0][name]}
    executor.lock(graph, name)
    for _ in range(edits):
        edit(graph, rng)
        result = executor.run(graph, graph.nodes)
        assert name not in result.ran
        found, _ = worked_out(graph, kept)
        for other in graph.nodes:
            source = port(graph, other)
            assert result.value(source) == found[other][source.partition(".")[2]]


@given(seeds, st.integers(2, 20), st.integers(1, 6))
@settings(max_examples=40, deadline=None)
def test_bypassing_and_back_gives_what_a_fresh_run_gives(seed, size, edits):
    rng = random.Random(seed)
    graph = random_graph(rng, size)
    executor = Executor(placed(rng))
    passing = [node.id for node in graph.nodes.values() if node.inputs]
    for _ in range(edits):
        if passing and rng.random() < 0.7:
            name = rng.choice(passing)
            graph.set_state("" if graph.nodes[name].state else "bypassed", name)
        else:
            edit(graph, rng)
        assert values(executor.run(graph)) == fresh_values(graph)
        assert executor.run(graph).ran == ()


@given(seeds, st.integers(2, 20), st.integers(0, 3000))
@settings(max_examples=60, deadline=None)
def test_eviction_never_changes_results(seed, size, memory):
    rng = random.Random(seed)
    graph = random_graph(rng, size)
    executor = Executor(placed(rng), cache=Cache(memory=memory))
    for _ in range(3):
        assert values(executor.run(graph)) == fresh_values(graph)
        edit(graph, rng)


@given(seeds, st.integers(1, 15), st.integers(0, 30))
@settings(max_examples=80, deadline=None)
def test_a_cancel_anywhere_leaves_a_cache_that_is_right(seed, size, stop):
    rng = random.Random(seed)
    graph = random_graph(rng, size)
    executor = Executor(placed(rng))
    cancel = threading.Event()
    heard: list[str] = []

    def listen(event: events.Event) -> None:
        heard.append(event.name)
        if len(heard) > stop:
            cancel.set()

    first = executor.run(graph, emit=listen, cancel=cancel)
    _, work = worked_out(graph)
    second = executor.run(graph)
    needed = {work[name] for name in graph.upstream(graph.outputs)}
    assert sorted(work[name] for name in (*first.ran, *second.ran)) == sorted(needed)
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
            assert values(Executor(placed(rng), cache=cache).run(graph)) == fresh_values(graph)
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
    result = Executor(placed(rng)).run(graph)
    below = {name for name in graph.nodes if "bad" in graph.upstream([name])} - {"bad"}
    assert set(result.blocked) == below
    assert set(result.failed) == {"bad"}
    assert set(result.ran) | set(result.cached) == set(graph.nodes) - below - {"bad"}
