import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.graph.diff import diff
from engine.graph.graph import Graph
from engine.graph.subgraph import collapse
from engine.graph.sweep import Axis, Span
from tests.engine.graph import stubs
from tests.engine.graph.composites import two_instances


@pytest.fixture
def before() -> Graph:
    return stubs.diffusion()


def lines(before: Graph, after: Graph, **options: bool) -> list[str]:
    return diff(before, after, **options).text().splitlines()


def test_the_same_workflow_has_no_differences(before: Graph):
    assert not diff(before, before.copy())
    assert lines(before, before.copy()) == []


def test_parameters_are_told_from_and_to(before: Graph):
    after = before.copy()
    after.set_param("denoise", "guidance", 6.0)
    assert lines(before, after) == ["denoise.guidance: not given → 6.0"]
    assert lines(after, before) == ["denoise.guidance: 6.0 → not given"]
    other = after.copy()
    other.set_param("denoise", "guidance", 7.5)
    assert lines(after, other) == ["denoise.guidance: 6.0 → 7.5"]


def test_a_null_and_a_truth_are_values_of_their_own(before: Graph):
    after = before.copy()
    after.set_param("denoise", "steps", None)
    assert lines(before, after) == ["denoise.steps: not given → null"]
    before.set_param("denoise", "steps", 1)
    after.set_param("denoise", "steps", 1.0)
    assert lines(before, after) == []
    after.set_param("denoise", "steps", "1")
    after.set_param("denoise", "steps", True)
    assert lines(before, after) == ["denoise.steps: 1 → true"]


def test_nodes_that_come_and_go(before: Graph):
    after = before.copy()
    after.remove("empty")
    after.add("noise.seed", "noise", params={"seed": 7})
    after.connect("noise.stub_latents", "denoise.latents")
    assert lines(before, after) == [
        "empty removed (latents.empty)",
        "noise added (noise.seed)",
        "denoise.latents: empty.stub_latents → noise.stub_latents",
        "noise.seed: not given → 7",
    ]


def test_a_node_of_another_type_and_of_another_version(before: Graph):
    after = before.copy()
    after.remove("empty")
    after.add("noise.seed", "empty", inputs={"model": "model.model"})
    after.connect("empty.stub_latents", "denoise.latents")
    after.put(replace(after.node("prompt"), version=2))
    assert lines(before, after) == [
        "prompt: version 1 → 2",
        "empty was latents.empty, now is noise.seed",
    ]


def test_links_and_outputs(before: Graph):
    after = before.copy()
    after.disconnect("denoise.latents")
    after.connect("prompt.stub_text", "denoise.negative")
    after.set_outputs(["denoise", "empty"])
    assert lines(before, after) == [
        "denoise.latents: empty.stub_latents → nothing",
        "denoise.negative: nothing → prompt.stub_text",
        "outputs: denoise → denoise, empty",
    ]
    after.set_outputs([])
    assert lines(before, after)[-1] == "outputs: denoise → every final node"


def test_a_renamed_node_is_one_difference(before: Graph):
    after = before.copy()
    after.rename("model", "sd")
    after.rename("denoise", "loop")
    assert lines(before, after) == ["model renamed to sd", "denoise renamed to loop"]


def test_two_that_are_alike_are_not_guessed_at():
    before, after = Graph(), Graph()
    for name in ("a", "b"):
        before.add("math.number", name)
        after.add("math.number", name + "2")
    assert [change.sort for change in diff(before, after).changes] == [
        *("removed", "removed", "added", "added")
    ]


def test_the_view_counts_only_when_asked(before: Graph):
    after = before.copy()
    after.place("model", {"at": [1, 2]})
    assert lines(before, after) == []
    assert lines(before, after, view=True) == ["model: placed on the canvas"]
    assert lines(after, before, view=True) == ["model: its place was forgotten"]
    moved = after.copy()
    moved.place("model", {"at": [1, 3]})
    assert lines(after, moved, view=True) == ["model: moved or changed on the canvas"]


def test_long_texts_are_shown_where_they_differ(before: Graph):
    after = before.copy()
    before.set_param("prompt", "text", "a very long prompt about many things " * 9 + "and a cat")
    after.set_param("prompt", "text", "a very long prompt about many things " * 9 + "and a dog")
    (line,) = lines(before, after)
    assert line.endswith('and a cat" → …t many things and a dog"')
    assert len(line) < 160


def test_data_for_programs(before: Graph):
    after = before.copy()
    after.set_param("denoise", "steps", 9)
    (change,) = json.loads(json.dumps(diff(before, after).as_data()))
    assert change == {
        "sort": "param",
        "node": "denoise",
        "field": "steps",
        "before": None,
        "after": "9",
        "text": "denoise.steps: not given → 9",
    }


def test_subgraphs_are_compared_inside(before: Graph):
    collapse(before, ["prompt", "empty"], "start")
    after = before.copy()
    definition = after.definitions["start"]
    body = definition.body()
    body.set_param("prompt", "text", "b")
    after.define("start", definition.with_body(body))
    assert lines(before, after) == ['subgraph:start/prompt.text: "a" → "b"']
    assert lines(stubs.diffusion(), before)[-1] == "subgraph:start added (subgraph)"


def test_sweeps_zones_states_and_locks(before: Graph):
    after = before.copy()
    after.set_axis("denoise.guidance", Axis((3.0, 5.0)))
    after.set_state("muted", "empty")
    after.set_lock("prompt", "abc")
    assert lines(before, after) == [
        "prompt locked to its result",
        "empty muted",
        "sweep of denoise.guidance: not given → [3.0, 5.0]",
    ]
    assert lines(after, before) == [
        "prompt unlocked",
        "empty is no longer muted",
        "sweep of denoise.guidance: [3.0, 5.0] → not given",
    ]
    after.set_axis("denoise.steps", Axis(Span(1, 3)))
    other = after.copy()
    other.set_axis("denoise.guidance", None)
    other.set_axis("denoise.guidance", Axis((3.0, 5.0)))
    assert [change.field for change in diff(after, other).changes] == ["order"]
    renamed = after.copy()
    renamed.rename("denoise", "loop")
    assert lines(after, renamed) == ["denoise renamed to loop"]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 99)), max_size=8))
def test_each_parameter_that_was_set_is_one_difference(edits: list[tuple[int, int]]):
    before = stubs.chain(6)
    after = before.copy()
    for place, value in edits:
        after.set_param(f"n{place}", "value" if place == 0 else "b", 1000 + value)
    assert {change.node for change in diff(before, after).changes} == {f"n{p}" for p, _ in edits}


def test_locks_inside_are_told_where_they_are():
    graph = two_instances()
    locked = graph.copy()
    locked.set_lock("one/add", "key")
    locked.set_lock("n", "key")
    assert set(diff(graph, locked).text().splitlines()) == {
        "one/add locked to its result",
        "n locked to its result",
    }
    other = locked.copy()
    other.set_lock("one/add", "another")
    assert diff(locked, other).text() == "one/add locked to another result"
    assert "one/add unlocked" in diff(locked, graph).text().splitlines()
