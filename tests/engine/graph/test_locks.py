"""Locks of nodes inside instances and zones."""

from __future__ import annotations

import pytest

from engine.graph import workflow
from engine.graph.check import check
from engine.graph.errors import GraphError
from engine.graph.executor import Executor
from engine.graph.graph import Graph
from engine.graph.locks import locked, unlock
from engine.graph.subgraph import collapse
from engine.graph.sweep import Axis
from tests.engine.graph import stubs
from tests.engine.graph.composites import loop, two_instances
from tests.engine.graph.test_repeat import each
from tests.engine.graph.test_repeat import registry as with_lists


@pytest.fixture
def executor() -> Executor:
    return Executor(stubs.registry())


def test_a_node_inside_one_instance(executor: Executor):
    graph = two_instances()
    executor.run(graph)
    executor.lock(graph, "one/add")
    assert locked(graph) == ["one/add"]
    assert list(graph.nodes["one"].locks) == ["/add"]
    graph.set_param("n", "value", 50)
    graph.set_param("one", "shift", 1)
    result = executor.run(graph)
    assert result.value("one.y") == 15  # as it was
    assert "two/add" not in result.ran
    with graph.editing("affine") as body:
        body.set_param("add", "b", 3)
    assert executor.run(graph).value("two.y") == 18  # the other instance is free


def test_an_instance_keeps_what_its_ports_come_from(executor: Executor):
    graph = two_instances()
    executor.run(graph)
    executor.lock(graph, "one")
    assert locked(graph) == ["one/clamp"]
    graph.set_param("n", "value", 80)
    plan = executor.plan(graph)
    assert [step.node for step in plan.steps if step.state == "locked"] == ["one/clamp"]
    assert executor.run(graph).ran == ()


def test_an_iteration_and_a_node_in_all_of_them(executor: Executor):
    graph = loop(3)
    executor.run(graph)
    executor.lock(graph, "loop#1/step")
    assert locked(graph) == ["loop#1/step"]
    graph.set_param("start", "value", 50)
    assert executor.run(graph).value("loop.total") == 10  # 8 of the lock, plus 2
    unlock(graph, ["loop#1/step"])
    executor.run(graph)
    executor.lock(graph, "step")
    assert locked(graph) == ["loop#0/step", "loop#1/step", "loop#2/step"]
    graph.set_param("start", "value", 1)
    assert executor.run(graph).value("loop.total") == 53
    # Iterations that are new are free.
    graph.set_param("loop", "times", 4)
    result = executor.run(graph)
    assert result.value("loop.total") == 56 and "loop#3/step" in result.ran
    graph.set_param("loop", "times", 1)
    assert check(graph, stubs.registry()).ok


def test_a_zone_keeps_what_its_states_come_from(executor: Executor):
    graph = loop(3)
    executor.run(graph)
    executor.lock(graph, "loop")
    assert locked(graph) == ["loop#2/clamp"]
    graph.set_param("start", "value", 60)
    assert executor.run(graph).value("end.int") == 10


def test_iterations_that_only_a_run_can_count():
    executor = Executor(with_lists())
    graph = each("clip.frames")
    executor.run(graph)
    executor.lock(graph, "move")
    assert locked(graph) == [f"loop#{place}/move" for place in range(3)]
    graph.set_param("clip", "base", 100)
    assert executor.run(graph).value("sum.total") == 1 + 2 + 3


def test_locks_are_edits_are_in_the_file_and_are_told_apart(executor: Executor):
    graph = two_instances()
    before = graph.copy()
    executor.run(graph)
    executor.lock(graph, "one/add", "n")
    again = workflow.loads(workflow.dumps(graph))
    assert again == graph
    assert locked(again) == ["n", "one/add"]
    graph.undo()
    assert graph == before
    graph.redo()
    unlock(graph, ["one", "n"])
    assert graph == before


def test_they_follow_other_names(executor: Executor):
    graph = loop(2)
    executor.run(graph)
    executor.lock(graph, "step")
    graph.rename("step", "move")
    graph.rename("loop", "zone")
    assert locked(graph) == ["zone#0/move", "zone#1/move"]
    assert "zone#0/move" not in executor.run(graph, fresh=True).ran
    graph.rename("start", "step")
    assert locked(graph) == ["zone#0/move", "zone#1/move"]


def test_a_lock_goes_along_into_a_subgraph(executor: Executor):
    graph = stubs.chain(4, value=1)
    executor.run(graph)
    executor.lock(graph, "n2")
    made = collapse(graph, ["n1", "n2"], "part")
    assert locked(graph) == [f"{made.id}/n2"]
    assert not graph.definitions["part"].nodes["n2"].lock
    graph.set_param("n0", "value", 100)
    assert executor.run(graph).value("n3.int") == 7


def test_a_lock_of_what_is_no_longer_inside_is_told(executor: Executor):
    graph = two_instances()
    executor.run(graph)
    executor.lock(graph, "one/add")
    with graph.editing("affine") as body:
        body.rename("add", "sum")
    (problem,) = check(graph, stubs.registry()).problems
    assert (problem.code, problem.node) == ("lock", "one")
    assert "no node 'add' inside" in problem.reason


def test_what_can_not_be_locked_is_told(executor: Executor):
    graph = two_instances()
    with pytest.raises(GraphError, match="one/clamp: It has no result to keep"):
        executor.lock(graph, "one")
    with pytest.raises(GraphError, match=r"no node 'nobody'\. The nodes are n, one, two"):
        executor.lock(graph, "nobody")
    with pytest.raises(GraphError, match="no node 'one/nobody' inside"):
        executor.lock(graph, "one/nobody")
    with pytest.raises(GraphError, match="It is not locked"):
        unlock(graph, ["n"])
    with pytest.raises(GraphError, match=r"no node 'nobody'\. The nodes are n, one, two"):
        unlock(graph, ["nobody"])
    swept = Graph(graph.nodes.values(), graph.outputs, definitions=graph.definitions)
    swept.set_axis("n.value", Axis((1, 2)))
    executor.run(swept)
    with pytest.raises(GraphError, match=r"2 results, one for each cell\..*Take the axis off"):
        executor.lock(swept, "end")
    assert locked(swept) == []
