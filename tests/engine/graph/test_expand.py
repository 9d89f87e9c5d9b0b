"""Subgraphs, zones and sweeps in files, and what holds for all of them written out."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.graph import workflow
from engine.graph.check import check
from engine.graph.context import Settings
from engine.graph.errors import WorkflowError
from engine.graph.executor import Executor
from engine.graph.expand import expand
from engine.graph.graph import Graph
from engine.graph.sweep import Axis, cell_graph
from tests.engine.graph import stubs
from tests.engine.graph.test_properties import edit, port, random_graph

TEXT = """\
{
  "loom": 1,
  "definitions": {
    "plus": {
      "inputs": ["x", "high"],
      "nodes": {
        "add": {"type": "math.add", "version": 1, "params": {"b": 1}, "inputs": {"a": "inputs.x"}},
        "clamp": {
          "type": "math.clamp",
          "version": 1,
          "params": {"high": 100},
          "inputs": {"a": "add.int", "high": "inputs.high"}
        }
      },
      "outputs": {"y": "clamp.int"},
      "view": {"add": {"at": [0, 0]}, "inputs": {"at": [-200, 0]}}
    }
  },
  "nodes": {
    "start": {"type": "math.number", "version": 1, "params": {"value": 3}},
    "loop": {
      "type": "repeat",
      "version": 1,
      "params": {"times": 4},
      "inputs": {"total": "start.int", "next.total": "step.y"}
    },
    "step": {"type": "subgraph:plus", "version": 1, "inputs": {"x": "loop.total"}, "zone": "loop"},
    "end": {"type": "math.add", "version": 1, "inputs": {"a": "loop.total"}}
  },
  "outputs": ["end"],
  "sweep": {
    "start.value": [3, 5],
    "end.b": {"from": 0, "to": 1, "with": "start.value"},
    "loop.times": [1, 4]
  }
}
"""


def test_a_file_reads_and_writes_to_the_same_text():
    graph = workflow.loads(TEXT, stubs.registry())
    assert workflow.dumps(graph) == TEXT
    assert workflow.dumps(graph.copy()) == TEXT
    assert check(graph, stubs.registry()).ok


def test_what_the_file_says_is_what_runs():
    result = Executor(stubs.registry()).run(workflow.loads(TEXT, stubs.registry()))
    assert result.grid.shape == (2, 2)
    values = [result.value("end.int", cell) for cell in result.grid.cells]
    assert values == [3 + 1 + 0, 3 + 4 + 0, 5 + 1 + 1, 5 + 4 + 1]
    assert "loop#3/step/clamp@value=5" in result.ran
    assert "end@b=1,times=4" in result.ran


def test_nodes_of_older_versions_inside_and_swept_come_up_to_date():
    old = {"type": "math.divide", "version": 1, "params": {"divisor": 2}}
    data = {
        "loom": 1,
        "definitions": {"half": {"nodes": {"d": old}, "outputs": {"whole": "d.quotient"}}},
        "nodes": {"top": old},
        "sweep": {"top.divisor": [2, 3]},
    }
    graph = workflow.from_json(data, stubs.registry())
    half = graph.definitions["half"]
    assert half.nodes["d"].version == 3
    assert half.nodes["d"].params == {"by": 4}
    assert str(half.outputs["whole"]) == "d.whole"
    assert list(graph.sweep) == ["top.by"]


@pytest.mark.parametrize(
    ("path", "value", "where", "says"),
    [
        (
            ("definitions", "plus", "nodes", "add", "type"),
            3,
            "subgraph:plus/add.type",
            "a text",
        ),
        (
            ("definitions", "plus", "nodes", "inputs"),
            {"type": "a.b"},
            "inputs",
            "as its own ports",
        ),
        (("definitions", "plus", "inputs"), "x", "definitions.plus.inputs", "a list"),
        (("definitions", "plus", "extra"), 1, "definitions.plus", "'extra' is not a field"),
        (("sweep", "start.value"), 3, "sweep.start.value", "not what a sweep can go through"),
        (("sweep", "start"), [3], "sweep", "'start' is not node.param"),
        (("sweep", "start.value"), {"from": 1}, "sweep.start.value", "from and to"),
        (("nodes", "step", "zone"), 3, "step.zone", "a text"),
    ],
)
def test_what_can_not_be_in_a_file(path: tuple[str, ...], value: Any, where: str, says: str):
    data = json.loads(TEXT)
    inner = data
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    with pytest.raises(WorkflowError) as error:
        workflow.from_json(data)
    assert where in str(error.value)
    assert says in str(error.value)


def mutate(data: Any, rng: random.Random) -> None:
    """Replace, remove, copy or rename something anywhere in parsed JSON."""
    spots: list[tuple[Any, Any]] = []
    stack = [data]
    while stack:
        item = stack.pop()
        pairs = item.items() if isinstance(item, dict) else enumerate(item)
        for key, value in pairs:
            spots.append((item, key))
            if isinstance(value, dict | list):
                stack.append(value)
    holder, key = rng.choice(spots)
    other, place = rng.choice(spots)
    what = rng.choice(("set", "remove", "copy", "key"))
    if what == "remove":
        del holder[key]
    elif what == "copy":
        holder[key] = copy.deepcopy(other[place])
    elif what == "key" and isinstance(holder, dict):
        holder[rng.choice(["loop", "x", "each", "next.total", "gather.total", "a"])] = holder[key]
    else:
        texts = [
            "loop.total",
            "inputs.x",
            "step.y",
            "loop",
            "subgraph:plus",
            "repeat",
            "loop.item",
        ]
        holder[key] = rng.choice([*texts, -1, 2, None, [], {}, [1, "a"], True])


@given(st.integers(0, 2**32))
@settings(max_examples=300, deadline=None)
def test_a_mutated_file_opens_or_is_one_error(seed: int):
    rng = random.Random(seed)
    data = json.loads(TEXT)
    for _ in range(rng.randint(1, 4)):
        mutate(data, rng)
    registry = stubs.registry()
    try:
        graph = workflow.from_json(data, registry)
    except WorkflowError as error:
        assert str(error)
        return
    report = check(graph, registry, Settings(Path("/nowhere")))
    assert workflow.loads(workflow.dumps(graph)) == graph
    if report.ok:
        Executor(registry, Settings(Path("/nowhere"))).run(graph)


@given(st.integers(0, 2**32), st.integers(1, 8), st.integers(0, 4))
@settings(max_examples=40, deadline=None)
def test_a_zone_gives_what_the_same_nodes_give_written_by_hand(seed: int, size: int, times: int):
    """The body is a random graph in which some inputs read the state and the number."""
    rng = random.Random(seed)
    body = random_graph(rng, size)
    last = port(body, f"n{size - 1}")
    state = [id for id, node in body.nodes.items() if node.inputs and rng.random() < 0.7]
    zoned, flat = Graph(), Graph()
    zoned.add("math.number", "start", params={"value": 2})
    flat.add("math.number", "start", params={"value": 2})
    zoned.add("repeat", "z", params={"times": times}, inputs={"s": "start.int"})
    handed = "start.int"
    for node in body.nodes.values():
        inputs = {name: list(map(str, ends)) for name, ends in node.inputs.items()}
        if node.id in state:
            inputs["a"] = ["z.s"]
            if node.type == "math.add":
                inputs["b"] = ["z.index"]
        zoned.add(
            node.type, node.id, version=node.version, params=node.params, inputs=inputs, zone="z"
        )
    zoned.connect(last, "z.next.s")
    for place in range(times):
        for node in body.nodes.values():
            inputs = {name: f"i{place}_{ends[0]}" for name, ends in node.inputs.items()}
            params = dict(node.params)
            if node.id in state:
                inputs["a"] = handed
                if node.type == "math.add":
                    del inputs["b"]
                    params["b"] = place
            flat.add(
                node.type, f"i{place}_{node.id}", version=node.version, params=params, inputs=inputs
            )
        handed = f"i{place}_{last}"
    found = Executor(stubs.registry()).run(zoned, ["z"]).value("z.s")
    expected = Executor(stubs.registry()).run(flat, [handed.partition(".")[0]]).value(handed)
    assert found == expected


@given(st.integers(0, 2**32), st.integers(2, 12), st.integers(1, 3))
@settings(max_examples=40, deadline=None)
def test_every_cell_is_what_its_own_run_is_and_shares_all_it_can(seed: int, size: int, axes: int):
    rng = random.Random(seed)
    graph = random_graph(rng, size)
    numbers = [id for id, node in graph.nodes.items() if node.type == "math.number"]
    for id in rng.sample(numbers, min(axes, len(numbers))):
        graph.set_axis(f"{id}.value", Axis(tuple(rng.sample(range(30), rng.randint(1, 3)))))
    stubs.calls.clear()
    executor = Executor(stubs.registry())
    result = executor.run(graph)
    keys = {recipe.key for recipe in result._done.job.recipes.values()}
    assert sum(stubs.calls.values()) <= len(keys)
    for cell in result.grid.cells:
        single = cell_graph(graph, cell.values)
        assert executor.run(single).ran == ()
        alone = Executor(stubs.registry()).run(single)
        for output in graph.outputs:
            name = port(graph, output)
            assert result.value(name, cell) == alone.value(name)


@given(st.integers(0, 2**32), st.integers(2, 10))
@settings(max_examples=40, deadline=None)
def test_an_edit_inside_runs_only_what_it_reaches_in_each_instance(seed: int, size: int):
    from engine.graph.subgraph import collapse

    rng = random.Random(seed)
    graph = random_graph(rng, size)
    chosen = graph.upstream([f"n{size - 1}"])
    graph.set_outputs([f"n{size - 1}"])
    collapse(graph, chosen, "part", "one")
    graph.add("subgraph:part", "two")
    graph.set_outputs(["one", "two"])
    executor = Executor(stubs.registry())
    executor.run(graph)
    before = dict(graph.definitions["part"].nodes)
    with graph.editing("part") as body:
        inner = Graph([node for node in body.nodes.values() if node.id in before])
        changeable = [node for node in inner.nodes.values() if node.type != "math.add"]
        if changeable:
            lone = Graph([rng.choice(changeable)])
            if lone.nodes[next(iter(lone.nodes))].type == "math.number":
                edit(lone, rng)
            for node in lone.nodes.values():
                for name, value in node.params.items():
                    body.set_param(node.id, name, value)
    after = graph.definitions["part"].nodes
    changed = {id for id, node in after.items() if node != before[id]}
    reached = {id for id in after if Graph(after.values()).upstream([id]) & changed}
    ran = executor.run(graph).ran
    assert {id.partition("/")[2] for id in ran} <= reached
    assert executor.run(graph).ran == ()


def test_a_plain_graph_is_not_copied():
    graph = stubs.chain(3)
    assert expand(graph, stubs.registry()).graph is graph
