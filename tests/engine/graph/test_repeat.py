from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.graph import events
from engine.graph.check import CheckError, check
from engine.graph.executor import Executor
from engine.graph.flatten import flatten
from engine.graph.graph import Graph
from engine.graph.registry import Registry
from engine.graph.spec import node as node_type
from engine.graph.subgraph import Definition, collapse
from tests.engine.graph import stubs
from tests.engine.graph.composites import loop, node, source

calls = stubs.calls


class Frames(NamedTuple):
    frames: list[stubs.Latents]
    many: int


@node_type("stub.frames")
def frames(count: int = 3, base: int = 0) -> Frames:
    """Several latents in a list."""
    calls["frames"] += 1
    return Frames([stubs.Latents((float(base + place),)) for place in range(count)], count)


@node_type("stub.shift")
def shift(a: stubs.Latents, by: float = 1.0) -> stubs.Latents:
    """Latents moved by a number."""
    calls["shift"] += 1
    return stubs.Latents(tuple(value + by for value in a.values))


def registry() -> Registry:
    return Registry([*stubs.NODES, frames, shift])


def by_hand(times: int) -> int:
    total = 7
    for place in range(times):
        total = min(99, total + place)
    return total


@given(st.integers(0, 12))
@settings(max_examples=13, deadline=None)
def test_a_zone_runs_so_many_times(times):
    result = Executor(registry()).run(loop(times))
    assert result.value("end.int") == result.value("loop.total") == by_hand(times)


def test_a_zone_is_written_out_as_by_hand():
    nodes = flatten(loop(2), registry(), {}).graph.nodes
    assert list(nodes) == [
        "start",
        "loop#0/step",
        "loop#0/clamp",
        "loop#1/step",
        "loop#1/clamp",
        "end",
    ]
    assert nodes["loop#0/step"] == node("loop#0/step", "math.add", params={"b": 0}, a="start.int")
    assert nodes["loop#1/step"] == node(
        "loop#1/step", "math.add", params={"b": 1}, a="loop#0/clamp.int"
    )
    assert nodes["end"] == node("end", "math.add", a="loop#1/clamp.int")


def test_an_unchanged_prefix_of_iterations_is_there_already():
    graph = loop(3)
    executor = Executor(registry())
    executor.run(graph)
    graph.set_param("loop", "times", 5)
    result = executor.run(graph)
    assert [name for name in result.ran if "#" in name] == [
        f"loop#{place}/{name}" for place in (3, 4) for name in ("step", "clamp")
    ]
    graph.set_param("loop", "times", 2)
    assert executor.run(graph, ["loop"]).ran == ()


def test_the_iterations_are_told_as_they_come():
    seen: list[str] = []

    def listen(event: events.Event) -> None:
        if isinstance(event, events.Produced):
            seen.append(event.node)

    Executor(registry()).run(loop(2), emit=listen)
    assert seen == ["start", "loop#0/step", "loop#0/clamp", "loop#1/step", "loop#1/clamp", "end"]


def each(*sources: str) -> Graph:
    graph = Graph()
    graph.add("stub.frames", "clip")
    graph.add("noise.seed", "noise", params={"seed": 100})
    graph.add("repeat", "loop", inputs={"each": list(sources)})
    graph.add("stub.shift", "move", zone="loop", inputs={"a": "loop.item"})
    graph.connect("move.stub_latents", "loop.gather.moved")
    graph.add("math.sum", "sum", inputs={"items": "loop.moved"})
    graph.set_outputs(["sum"])
    return graph


def test_once_for_each_link_of_a_list():
    graph = each("noise.stub_latents", "noise.stub_latents")
    assert check(graph, registry()).ok
    result = Executor(registry()).run(graph)
    assert result.value("sum.total") == 202
    assert [item.values for item in result.value("loop.moved")] == [(101.0,), (101.0,)]


def test_once_for_each_item_of_a_list_that_a_node_makes():
    graph = each("clip.frames")
    assert check(graph, registry()).ok
    executor = Executor(registry())
    plan = executor.plan(graph)
    assert plan.notes == (
        "loop: how often it runs is known when clip.frames is there; here it runs once.",
    )
    result = executor.run(graph)
    assert result.value("sum.total") == 0 + 1 + 2 + 3
    assert (calls["frames"], calls["shift"]) == (1, 3)
    assert "clip" in result.ran
    assert executor.plan(graph).runs == executor.plan(graph).notes == ()
    # One frame more: the frames that are the same are not moved again.
    graph.set_param("clip", "count", 4)
    assert executor.run(graph).value("sum.total") == 10
    assert (calls["frames"], calls["shift"]) == (2, 4)


def test_fresh_runs_everything_once():
    graph = each("clip.frames")
    executor = Executor(registry())
    executor.run(graph)
    calls.clear()
    result = executor.run(graph, fresh=True)
    assert (calls["frames"], calls["shift"]) == (1, 3)
    assert result.cached == ()


def test_the_times_can_come_from_a_node():
    graph = loop(1)
    graph.clear_param("loop", "times")
    graph.add("math.number", "often", params={"value": 4})
    graph.connect("often.int", "loop.times")
    assert Executor(registry()).run(graph).value("end.int") == by_hand(4)
    graph.set_param("often", "value", -1)
    with pytest.raises(CheckError, match=r"loop\.times: -1 is no number of iterations"):
        Executor(registry()).run(graph)


def test_what_fails_before_a_zone_is_known_is_told():
    graph = loop(1)
    graph.clear_param("loop", "times")
    graph.add("math.fail", "often", params={"a": 3})
    graph.connect("often.int", "loop.times")
    result = Executor(registry()).run(graph)
    assert set(result.failed) == {"often"}
    assert calls["fail"] == 1


def test_plain_items_and_a_plain_start():
    graph = Graph()
    graph.add("repeat", "loop", params={"each": [3, 4, 5], "total": 10})
    graph.add("math.add", "step", zone="loop", inputs={"a": "loop.total", "b": "loop.item"})
    graph.connect("step.int", "loop.next.total")
    result = Executor(registry()).run(graph, ["loop"])
    assert result.value("loop.total") == 22


def test_zones_nest_and_stand_in_subgraphs():
    graph = Graph()
    inside = [
        node(
            "outer",
            "repeat",
            params={"total": 0},
            times="inputs.rows",
            **{"next.total": "inner.sum"},
        ),
        node(
            "inner", "repeat", "outer", {"times": 3}, sum="outer.total", **{"next.sum": "add.int"}
        ),
        node("add", "math.add", "inner", a="inner.sum", b="mul.int"),
        node("mul", "math.add", "outer", a="outer.index", b="inputs.base"),
    ]
    graph.define(
        "table",
        Definition(
            {item.id: item for item in inside}, ("rows", "base"), {"total": source("outer.total")}
        ),
    )
    graph.add("subgraph:table", "t", params={"rows": 4, "base": 10})
    assert check(graph, registry()).problems == ()
    result = Executor(registry()).run(graph)
    assert result.value("t.total") == sum(3 * (row + 10) for row in range(4))
    assert "t/outer#2/inner#1/add" in result.ran


def test_a_failure_names_instance_iteration_and_node():
    graph = Graph()
    graph.add("repeat", "loop", params={"times": 3, "x": 0})
    graph.add("math.fail", "odd", zone="loop", inputs={"a": "loop.index"})
    graph.connect("odd.int", "loop.next.x")
    result = Executor(registry()).run(graph, ["odd"])
    assert set(result.failed) == {"loop#1/odd"}
    assert "loop#1/odd: Fail failed: ValueError: 1 is odd" in str(result.failed["loop#1/odd"])


@pytest.mark.parametrize(
    ("edit", "code", "where", "says"),
    [
        (lambda g: g.clear_param("loop", "times"), "repeat", "loop.times", "either times or each"),
        (lambda g: g.set_param("loop", "times", "x"), "repeat", "loop.times", "no number"),
        (lambda g: g.disconnect("loop.next.total"), "repeat", "loop.total", "no iteration hands"),
        (lambda g: g.disconnect("loop.total"), "repeat", "loop.total", "nothing to start with"),
        (lambda g: g.connect("step.int", "end.a"), "zone", "end.a", "inside the Repeat zone loop"),
        (lambda g: g.connect("loop.index", "end.a"), "unknown-port", "end.a", "no output 'index'"),
        (lambda g: g.set_zone("nowhere", "step"), "zone", "step.zone", "no Repeat zone 'nowhere'"),
        (lambda g: g.set_param("step", "c", 1), "unknown-param", "step.c", "no such parameter"),
        (lambda g: g.set_param("loop", "each", []), "repeat", "loop.times", "either times or each"),
    ],
)
def test_problems_are_told_once_and_in_words(edit, code, where, says):
    graph = loop(3)
    edit(graph)
    first = check(graph, registry()).problems[0]
    assert (first.code, first.where) == (code, where)
    assert says in first.reason
    assert len([item for item in check(graph, registry()).problems if item.where == where]) == 1


def test_a_gathered_list_where_one_value_goes_is_told_as_a_list():
    graph = loop(3)
    graph.connect("step.int", "loop.gather.all")
    graph.add("math.add", "one", inputs={"a": "loop.all"})
    (found,) = check(graph, registry()).problems
    assert (found.code, found.where) == ("too-many-links", "one.a")
    assert found.reason == "A list comes in from loop.all, and it takes one value."
    collapse(graph, graph.nodes, "part")
    (found,) = check(graph, registry()).problems
    assert found.where == "subgraph:part/one.a"
    assert found.reason == "A list comes in from loop.all, and it takes one value."


def test_a_state_keeps_its_kind():
    graph = loop(3)
    graph.add("noise.seed", "noise", zone="loop")
    graph.connect("noise.stub_latents", "loop.next.total")
    found = [(item.code, item.where) for item in check(graph, registry()).problems]
    assert ("kind", "loop.next.total") in found
    assert ("kind", "end.a") in found
    graph.set_param("loop", "times", 1)
    graph.disconnect("end.a")
    found = [(item.code, item.where) for item in check(graph, registry()).problems]
    assert ("kind", "loop.next.total") in found


def test_edits_follow_a_zone_and_are_taken_back():
    graph = loop(3)
    before = graph.copy()
    graph.rename("loop", "again")
    assert graph.nodes["step"].zone == "again"
    assert str(graph.nodes["step"].inputs["a"][0]) == "again.total"
    assert Executor(registry()).run(graph).value("end.int") == by_hand(3)
    graph.undo()
    assert graph == before
    graph.remove("loop")
    assert graph.nodes["step"].zone == ""
    graph.undo()
    assert graph == before


def test_muted_and_bypassed_zones():
    graph = loop(3)
    graph.set_state("bypassed", "loop")
    assert Executor(registry()).run(graph).value("end.int") == 7


def test_a_zone_without_end_is_refused():
    graph = Graph()
    zone = ""
    for level in range(4):
        graph.add("repeat", f"z{level}", params={"times": 10_000, "x": 0}, zone=zone)
        zone = f"z{level}"
    graph.add("math.add", "add", zone=zone, inputs={"a": f"{zone}.x"})
    for level in range(4):
        graph.connect("add.int" if level == 3 else f"z{level + 1}.x", f"z{level}.next.x")
    assert [item.code for item in check(graph, registry()).problems] == ["too-large"]


def test_a_state_may_be_handed_through_unchanged():
    graph = loop(4)
    graph.connect("loop.total", "loop.next.total")
    assert check(graph, registry()).ok
    assert Executor(registry()).run(graph).value("end.int") == 7


def test_a_state_that_doubles_is_refused():
    graph = loop(40)
    graph.connect("loop.total", "loop.next.total")
    graph.connect("loop.total", "loop.next.total", append=True)
    assert [item.code for item in check(graph, registry()).problems] == ["too-large"]


def test_many_iterations_are_written_out_in_linear_time():
    graph = loop(3000)
    graph.connect("loop.total", "loop.next.total")
    assert len(flatten(graph, registry(), {}).graph.nodes) == 6002
