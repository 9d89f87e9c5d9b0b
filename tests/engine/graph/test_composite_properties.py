"""Random workflows with subgraphs, zones and sweeps: the properties of plain graphs hold for them.

What a run gives is what a fresh run gives, whatever was edited, cancelled or evicted before; and
what is unchanged runs nothing.
"""

from __future__ import annotations

import random
import tempfile
import threading
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from engine.graph import events, workflow
from engine.graph.cache import Cache
from engine.graph.check import check
from engine.graph.executor import Executor
from engine.graph.graph import Graph
from engine.graph.result import Result
from engine.graph.subgraph import collapse
from engine.graph.sweep import Axis
from tests.engine.graph import stubs
from tests.engine.graph.test_properties import placed, port, random_graph

seeds = st.integers(0, 2**32)
sizes = st.integers(3, 12)


def composed(rng: random.Random, size: int) -> tuple[Graph, list[str]]:
    """A random graph, some of it a subgraph with two instances, with a zone and an axis or two.

    Gives the ports to look at as well.
    """
    graph = random_graph(rng, size)
    first, last = port(graph, "n0"), port(graph, f"n{size - 1}")
    chosen = graph.upstream(rng.sample(list(graph.nodes)[1:], rng.randint(1, 2))) - {"n0"}
    read = {str(source) for node in graph.nodes.values() for source in node.sources()}
    ports = [port(graph, id) for id in graph.nodes if id not in chosen]
    made = collapse(graph, chosen, "part", "part") if chosen else None
    if made:
        definition = graph.definitions["part"]
        ports += [f"part.{name}" for name in definition.outputs]
        other = dict.fromkeys(definition.inputs, first)
        graph.add("subgraph:part", "again", inputs=other)
        ports += [f"again.{name}" for name in definition.outputs]
        last = f"part.{next(iter(definition.outputs))}" if definition.outputs else first
    elif last not in read:
        last = first
    times = rng.randint(0, 3)
    graph.add("repeat", "zone", params={"times": times}, inputs={"state": first})
    graph.add("math.add", "more", zone="zone", inputs={"a": "zone.state", "b": last})
    graph.add("math.clamp", "less", zone="zone", params={"high": 40}, inputs={"a": "more.int"})
    graph.connect("less.int", "zone.next.state")
    graph.add("math.add", "after", inputs={"a": "zone.state", "b": "n0.int"})
    ports += ["zone.state", "after.int"]
    graph.set_axis("n0.value", Axis(tuple(rng.sample(range(30), rng.randint(1, 3)))))
    if rng.random() < 0.5:
        graph.set_axis("zone.times", Axis(tuple(rng.sample(range(4), 2))))
    graph.set_outputs(sorted({name.partition(".")[0] for name in ports}))
    return graph, ports


def edit(graph: Graph, rng: random.Random) -> None:
    """Change a value at the top, inside the subgraph, in the zone, or on an axis."""
    match rng.randrange(4):
        case 0 if "part" in graph.definitions:
            with graph.editing("part") as body:
                inside = [n for n in body.nodes.values() if n.type in ("math.clamp", "math.number")]
                if inside:
                    node = rng.choice(inside)
                    name = "high" if node.type == "math.clamp" else "value"
                    body.set_param(node.id, name, rng.randint(0, 30))
        case 1:
            graph.set_param("less", "high", rng.randint(0, 60))
        case 2:
            graph.set_axis("n0.value", Axis(tuple(rng.sample(range(30), rng.randint(1, 3)))))
        case _:
            graph.set_param("zone", "times", rng.randint(0, 3))


def values(result: Result, ports: list[str]) -> list[dict[str, Any]]:
    return [{name: result.value(name, cell) for name in ports} for cell in result.grid.cells]


def fresh_values(graph: Graph, ports: list[str]) -> list[dict[str, Any]]:
    return values(Executor(stubs.registry()).run(graph), ports)


@given(seeds, sizes, st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_after_any_edit_a_run_gives_what_a_fresh_one_gives(seed: int, size: int, edits: int):
    rng = random.Random(seed)
    graph, ports = composed(rng, size)
    executor = Executor(placed(rng))
    for _ in range(edits):
        assert check(graph, stubs.registry()).ok
        result = executor.run(graph)
        assert values(result, ports) == fresh_values(graph, ports)
        plan = executor.plan(graph)
        assert plan.runs == () and executor.run(graph).ran == ()
        assert workflow.loads(workflow.dumps(graph)) == graph
        edit(graph, rng)
        planned = set(executor.plan(graph).runs)
        assert set(executor.run(graph).ran) <= planned


@given(seeds, sizes, st.integers(0, 40))
@settings(max_examples=40, deadline=None)
def test_a_cancel_anywhere_leaves_what_is_right(seed: int, size: int, stop: int):
    rng = random.Random(seed)
    graph, ports = composed(rng, size)
    executor = Executor(placed(rng))
    cancel = threading.Event()
    heard = 0

    def listen(event: events.Event) -> None:
        nonlocal heard
        heard += 1
        if heard > stop:
            cancel.set()

    first = executor.run(graph, emit=listen, cancel=cancel)
    second = executor.run(graph)
    assert values(second, ports) == fresh_values(graph, ports)
    assert not set(first.ran) & set(second.ran)


@given(seeds, sizes, st.integers(0, 6000), st.integers(0, 8000))
@example(1646073651, 7, 0, 0)  # equal nodes whose results pushed each other out for ever
@settings(max_examples=25, deadline=None)
def test_no_budget_of_memory_or_disk_changes_a_result(seed: int, size: int, memory: int, disk: int):
    rng = random.Random(seed)
    graph, ports = composed(rng, size)
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(3):
            cache = Cache(Path(folder), memory=memory, disk=disk)
            result = Executor(placed(rng), cache=cache).run(graph)
            assert values(result, ports) == fresh_values(graph, ports)
            cache.close()
            edit(graph, rng)
