from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import settings as run_settings
from hypothesis import strategies as st

from engine.graph.check import CheckError, check, check_link
from engine.graph.errors import GraphError
from engine.graph.executor import Executor
from engine.graph.flatten import flatten
from engine.graph.graph import Graph, Source
from engine.graph.interface import local_registry
from engine.graph.subgraph import Definition, collapse, rename_input, rename_output
from engine.graph.sweep import Axis
from tests.engine.graph import stubs
from tests.engine.graph.composites import affine, node, source, two_instances
from tests.engine.graph.test_properties import port, random_graph


def flat(graph: Graph) -> Graph:
    return flatten(graph, stubs.registry(), {}).graph


def test_an_instance_is_written_out_as_by_hand():
    nodes = flat(two_instances()).nodes
    assert list(nodes) == ["n", "one/add", "one/clamp", "two/add", "two/clamp", "end"]
    assert nodes["one/add"] == node("one/add", "math.add", params={"b": 10}, a="n.int")
    # What an instance does not give is as it is inside.
    assert nodes["two/add"] == node("two/add", "math.add", params={"b": 1}, a="one/clamp.int")
    assert nodes["two/clamp"] == node(
        "two/clamp", "math.clamp", params={"high": 100}, a="two/add.int"
    )
    assert nodes["end"] == node("end", "math.add", a="two/clamp.int", b="one/clamp.int")


def test_values_of_instances_and_of_what_is_inside():
    result = Executor(stubs.registry()).run(two_instances())
    assert result.value("end.int") == 31
    assert result.value("one.y") == 15
    assert result.value("two/add.int") == 16


def test_an_instance_can_be_asked_for_and_is_what_its_ports_come_from():
    result = Executor(stubs.registry()).run(two_instances(), ["one"])
    assert result.ran == ("n", "one/add", "one/clamp")
    assert result.value("one.y") == 15


def test_one_edit_of_the_definition_changes_every_instance_and_runs_what_depends_on_it():
    graph = two_instances()
    executor = Executor(stubs.registry())
    executor.run(graph)
    with graph.editing("affine") as body:
        body.set_param("clamp", "low", 20)
    result = executor.run(graph)
    # one/clamp gives 20 now, so all that reads it runs; the addition above it does not.
    assert result.ran == ("one/clamp", "two/add", "two/clamp", "end")
    assert result.value("end.int") == 41
    graph.undo()
    assert executor.run(graph).ran == ()


def test_editing_is_one_edit_and_an_error_inside_leaves_all_as_it_was():
    graph = two_instances()
    before = graph.copy()
    with graph.editing("affine") as body:
        body.rename("clamp", "limit")
        body.add("math.add", "more", inputs={"a": "limit.int"})
        body.connect("more.int", "outputs.z")
    assert graph.definitions["affine"].outputs == {
        "y": source("limit.int"),
        "z": source("more.int"),
    }
    after = graph.copy()
    assert graph.undo() == {"subgraph:affine"}
    assert graph == before
    graph.redo()
    assert graph == after
    with pytest.raises(GraphError), graph.editing("affine") as body:
        body.remove("more")
        body.remove("nowhere")
    assert graph == after


def test_a_definition_can_be_renamed_and_removed_and_all_comes_back():
    graph = two_instances()
    graph.define("outer", Definition({"in": node("in", "subgraph:affine")}))
    before = graph.copy()
    graph.rename_definition("affine", "scale")
    assert graph.nodes["one"].type == "subgraph:scale"
    assert graph.definitions["outer"].nodes["in"].type == "subgraph:scale"
    assert Executor(stubs.registry()).run(graph).value("end.int") == 31
    graph.undo()
    assert graph == before
    graph.define("affine", None)
    assert [item.where for item in check(graph, stubs.registry()).problems] == [
        "one.type", "two.type", "subgraph:outer/in.type"
    ]  # fmt: skip
    graph.undo()
    assert graph == before


def test_an_input_takes_its_instances_along_when_it_is_renamed():
    graph = nested()
    graph.set_axis("one.shift", Axis((1, 2)))
    graph.set_axis("n.value", Axis((5, 6), along="one.shift"))
    before = graph.copy()
    values = Executor(stubs.registry()).run(graph, ["end", "far"])
    rename_input(graph, "affine", "shift", "by_how_much")
    assert graph.definitions["affine"].inputs == ("x", "by_how_much", "high")
    assert graph.nodes["one"].params == {"by_how_much": 10}
    assert str(graph.definitions["outer"].nodes["in"].inputs["by_how_much"][0]) == "inputs.by"
    assert list(graph.sweep) == ["one.by_how_much", "n.value"]
    assert graph.sweep["n.value"].along == "one.by_how_much"
    assert check(graph, stubs.registry()).ok
    after = Executor(stubs.registry()).run(graph, ["end", "far"])
    for old, new in zip(values.grid.cells, after.grid.cells, strict=True):
        assert values.value("end.int", old) == after.value("end.int", new)
        assert values.value("far.out", old) == after.value("far.out", new)
    assert graph.undo_label == "Rename affine.shift to by_how_much"
    graph.undo()
    assert graph == before


def test_an_output_takes_its_readers_along_when_it_is_renamed():
    graph = nested()
    before = graph.copy()
    rename_output(graph, "affine", "y", "result")
    assert str(graph.nodes["two"].inputs["x"][0]) == "one.result"
    assert str(graph.definitions["outer"].nodes["more"].inputs["a"][0]) == "in.result"
    assert Executor(stubs.registry()).run(graph, ["end"]).value("end.int") == 31
    graph.undo()
    assert graph == before


def test_an_input_that_goes_straight_through_can_be_renamed():
    graph = Graph()
    graph.define("same", Definition({}, ("x",), {"y": source("inputs.x")}))
    graph.add("math.number", "n", params={"value": 3})
    graph.add("subgraph:same", "a", inputs={"x": "n.int"})
    rename_input(graph, "same", "x", "z")
    assert Executor(stubs.registry()).run(graph, ["a"]).value("a.y") == 3


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("nothing", "z", "no port 'nothing'"),
        ("x", "high", "a port 'high' already"),
        ("x", "a.b", "can't be a name"),
        ("x", "", "can't be a name"),
    ],
)
def test_names_that_an_input_can_not_have(old: str, new: str, says: str):
    graph = two_instances()
    before = graph.copy()
    with pytest.raises(GraphError, match=says):
        rename_input(graph, "affine", old, new)
    assert graph == before


def test_a_subgraph_without_an_instance_is_checked_too():
    graph = stubs.chain(2)
    graph.define(
        "unused",
        Definition(
            {
                "add": node("add", "math.add", a="inputs.x"),
                "typo": node("typo", "math.ad", params={"b": 1}),
                "lost": node("lost", "math.add"),
            },
            ("x",),
        ),
    )
    graph.define("around", Definition({"in": node("in", "subgraph:unused")}))
    found = {(item.code, item.where) for item in check(graph, stubs.registry()).problems}
    assert found == {
        ("unknown-type", "subgraph:unused/typo.type"),
        ("missing-param", "subgraph:unused/lost.a"),
        ("missing-param", "subgraph:around/in.x"),
    }
    assert Executor(stubs.registry()).run(graph).ok


def test_a_model_can_be_given_at_an_instance(settings):
    graph = Graph()
    inner = node("load", "load.model", params={"model": "tiny"}, model="inputs.model")
    graph.define("loader", Definition({"load": inner}, ("model",), {"model": source("load.model")}))
    graph.add("subgraph:loader", "model", params={"model": {"name": "big"}})
    result = Executor(stubs.registry(), settings).run(graph)
    assert result.value("model.model").name == "big"
    assert result.graph.nodes["model"].params["model"]["hash"].startswith("b2:")


def nested() -> Graph:
    graph = two_instances()
    inner = node("in", "subgraph:affine", x="inputs.x", shift="inputs.by")
    more = node("more", "math.add", params={"b": 1000}, a="in.y")
    graph.define(
        "outer", Definition({"in": inner, "more": more}, ("x", "by"), {"out": source("more.int")})
    )
    graph.add("subgraph:outer", "far", params={"by": 3}, inputs={"x": "n.int"})
    return graph


def test_subgraphs_nest():
    graph = nested()
    result = Executor(stubs.registry()).run(graph, ["far"])
    assert result.ran == ("n", "far/in/add", "far/in/clamp", "far/more")
    assert result.value("far.out") == 5 + 3 + 1000


def test_recursion_is_refused_by_name():
    graph = two_instances()
    for name, other in (("a", "b"), ("b", "a")):
        graph.define(name, Definition({"x": node("x", f"subgraph:{other}")}))
    graph.add("subgraph:a", "bad")
    (problem,) = check(graph, stubs.registry()).problems
    assert (problem.code, problem.node) == ("recursion", "subgraph:b/x")
    assert "'a' is inside itself: a → b → a" in problem.reason
    with pytest.raises(CheckError, match="inside itself"):
        Executor(stubs.registry()).run(graph, ["bad"])
    assert "subgraph:a" in {spec.id for spec in local_registry(graph, stubs.registry())}


def test_subgraphs_that_double_each_time_are_refused_before_they_fill_the_memory():
    graph = Graph()
    graph.define("d0", Definition({"n": node("n", "math.number")}))
    for level in range(1, 25):
        twice = {name: node(name, f"subgraph:d{level - 1}") for name in "ab"}
        graph.define(f"d{level}", Definition(twice))
    graph.add("subgraph:d24", "all")
    assert [item.code for item in check(graph, stubs.registry()).problems] == ["too-large"]


def test_a_problem_inside_is_told_once_at_the_definition():
    graph = two_instances()
    with graph.editing("affine") as body:
        body.set_param("clamp", "nonsense", 1)
        body.add("math.add", "lost")
    found = [(item.code, item.where) for item in check(graph, stubs.registry()).problems]
    assert sorted(found) == [
        ("missing-param", "subgraph:affine/lost.a"),
        ("unknown-param", "subgraph:affine/clamp.nonsense"),
    ]


def test_a_problem_of_one_instance_is_told_there():
    graph = two_instances()
    graph.set_param("one", "shift", "much")
    graph.set_param("two", "typo", 1)
    graph.disconnect("two.x")
    found = {(item.code, item.where) for item in check(graph, stubs.registry()).problems}
    assert found == {
        ("bad-param", "one.shift"),
        ("unknown-input", "two.typo"),
        ("missing-param", "two.x"),
    }


def test_a_problem_of_a_nested_instance_is_told_where_the_wire_comes_in():
    graph = nested()
    graph.set_param("far", "by", None)
    (problem,) = check(graph, stubs.registry()).problems
    assert (problem.code, problem.where) == ("bad-param", "far.by")


@pytest.mark.parametrize(
    ("edit", "where", "says"),
    [
        (lambda g: g.connect("one.nothing", "end.a"), "end.a", "one has no output 'nothing'"),
        (lambda g: g.add("subgraph:afine", "bad"), "bad.type", "Did you mean 'affine'?"),
        (lambda g: g.connect("nowhere.int", "one.x"), "one.x", "There is no node 'nowhere'"),
    ],
)
def test_problems_in_words(edit, where, says):
    graph = two_instances()
    edit(graph)
    (problem,) = check(graph, stubs.registry()).problems
    assert problem.where == where
    assert says in str(problem)


def test_an_input_that_is_not_declared_is_told():
    graph = two_instances()
    with graph.editing("affine") as body:
        body.set_param("inputs", "ports", ["x", "high"])
    (first, second) = check(graph, stubs.registry()).problems
    assert (first.where, second.where) == ("one.shift", "subgraph:affine/add.b")


def test_instances_whose_outputs_feed_themselves_are_a_circle():
    graph = Graph()
    graph.define("same", Definition({}, ("x",), {"x": source("inputs.x")}))
    graph.add("subgraph:same", "a", inputs={"x": "b.x"})
    graph.add("subgraph:same", "b", inputs={"x": "a.x"})
    graph.add("math.add", "end", inputs={"a": "a.x"})
    assert "cycle" in {item.code for item in check(graph, stubs.registry()).problems}


def test_an_instance_looks_like_a_node():
    spec = local_registry(nested(), stubs.registry()).get("subgraph:outer")
    assert spec.params["by"].default == 1
    assert spec.params["by"].base is int
    assert spec.outputs["out"].type.describe() == "Int"
    assert spec.params["x"].required


def test_links_to_instances_are_checked_while_they_are_drawn():
    graph = two_instances()
    graph.add("noise.seed", "noise")
    assert not check_link(graph, stubs.registry(), "n.int", "two.x")
    (problem,) = check_link(graph, stubs.registry(), "noise.stub_latents", "two.x")
    assert (problem.code, problem.where) == ("kind", "two.x")


def test_muted_and_bypassed_instances():
    graph = two_instances()
    graph.set_state("muted", "one")
    assert [item.where for item in check(graph, stubs.registry()).problems] == []
    graph.set_state("bypassed", "one")
    assert Executor(stubs.registry()).run(graph).value("end.int") == 5 + 1 + 5


def test_a_seed_inside_is_drawn_once_and_the_workflow_keeps_its_subgraphs():
    graph = Graph()
    graph.define(
        "noisy",
        Definition(
            {"noise": node("noise", "noise.seed", params={"seed": None})},
            (),
            {"out": source("noise.stub_latents")},
        ),
    )
    graph.add("subgraph:noisy", "one")
    graph.add("subgraph:noisy", "two")
    result = Executor(stubs.registry()).run(graph, ["one", "two"])
    drawn = result.graph.definitions["noisy"].nodes["noise"].params["seed"]
    assert result.value("one.out").values == result.value("two.out").values == (float(drawn),)
    assert list(result.graph.nodes) == ["one", "two"]
    assert Executor(stubs.registry()).run(graph, ["one"], seed=4).value("one.out").values == (4.0,)


def test_a_seed_that_is_exposed_is_drawn_for_each_instance():
    graph = Graph()
    inner = node("noise", "noise.seed", params={"seed": None}, seed="inputs.seed")
    graph.define(
        "noisy", Definition({"noise": inner}, ("seed",), {"out": source("noise.stub_latents")})
    )
    graph.add("subgraph:noisy", "one")
    graph.add("subgraph:noisy", "two", params={"seed": 3})
    result = Executor(stubs.registry()).run(graph, ["one", "two"])
    drawn = result.graph.nodes["one"].params["seed"]
    assert result.value("one.out").values == (float(drawn),)
    assert result.value("two.out").values == (3.0,)


def test_a_model_inside_is_pinned_in_the_definition(settings):
    graph = Graph()
    inner = node("load", "load.model", params={"model": "tiny"})
    graph.define("loader", Definition({"load": inner}, (), {"model": source("load.model")}))
    graph.add("subgraph:loader", "model")
    graph.add("latents.empty", "empty", inputs={"model": "model.model"})
    result = Executor(stubs.registry(), settings).run(graph)
    pinned = result.graph.definitions["loader"].nodes["load"].params["model"]
    assert pinned["hash"].startswith("b2:")


def test_selected_nodes_become_a_subgraph_in_one_edit():
    graph = stubs.chain(6, 3)
    before = graph.copy()
    made = collapse(graph, ["n2", "n3"], "middle")
    assert graph.nodes["n4"].inputs["a"] == (Source(made.id, "int"),)
    assert graph.definitions["middle"].inputs == ("a",)
    assert Executor(stubs.registry()).run(graph).value("n5.int") == 3 + 1 + 2 + 3 + 4 + 5
    graph.undo()
    assert graph == before


@given(st.integers(0, 2**32), st.integers(2, 15))
@run_settings(max_examples=60, deadline=None)
def test_a_subgraph_of_any_nodes_gives_what_the_nodes_gave(seed, size):
    rng = random.Random(seed)
    graph = random_graph(rng, size)
    whole = Executor(stubs.registry()).run(graph, graph.nodes)
    chosen = rng.sample(list(graph.nodes), rng.randint(1, size))
    # A subgraph may not both feed and read the same node outside: that is a circle of links.
    above = graph.upstream(chosen)
    chosen = [id for id in above if graph.upstream([id]) & set(chosen)]
    made = collapse(graph, chosen, "part", "part")
    assert check(graph, stubs.registry()).ok
    result = Executor(stubs.registry()).run(graph, graph.nodes)
    for id in graph.nodes.keys() - {"part"}:
        assert result.value(port(whole.graph, id)) == whole.value(port(whole.graph, id))
    for name, inner in graph.definitions["part"].outputs.items():
        assert result.value(f"{made.id}.{name}") == whole.value(str(inner))
    graph.undo()
    assert Executor(stubs.registry()).run(graph, graph.nodes).ran == whole.ran


def test_the_definition_of_affine_is_what_the_tests_think():
    assert [str(item) for item in affine().readers("shift")] == ["add.b"]
