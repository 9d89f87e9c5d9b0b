"""Nodes that gather the cells of a sweep, and what comes after them."""

from __future__ import annotations

import json
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import settings as run_settings
from hypothesis import strategies as st

from engine.graph import workflow
from engine.graph.check import check
from engine.graph.context import Context, Settings
from engine.graph.errors import GraphError
from engine.graph.executor import Executor
from engine.graph.expand import expand
from engine.graph.graph import Graph
from engine.graph.registry import Registry
from engine.graph.spec import Cells, node, spec_of
from engine.graph.subgraph import Definition
from engine.graph.sweep import Axis
from tests.engine.graph import stubs
from tests.engine.graph.composites import node as made
from tests.engine.graph.composites import source

seen: list[dict] = []


@node("stub.table")
def table(
    items: list[stubs.Latents], cells: Annotated[str, Cells()] = "", title: str = ""
) -> stubs.Text:
    """The first number of each latents, with the labels of its cell."""
    stubs.calls["table"] += 1
    labels = json.loads(cells) if cells else [[]] * len(items)
    rows = [f"{'|'.join(row)}:{item.values[0]:g}" for row, item in zip(labels, items, strict=True)]
    return stubs.Text("; ".join([title, *rows] if title else rows))


@node("stub.keep", nature="effect")
def keep(ctx: Context, text: stubs.Text | None = None, item: stubs.Latents | None = None) -> None:
    """Keeps what it is told of its origin."""
    seen.append(dict(ctx.provenance))


def registry() -> Registry:
    return Registry([*stubs.NODES, table, keep])


@pytest.fixture(autouse=True)
def nothing_seen():
    seen.clear()


def swept() -> Graph:
    graph = Graph()
    graph.add("noise.seed", "noise", params={"seed": 10})
    graph.add("stub.table", "table", inputs={"items": "noise.stub_latents"})
    graph.set_outputs(["table"])
    graph.set_axis("noise.seed", Axis((10, 20)))
    graph.set_axis("noise.count", Axis((1, 2)))
    return graph


def test_what_gathers_is_one_node_that_reads_every_cell_in_turn():
    graph = swept()
    flat = expand(graph, registry()).graph
    assert [id for id in flat.nodes if id.startswith("table")] == ["table"]
    assert [end.node for end in flat.nodes["table"].inputs["items"]] == [
        f"noise@seed={seed},count={count}" for seed in (10, 20) for count in (1, 2)
    ]
    result = Executor(registry()).run(graph)
    assert result.value("table.stub_text").words == (
        "noise.seed=10|noise.count=1:10; noise.seed=10|noise.count=2:10; "
        "noise.seed=20|noise.count=1:20; noise.seed=20|noise.count=2:20"
    )
    assert stubs.calls["table"] == 1


def test_a_sweep_of_one_cell_is_labelled_too():
    graph = swept()
    graph.set_axis("noise.seed", Axis((10,)))
    graph.set_axis("noise.count", None)
    found = Executor(registry()).run(graph).value("table.stub_text").words
    assert found == "noise.seed=10:10"


def test_without_a_sweep_it_is_a_node_like_any():
    graph = swept()
    for target in list(graph.sweep):
        graph.set_axis(target, None)
    assert Executor(registry()).run(graph).value("table.stub_text").words == ":10"


def test_axes_along_each_other_are_one_label():
    graph = swept()
    graph.set_axis("noise.count", Axis((1, 2), along="noise.seed"))
    found = Executor(registry()).run(graph).value("table.stub_text").words
    assert found == "noise.seed=10, noise.count=1:10; noise.seed=20, noise.count=2:20"


def test_one_more_value_runs_its_cells_and_what_gathers():
    graph = swept()
    executor = Executor(registry())
    executor.run(graph)
    assert executor.run(graph).ran == ()
    graph.set_axis("noise.seed", Axis((10, 20, 30)))
    why = {step.node: step.why for step in executor.plan(graph).steps}
    assert why["table"] == "items comes from noise.stub_latents (6 times)"
    assert executor.run(graph).ran == (
        *("noise@seed=30,count=1", "noise@seed=30,count=2", "table"),
    )


def test_what_reads_it_is_one_node_and_keeps_the_whole_workflow_and_all_values():
    graph = swept()
    graph.add("stub.keep", "all", inputs={"text": "table.stub_text"})
    graph.add("stub.keep", "each", inputs={"item": "noise.stub_latents"})
    graph.set_outputs(["all", "each"])
    result = Executor(registry()).run(graph)
    assert result.ok and len(seen) == 5
    (whole,) = [made for made in seen if "cells" in made]
    assert whole["cells"] == [
        {"noise.seed": seed, "noise.count": count} for seed in (10, 20) for count in (1, 2)
    ]
    assert workflow.from_json(whole["workflow"]).sweep == result.graph.sweep
    cells = [made for made in seen if "cell" in made]
    assert sorted(made["seeds"]["noise.seed"] for made in cells) == [10, 10, 20, 20]
    # The workflow of a cell makes that cell alone.
    for found in cells:
        assert set(found["workflow"]["nodes"]) == {"noise", "each"}
        assert found["workflow"]["outputs"] == ["each"]


def test_the_files_of_a_cell_are_not_those_of_all(settings: Settings):
    graph = swept()
    graph.add("math.sum", "sum", inputs={"items": "noise.stub_latents"})
    graph.add("save.text", "save", inputs={"value": "sum.total"})
    graph.set_axis("save.name", Axis(("a", "b"), along="noise.seed"))
    graph.set_outputs(["save", "table"])
    result = Executor(registry(), settings).run(graph)
    assert [len(result.files_of(cell)) for cell in result.grid.cells] == [1, 1, 1, 1]
    assert result.files_of(None) == ()


def test_a_parameter_of_its_own_that_is_swept_makes_one_for_each_value():
    graph = swept()
    graph.set_axis("noise.count", None)
    graph.set_axis("table.title", Axis(("first", "second")))
    result = Executor(registry()).run(graph)
    assert [name for name in result.ran if name.startswith("table")] == [
        "table@title=first", "table@title=second"
    ]  # fmt: skip
    cell = result.grid.cells[1]
    assert cell.values["table.title"] == "second"
    assert result.value("table.stub_text", cell).words == (
        "second; noise.seed=10|table.title=second:10; noise.seed=20|table.title=second:20"
    )


def test_it_gathers_inside_a_subgraph():
    graph = Graph()
    inside = {
        "noise": made("noise", "noise.seed", seed="inputs.seed"),
        "table": made("table", "stub.table", items="noise.stub_latents"),
    }
    graph.define("both", Definition(inside, ("seed",), {"text": source("table.stub_text")}))
    graph.add("subgraph:both", "one")
    graph.set_axis("one.seed", Axis((1, 2)))
    result = Executor(registry()).run(graph)
    assert result.value("one.text").words == "one.seed=1:1; one.seed=2:2"
    assert [name for name in result.ran if "table" in name] == ["one/table"]


def test_a_port_that_takes_no_list_has_to_be_the_same_in_all_cells():
    graph = swept()
    graph.add("load.file", "title", params={"file": "a.txt"})
    graph.connect("title.text", "table.title")
    assert check(graph, registry()).ok
    graph.set_axis("title.file", Axis(("a.txt", "b.txt")))
    assert [item.code for item in check(graph, registry()).problems] == ["too-many-links"]


def test_the_labels_take_no_link():
    graph = swept()
    graph.add("load.file", "title", params={"file": "a.txt"})
    graph.connect("title.text", "table.cells")
    (problem,) = check(graph, registry()).problems
    assert (problem.where, problem.reason) == (
        "table.cells",
        "A sweep fills it in, so it takes no link.",
    )
    assert spec_of(table).gathers == "cells"


def test_a_failing_cell_keeps_what_gathers_from_running_and_no_other_cell():
    graph = Graph()
    graph.add("math.fail", "odd", params={"a": 0})
    graph.add("noise.seed", "noise", inputs={"seed": "odd.int"})
    graph.add("stub.table", "table", inputs={"items": "noise.stub_latents"})
    graph.set_axis("odd.a", Axis((0, 1, 2)))
    graph.set_outputs(["table", "noise"])
    result = Executor(registry()).run(graph)
    assert set(result.failed) == {"odd@a=1"}
    assert set(result.blocked) == {"noise@a=1", "table"}
    assert result.value("noise.stub_latents", result.grid.cells[2]).values == (2.0,)
    with pytest.raises(GraphError, match="no value at table"):
        result.value("table.stub_text")


@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=4, unique=True),
    st.lists(st.integers(1, 8), min_size=1, max_size=4, unique=True),
    st.booleans(),
)
@run_settings(max_examples=30, deadline=None)
def test_it_always_reads_the_cells_in_their_order(seeds: list[int], counts: list[int], swap: bool):
    graph = swept()
    axes = [("noise.seed", Axis(tuple(seeds))), ("noise.count", Axis(tuple(counts)))]
    for target in list(graph.sweep):
        graph.set_axis(target, None)
    for target, axis in axes[::-1] if swap else axes:
        graph.set_axis(target, axis)
    result = Executor(registry()).run(graph)
    assert result.value("table.stub_text").words == "; ".join(
        f"{'|'.join(cell.labels)}:{cell.values['noise.seed']}" for cell in result.grid.cells
    )
