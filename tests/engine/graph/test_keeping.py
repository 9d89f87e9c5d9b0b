"""Runs of graphs with locked, muted and bypassed nodes."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.graph import workflow
from engine.graph.cache import Cache
from engine.graph.check import CheckError
from engine.graph.context import Settings
from engine.graph.errors import GraphError, LoomError
from engine.graph.executor import Executor
from engine.graph.graph import Graph
from engine.graph.plan import Plan
from tests.engine.graph import stubs


@pytest.fixture
def executor(settings: Settings) -> Executor:
    return Executor(stubs.registry(), settings, strict=True)


def states(plan: Plan) -> dict[str, str]:
    return {step.node: step.state for step in plan.steps}


def test_a_locked_node_keeps_its_result_when_its_inputs_change(executor: Executor):
    graph = stubs.chain(4, value=10)
    assert executor.run(graph).value("n3.int") == 16
    executor.lock(graph, "n2")
    graph.set_param("n0", "value", 100)
    graph.set_param("n3", "b", 1)
    stubs.calls.clear()
    result = executor.run(graph)
    assert result.value("n3.int") == 14
    assert result.value("n2.int") == 13
    assert result.ran == ("n3",) and stubs.calls == {"add": 1}
    graph.set_lock("n2", "")
    assert executor.run(graph).value("n3.int") == 104


def test_the_plan_says_that_a_node_is_locked(executor: Executor):
    graph = stubs.chain(3)
    executor.run(graph)
    executor.lock(graph, "n1")
    graph.set_param("n0", "value", 5)
    plan = executor.plan(graph)
    assert states(plan) == {"n1": "locked", "n2": "cached"}
    assert "locked   n1  it keeps this result whatever its inputs are" in plan.text()
    graph.set_lock("n1", "")
    assert {step.node: step.why for step in executor.plan(graph).steps} == {
        "n0": "value 0 → 5",
        "n1": "value 0 → 5 one node up at n0",
        "n2": "value 0 → 5 two nodes up at n0",
    }


def test_locking_is_one_edit_and_lasts_in_the_file(executor: Executor):
    graph = stubs.chain(3)
    executor.run(graph)
    before = graph.copy()
    executor.lock(graph, "n1", "n0")
    again = workflow.loads(workflow.dumps(graph))
    again.set_param("n0", "value", 9)
    assert executor.run(again).ran == ()
    graph.undo()
    assert graph == before


def test_only_what_has_a_result_can_be_locked(executor: Executor):
    graph = stubs.chain(3)
    executor.run(graph, ["n0"])
    with pytest.raises(GraphError, match=r"n1: It has no result to keep\. Run it first"):
        executor.lock(graph, "n0", "n1")
    assert not graph.nodes["n0"].lock


def test_a_lock_keeps_what_was_drawn_or_not_yet_run(executor: Executor):
    graph = Graph()
    graph.add("noise.seed", "noise", params={"seed": None})
    first = executor.run(graph).value("noise.stub_latents")
    executor.lock(graph, "noise")
    assert executor.run(graph).value("noise.stub_latents") == first
    assert executor.run(graph, seed=3).value("noise.stub_latents") == first
    graph.set_param("noise", "count", 3)
    assert executor.run(graph).value("noise.stub_latents") == first


def test_fresh_does_not_run_what_is_locked(executor: Executor):
    graph = stubs.chain(4)
    executor.run(graph)
    executor.lock(graph, "n2")
    assert executor.run(graph, fresh=True).ran == ("n3",)


def test_what_is_above_a_lock_does_not_matter(executor: Executor, settings: Settings):
    graph = stubs.diffusion()
    executor.run(graph)
    executor.lock(graph, "model")
    (settings.model_folders[0] / "tiny" / "more").write_text("x")
    assert executor.run(graph).ran == ()
    graph.set_param("model", "model", "gone")
    graph.set_param("denoise", "steps", 2)
    assert executor.run(graph).ran == ("denoise",)


def test_a_lock_is_opened_where_its_result_would_come_out_the_same(settings: Settings):
    graph = stubs.chain(3)
    first = Executor(stubs.registry(), settings)
    first.run(graph)
    first.lock(graph, "n1")
    elsewhere = Executor(stubs.registry(), settings)
    assert elsewhere.run(graph).ran == ("n0", "n1", "n2")
    assert states(elsewhere.plan(graph))["n1"] == "locked"
    graph.set_param("n0", "value", 1)
    with pytest.raises(LoomError) as error:
        Executor(stubs.registry(), settings).run(graph)
    assert str(error.value) == (
        "n1: The result it is locked to is not kept here. Unlock it to make it anew."
    )


@pytest.mark.usefixtures("values_in_files")
def test_a_locked_result_that_is_damaged_is_told(settings: Settings, tmp_path: Path):
    graph = stubs.chain(3)
    executor = Executor(stubs.registry(), settings, cache=Cache(tmp_path / "c"))
    executor.run(graph)
    executor.lock(graph, "n1")
    graph.set_param("n2", "b", 8)
    for path in (tmp_path / "c" / "values").glob("*/*"):
        path.write_bytes(b"damage")
    again = Executor(stubs.registry(), settings, cache=Cache(tmp_path / "c"))
    result = again.run(graph)
    assert "locked to can no longer be read" in str(result.failed["n1"])
    assert result.blocked == {"n2": "n1"}


@pytest.mark.parametrize("on_disk", [False, True])
def test_a_locked_result_is_never_evicted(settings: Settings, tmp_path: Path, on_disk: bool):
    def opened() -> Cache:
        return Cache(tmp_path / "c", memory=0, disk=3000) if on_disk else Cache(memory=3000)

    executor = Executor(stubs.registry(), settings, cache=opened())
    graph = stubs.chain(2, value=7)
    executor.run(graph)
    executor.lock(graph, "n1")
    graph.set_param("n0", "value", 100)
    if on_disk:
        executor = Executor(stubs.registry(), settings, cache=opened())
    for value in range(30):
        executor.run(stubs.chain(3, value=value), name="other")
    assert executor.run(graph).value("n1.int") == 8


def test_a_muted_branch_is_not_run_and_the_plan_says_so(executor: Executor):
    graph = stubs.chain(3, value=1)
    graph.add("math.fail", "bad", params={"a": 1})
    graph.add("math.clamp", "below", inputs={"a": "bad.int"})
    graph.add("math.add", "end", inputs={"a": "n2.int", "b": "below.int"})
    graph.set_outputs(["end", "below"])
    graph.set_state("muted", "bad")
    plan = executor.plan(graph)
    assert states(plan)["bad"] == states(plan)["below"] == "left out"
    assert "left out below  it gets nothing: bad is muted" in plan.text()
    result = executor.run(graph)
    assert result.ok and result.value("end.int") == 4
    with pytest.raises(GraphError, match="no value at below"):
        result.value("below.int")


def test_muting_what_is_needed_is_a_problem(executor: Executor):
    graph = stubs.diffusion()
    graph.set_state("muted", "prompt")
    with pytest.raises(CheckError) as error:
        executor.run(graph)
    assert "denoise.positive: It gets nothing: prompt is muted, and Denoise needs StubText" in str(
        error.value
    )


def test_muting_everything_is_a_run_of_nothing(executor: Executor):
    graph = stubs.chain(3)
    graph.set_state("muted", "n0")
    graph.disconnect("n1.a")
    graph.set_state("muted", "n2")
    result = executor.run(graph)
    assert result.ok and result.ran == ()


def test_a_bypassed_node_is_as_if_it_were_not_there(executor: Executor):
    graph = stubs.chain(4, value=10)
    executor.run(graph)
    graph.set_state("bypassed", "n2")
    result = executor.run(graph)
    assert result.value("n3.int") == 14
    assert result.value("n2.int") == result.value("n1.int") == 11
    assert result.ran == ("n3",)
    assert states(executor.plan(graph))["n2"] == "left out"
    graph.undo()
    assert executor.run(graph).ran == ()


def test_a_bypassed_output_gives_what_it_hands_on(executor: Executor):
    graph = stubs.chain(3, value=10)
    graph.set_state("bypassed", "n2")
    assert executor.run(graph).value("n2.int") == 11


def test_provenance_has_the_states(executor: Executor):
    graph = stubs.chain(3)
    graph.set_state("bypassed", "n1")
    result = executor.run(graph)
    assert result.graph.nodes["n1"].state == "bypassed"
    assert executor.run(result.graph).ran == ()
