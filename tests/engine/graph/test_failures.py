"""What fails says so at the right place, and keeps nothing else from running."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from engine.graph.check import CheckError
from engine.graph.errors import GraphError, LoomError
from engine.graph.executor import Executor
from engine.graph.graph import Graph, Node, Source
from engine.graph.spec import node, spec_of
from engine.graph.subgraph import Definition
from engine.graph.sweep import Axis
from tests.engine.graph import stubs


def test_a_problem_elsewhere_does_not_matter(executor: Executor):
    graph = stubs.chain(3)
    graph.add("no.such", "odd")
    assert executor.run(graph).ok
    with pytest.raises(CheckError, match=r"odd\.type"):
        executor.run(graph, ["odd"])


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda g: g.add("no.such", "odd"), "unknown-type"),
        (lambda g: g.add("subgraph:none", "odd"), "unknown-type"),
        (lambda g: g.add("repeat", "odd"), "repeat"),
        (lambda g: g.add("math.add", "odd", zone="nowhere", params={"a": 1}), "zone"),
        (lambda g: g.add("math.add", "odd", inputs={"a": "odd.int"}), "cycle"),
        (lambda g: g.add("subgraph:round", "odd"), "recursion"),
        (lambda g: g.add("math.add", "odd", inputs={"a": "nobody.int"}), "missing-node"),
    ],
)
@pytest.mark.parametrize("swept", [False, True])
def test_a_fault_that_no_output_needs_is_told_and_stops_nothing(
    executor: Executor, edit: Callable[[Graph], object], code: str, swept: bool
):
    graph = stubs.chain(3)
    graph.define("round", Definition({"again": Node("again", "subgraph:round")}))
    if swept:
        graph.set_axis("n2.b", Axis((2, 4)))
    edit(graph)
    result = executor.run(graph)
    assert result.ok
    assert [result.value("n2.int", cell) for cell in result.grid.cells] == [3, 5][: 1 + swept]
    assert [item.code for item in result.elsewhere] == [code]
    assert [item.code for item in executor.plan(graph).elsewhere] == [code]
    graph.set_outputs(["n2", "odd"])
    with pytest.raises(CheckError) as error:
        executor.run(graph)
    assert code in {item.code for item in error.value.problems}


def test_a_fault_inside_a_subgraph_stops_what_needs_an_instance(executor: Executor):
    graph = stubs.chain(3)
    broken = {"zone": Node("zone", "repeat"), "add": Node("add", "math.add", params={"a": 1})}
    graph.define("broken", Definition(broken, (), {"y": Source("add", "int")}))
    graph.add("subgraph:broken", "one")
    graph.add("math.add", "below", inputs={"a": "one.y"})
    result = executor.run(graph)
    assert result.ok and [item.where for item in result.elsewhere] == ["subgraph:broken/zone.times"]
    with pytest.raises(CheckError, match=r"subgraph:broken/zone\.times"):
        executor.run(graph, ["below"])


def test_a_failure_blocks_only_what_reads_it(executor: Executor):
    graph = stubs.chain(3)
    graph.add("math.fail", "bad", params={"a": 1})
    graph.add("math.add", "below", inputs={"a": "bad.int"})
    graph.add("math.add", "deep", inputs={"a": "below.int", "b": "n2.int"})
    graph.set_outputs(["deep", "n2"])
    listener = stubs.Listener()
    result = executor.run(graph, emit=listener)
    assert not result.ok
    assert set(result.ran) == {"n0", "n1", "n2"}
    assert list(result.failed) == ["bad"]
    assert result.blocked == {"below": "bad", "deep": "bad"}
    assert "failed bad" in listener.texts
    assert "blocked deep" in listener.texts
    with pytest.raises(GraphError, match="no value at deep"):
        result.value("deep.int")


def test_a_node_that_would_end_the_program_has_failed(executor: Executor):
    @node("stub.exit")
    def leave(a: int = 0) -> int:
        """Ends the program."""
        raise SystemExit(a)

    executor.registry.add(spec_of(leave))
    graph = stubs.chain(3)
    graph.add("stub.exit", "bad")
    result = executor.run(graph, ["bad", "n2"])
    assert "it tried to end the program" in str(result.failed["bad"])
    assert set(result.ran) == {"n0", "n1", "n2"}


def test_a_run_resumes_where_it_failed(executor: Executor):
    graph = stubs.chain(3)
    graph.add("math.fail", "bad", inputs={"a": "n2.int"})
    graph.add("math.add", "end", inputs={"a": "bad.int"})
    graph.set_outputs(["end"])
    assert executor.run(graph).failed
    graph.set_param("n2", "b", 1)
    assert executor.run(graph).ran == ("n2", "bad", "end")


def test_an_error_names_node_inputs_and_cause(executor: Executor):
    graph = stubs.chain(2)
    graph.add("math.fail", "bad", inputs={"a": "n1.int"})
    graph.set_outputs(["bad"])
    error = executor.run(graph).failed["bad"]
    assert str(error) == ("bad: Fail failed: ValueError: 1 is odd. Its inputs were a ← n1.int.")
    assert isinstance(error.__cause__, ValueError)


def test_a_linked_value_out_of_range_names_the_input(executor: Executor):
    graph = stubs.diffusion()
    graph.add("math.number", "n", params={"value": 5000})
    graph.connect("n.int", "denoise.steps")
    error = executor.run(graph).failed["denoise"]
    assert str(error) == (
        "denoise.steps: 5000 does not fit. It takes a whole number from 1 to 1000."
    )


def test_a_node_that_changes_its_input_is_caught(executor: Executor):
    graph = Graph()
    graph.add("noise.seed", "noise")
    graph.add("any.spoil", "spoil", inputs={"values": "noise.stub_latents"})
    graph.set_outputs(["spoil"])
    assert "changed one of its inputs" in str(executor.run(graph).failed["spoil"])


def test_a_missing_model_is_an_error_before_anything_runs(executor: Executor):
    graph = stubs.diffusion()
    graph.set_param("model", "model", "none")
    with pytest.raises(LoomError, match=r"model\.model: There is no model called 'none'"):
        executor.run(graph)
    assert not stubs.calls


class Pair(NamedTuple):
    total: int
    latents: stubs.Latents


@node("test.wrong")
def wrong(gives: str = "text") -> Pair:
    """Promises two things, and gives something else."""
    latents = stubs.Latents((1.0,))
    given: Any = {
        "text": Pair("3", latents),  # type: ignore[arg-type]
        "truth": Pair(True, latents),
        "nothing": Pair(3, None),  # type: ignore[arg-type]
        "no tuple": 3,
        "right": Pair(3, latents),
    }
    return given[gives]


@pytest.mark.parametrize(
    ("gives", "said"),
    [
        ("text", "wrong.total: Wrong gave str here, where it promises Int."),
        ("truth", "wrong.total: Wrong gave bool here, where it promises Int."),
        ("nothing", "wrong.latents: Wrong gave nothing here, where it promises StubLatents."),
        ("no tuple", "wrong.total: Wrong gave int, which has no such field, here, where"),
    ],
)
def test_what_gives_another_type_than_it_promises_is_to_blame(
    executor: Executor, gives: str, said: str
):
    executor.registry.add(spec_of(wrong))
    graph = Graph()
    graph.add("test.wrong", "wrong", params={"gives": gives})
    graph.add("math.add", "add", inputs={"a": "wrong.total"})
    graph.set_outputs(["add"])
    result = executor.run(graph)
    assert str(result.failed["wrong"]).startswith(said)
    assert result.blocked == {"add": "wrong"}
    graph.set_param("wrong", "gives", "right")
    assert executor.run(graph).value("add.int") == 3


def test_a_list_holds_what_it_promises(executor: Executor):
    @node("test.list")
    def several(gives: int = 0) -> list[int]:
        """Promises a list of whole numbers."""
        given: Any = [[1, 2.5], (1, 2), [1, 2], []]
        return given[gives]

    @node("test.half")
    def half() -> float:
        """A whole number is one with a fraction too."""
        return 1

    executor.registry.add(spec_of(several))
    executor.registry.add(spec_of(half))
    graph = Graph()
    for gives in range(4):
        graph.add("test.list", f"list{gives}", params={"gives": gives})
    graph.add("test.half", "half")
    graph.set_outputs([*graph.nodes])
    result = executor.run(graph)
    assert {name: error.reason for name, error in result.failed.items()} == {
        "list0": "List gave a list of int, float here, where it promises list of Int.",
        "list1": "List gave tuple here, where it promises list of Int.",
    }
