from __future__ import annotations

import pytest

from engine.graph import workflow
from engine.graph.check import check, check_link
from engine.graph.errors import WorkflowError
from engine.graph.graph import Graph, Source
from engine.graph.registry import Registry
from engine.graph.states import active, keep_locked
from tests.engine.graph import stubs


@pytest.fixture
def registry() -> Registry:
    return stubs.registry()


def line() -> Graph:
    """n → clamp → add → save, with `other` as the second number of add."""
    graph = Graph()
    graph.add("math.number", "n", params={"value": 50})
    graph.add("math.number", "other", params={"value": 1})
    graph.add("math.clamp", "clamp", inputs={"a": "n.int"})
    graph.add("math.add", "add", inputs={"a": "clamp.int", "b": "other.int"})
    graph.add("save.text", "save", inputs={"value": "add.int"})
    graph.set_outputs(["save"])
    return graph


def test_states_are_edits_that_can_be_taken_back():
    graph = line()
    before = graph.copy()
    graph.set_state("muted", "clamp", "other")
    assert [graph.nodes[name].state for name in ("clamp", "other", "n")] == ["muted", "muted", ""]
    assert graph.undo_label == "Mute clamp, other"
    graph.set_lock("n", "abc")
    graph.undo()
    graph.undo()
    assert graph == before
    graph.redo()
    graph.set_state("", "clamp", "other")
    assert graph == before


def test_states_are_in_the_file_and_only_where_they_are_set():
    graph = line()
    plain = workflow.dumps(graph)
    assert "state" not in plain and "lock" not in plain
    graph.set_state("bypassed", "clamp")
    graph.set_lock("n", "abc")
    again = workflow.loads(workflow.dumps(graph))
    assert again == graph
    assert (again.nodes["clamp"].state, again.nodes["n"].lock) == ("bypassed", "abc")


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ('"state": "off"', "n.state: 'off' is not allowed here (in x). Write muted or bypassed."),
        ('"state": 3', "3 is not allowed here"),
        ('"lock": ""', "a text that is not empty"),
        ('"lock": true', "True is not a text"),
    ],
)
def test_a_state_that_is_none_is_refused(field: str, says: str):
    with pytest.raises(WorkflowError) as error:
        workflow.loads(f'{{"loom": 1, "nodes": {{"n": {{"type": "a.b", {field}}}}}}}', name="x")
    assert says in str(error.value)


def test_without_states_the_graph_is_as_it_is(registry: Registry):
    graph = line()
    assert active(graph, registry.find).graph is graph
    assert keep_locked(graph, ()) is graph


def test_a_muted_node_goes_with_what_only_it_feeds(registry: Registry):
    graph = line()
    graph.set_state("muted", "n")
    found = active(graph, registry.find)
    assert found.left_out == {"n": "muted", "clamp": "it gets nothing: n is muted"}
    assert set(found.graph.nodes) == {"other", "add", "save"}
    assert found.graph.nodes["add"].inputs == {"b": (Source("other", "int"),)}
    assert found.cuts == {("add", "a"): "n is muted"}
    assert set(graph.nodes) == {"n", "other", "clamp", "add", "save"}


def test_an_input_that_lost_its_link_is_reported_where_it_is_required(registry: Registry):
    graph = line()
    graph.set_state("muted", "n")
    (problem,) = check(graph, registry).problems
    assert (problem.code, problem.where) == ("missing-param", "add.a")
    assert problem.reason == "It gets nothing: n is muted."
    graph.set_state("", "n")
    graph.set_state("muted", "other")
    assert check(graph, registry).ok  # `b` has a default


def test_a_muted_output_is_not_asked_for(registry: Registry):
    graph = line()
    graph.set_state("muted", "save")
    found = active(graph, registry.find)
    assert found.graph.outputs == () and found.targets(["save", "add"]) == ("add",)
    assert check(graph, registry).ok


def test_what_is_wrong_with_a_muted_node_does_not_matter(registry: Registry):
    graph = line()
    graph.add("no.such", "odd", params={"x": 1})
    graph.add("math.add", "empty")
    graph.set_state("muted", "odd", "empty")
    assert check(graph, registry).ok


def test_muting_opens_a_circle(registry: Registry):
    graph = line()
    graph.connect("add.int", "clamp.high")
    assert [problem.code for problem in check(graph, registry).problems] == ["cycle"]
    graph.set_state("muted", "clamp")
    assert [problem.code for problem in check(graph, registry).problems] == ["missing-param"]


def test_a_bypassed_node_hands_on_what_it_gets(registry: Registry):
    graph = line()
    graph.set_state("bypassed", "clamp")
    found = active(graph, registry.find)
    assert found.graph.nodes["add"].inputs["a"] == (Source("n", "int"),)
    assert found.left_out == {"clamp": "bypassed"}
    graph.set_state("bypassed", "add")
    found = active(graph, registry.find)
    assert found.graph.nodes["save"].inputs["value"] == (Source("n", "int"),)
    assert found.targets(["add"]) == ("n",)


def test_a_bypassed_node_passes_values_of_the_same_kind_alone(registry: Registry):
    graph = stubs.diffusion()
    graph.set_state("bypassed", "denoise")
    assert active(graph, registry.find).passes == {
        Source("denoise", "stub_latents"): (Source("empty", "stub_latents"),)
    }
    graph.set_state("bypassed", "prompt")
    graph.set_state("", "denoise")
    (problem,) = check(graph, registry).problems
    assert problem.where == "denoise.positive"
    assert problem.reason.startswith(
        "It gets nothing: prompt is bypassed and gets nothing of that kind, and Denoise needs"
    )


def test_a_bypassed_node_that_gets_nothing_gives_nothing(registry: Registry):
    graph = line()
    graph.set_state("bypassed", "clamp")
    graph.set_state("muted", "n")
    found = active(graph, registry.find)
    assert found.cuts == {("add", "a"): "n is muted"}


def test_one_of_several_links_can_be_cut(registry: Registry):
    graph = Graph()
    for name in "ab":
        graph.add("noise.seed", name)
    graph.add("math.sum", "sum", inputs={"items": ["a.stub_latents", "b.stub_latents"]})
    graph.set_state("muted", "a")
    found = active(graph, registry.find).graph
    assert found.nodes["sum"].inputs["items"] == (Source("b", "stub_latents"),)


def test_facets_and_types_reach_past_a_bypassed_node(registry: Registry):
    graph = Graph()
    graph.add("math.number", "n")
    graph.add("any.pick", "pick", inputs={"first": "n.int", "second": "n.int"})
    graph.add("math.halve", "half", inputs={"value": "pick.value"})
    graph.set_state("bypassed", "pick")
    report = check(graph, registry)
    assert report.ok
    assert "pick.value" in report.types


def test_a_link_has_to_fit_at_a_muted_node_too(registry: Registry):
    graph = stubs.diffusion()
    graph.set_state("muted", "prompt")
    assert check_link(graph, registry, "empty.stub_latents", "prompt.model")
    assert not check_link(graph, registry, "model.model", "prompt.model")


def test_nothing_above_a_lock_is_needed():
    graph = line()
    graph.set_lock("clamp", "k")
    held = keep_locked(graph, {"k"})
    assert held.upstream(["save"]) == {"save", "add", "other", "clamp"}
    assert held.nodes["clamp"].lock == "k"
    opened = keep_locked(graph, ())
    assert opened.nodes["clamp"].lock == ""
    assert opened.upstream(["save"]) == set(graph.nodes)
