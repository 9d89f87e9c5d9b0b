from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as run_settings
from hypothesis import strategies as st

from engine.graph.check import CheckError, check
from engine.graph.context import Settings
from engine.graph.errors import LoomError
from engine.graph.executor import Executor
from engine.graph.expand import expand
from engine.graph.graph import Graph
from engine.graph.interface import local_registry
from engine.graph.sweep import Axis, Lines, Span, from_json, grid, parse_axis, to_json
from tests.engine.graph import stubs
from tests.engine.graph.composites import loop, two_instances

calls = stubs.calls


def swept() -> Graph:
    graph = stubs.diffusion()
    graph.set_axis("denoise.guidance", Axis((3.0, 5.0)))
    graph.set_axis("denoise.steps", Axis(Span(1, 3)))
    return graph


def test_what_comes_before_the_swept_node_runs_once(settings: Settings):
    result = Executor(stubs.registry(), settings).run(swept())
    assert (calls["load"], calls["encode"], calls["empty"], calls["denoise"]) == (1, 1, 1, 6)
    assert "denoise@guidance=5.0,steps=2" in result.ran
    assert result.grid.shape == (2, 3)
    for cell in result.grid.cells:
        guidance = cell.values["denoise.guidance"]
        assert result.value("denoise.stub_latents", cell).values[0] == guidance
    assert result.grid.cells[0].label == "denoise.guidance=3.0, denoise.steps=1"
    assert [cell.place for cell in result.grid.cells] == [
        (0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)
    ]  # fmt: skip


def test_a_cell_is_what_a_run_with_its_values_is(settings: Settings):
    graph = swept()
    executor = Executor(stubs.registry(), settings)
    executor.run(graph)
    graph.set_axis("denoise.guidance", None)
    graph.set_axis("denoise.steps", None)
    graph.set_param("denoise", "guidance", 5.0)
    graph.set_param("denoise", "steps", 2)
    assert executor.run(graph).ran == ()


def test_one_more_value_runs_only_its_cells(settings: Settings):
    graph = swept()
    executor = Executor(stubs.registry(), settings)
    executor.run(graph)
    graph.set_axis("denoise.guidance", Axis((3.0, 4.0, 5.0)))
    assert executor.run(graph).ran == tuple(
        f"denoise@guidance=4.0,steps={steps}" for steps in (1, 2, 3)
    )


def test_a_node_below_one_axis_alone_is_one_for_each_of_its_values(settings: Settings):
    graph = stubs.diffusion()
    graph.set_axis("prompt.text", Axis(("a", "b", "c")))
    graph.set_axis("denoise.guidance", Axis((1.0, 2.0)))
    flat = expand(graph, stubs.registry(), settings).graph
    assert [name for name in flat.nodes if name.startswith("prompt")] == [
        "prompt@text=a", "prompt@text=b", "prompt@text=c"
    ]  # fmt: skip
    assert len([name for name in flat.nodes if name.startswith("denoise")]) == 6
    assert flat.outputs == tuple(name for name in flat.nodes if name.startswith("denoise"))


def test_axes_that_go_along_each_other():
    graph = stubs.chain(3)
    graph.set_axis("n0.value", Axis((1, 2)))
    graph.set_axis("n1.b", Axis((10, 20), along="n0.value"))
    result = Executor(stubs.registry()).run(graph)
    assert result.grid.shape == (2,)
    assert [result.value("n2.int", cell) for cell in result.grid.cells] == [13, 24]


def test_prompts_from_a_file_are_values_of_the_workflow_that_ran(
    settings: Settings, tmp_path: Path
):
    (tmp_path / "prompts.txt").write_text("a red fish\n\na blue bird\n")
    graph = stubs.diffusion()
    graph.set_axis("prompt.text", Axis(Lines("prompts.txt")))
    result = Executor(stubs.registry(), settings).run(graph)
    assert result.graph.sweep["prompt.text"].values == ("a red fish", "a blue bird")
    graph.set_axis("prompt.text", Axis(Lines("nowhere.txt")))
    (problem,) = check(graph, stubs.registry(), settings).problems
    assert (problem.code, problem.where) == ("sweep", "prompt.text")


def test_an_axis_over_a_port_is_one_problem_at_the_axis(settings: Settings):
    graph = stubs.diffusion()
    graph.set_axis("prompt.model", Axis(("tiny", "big")))
    (problem,) = check(graph, stubs.registry(), settings).problems
    assert (problem.code, problem.where) == ("sweep", "prompt.model")
    assert problem.reason == "It takes a link, and a sweep goes over values."
    with pytest.raises(CheckError, match=r"prompt\.model: It takes a link"):
        Executor(stubs.registry(), settings).run(graph)


def test_a_null_seed_is_one_for_all_cells():
    graph = Graph()
    graph.add("noise.seed", "noise", params={"seed": None})
    graph.set_axis("noise.count", Axis((1, 2)))
    result = Executor(stubs.registry()).run(graph)
    first, second = (result.value("noise.stub_latents", cell) for cell in result.grid.cells)
    assert first.values[0] == second.values[0] == float(result.graph.nodes["noise"].params["seed"])


def test_models_on_an_axis_are_pinned_by_their_content(settings: Settings):
    graph = stubs.diffusion()
    graph.set_axis("model.model", Axis(("tiny", "big")))
    executor = Executor(stubs.registry(), settings)
    result = executor.run(graph)
    values = result.graph.sweep["model.model"].values
    assert [value["name"] for value in values] == ["tiny", "big"]
    assert all(value["hash"].startswith("b2:") for value in values)
    assert result.value("model.model", result.grid.cells[1]).name == "big"
    provenance = result._done.job.settled.provenance
    assert provenance("model@model=big")["models"] == {
        value["name"]: value["hash"] for value in values
    }
    assert provenance("model@model=big")["workflow"]["nodes"]["model"]["params"] == {
        "model": values[1]
    }
    assert executor.run(result.graph).ran == ()
    (settings.model_folders[0] / "big" / "more").write_text("x")
    with pytest.raises(LoomError, match="is not the model this workflow was made with"):
        executor.run(result.graph)


def test_seeds_on_an_axis_are_drawn_for_each_cell_and_told_to_it():
    graph = Graph()
    graph.add("noise.seed", "noise", params={"seed": 1})
    graph.set_axis("noise.seed", Axis((5, None, None)))
    result = Executor(stubs.registry()).run(graph, seed=9)
    drawn = result.graph.sweep["noise.seed"].values
    assert drawn[0] == 5 and None not in drawn and drawn[1] != drawn[2]
    for cell, seed in zip(result.grid.cells, drawn, strict=True):
        assert result.value("noise.stub_latents", cell).values == (float(seed),)
    last = result._done.job.settled.provenance(f"noise@seed={drawn[2]}")
    assert last["seeds"] == {"noise.seed": drawn[2]}


def test_an_axis_of_an_instance_and_of_a_zone():
    graph = two_instances()
    graph.set_axis("one.shift", Axis((1, 2)))
    result = Executor(stubs.registry()).run(graph)
    assert [result.value("one.y", cell) for cell in result.grid.cells] == [6, 7]
    assert calls["number"] == 1
    graph = loop(1)
    graph.set_axis("loop.times", Axis((2, 3, 5)))
    calls.clear()
    result = Executor(stubs.registry()).run(graph)
    assert [result.value("loop.total", cell) for cell in result.grid.cells] == [8, 10, 17]
    # The iterations that cells have in common are the same nodes.
    assert calls["clamp"] == 5


def test_the_files_of_a_cell(settings: Settings):
    graph = Graph()
    graph.add("math.number", "n")
    graph.add("save.text", "save", params={"name": "x"}, inputs={"value": "n.int"})
    graph.set_axis("n.value", Axis((1, 2)))
    graph.set_axis("save.name", Axis(("a", "b"), along="n.value"))
    result = Executor(stubs.registry(), settings).run(graph)
    assert [[path.name for path in result.files_of(cell)] for cell in result.grid.cells] == [
        ["a.txt"], ["b.txt"]
    ]  # fmt: skip
    assert [path.read_text() for path in result.files] == ["1", "2"]


def test_the_workflow_of_a_cell_is_that_cell_alone(settings: Settings):
    result = Executor(stubs.registry(), settings).run(swept())
    made = result._done.job.settled.provenance("denoise@guidance=5.0,steps=2")
    assert "sweep" not in made["workflow"]
    assert made["workflow"]["nodes"]["denoise"]["params"] == {"guidance": 5.0, "steps": 2}
    assert made["cell"] == {"denoise.guidance": 5.0, "denoise.steps": 2}


@pytest.mark.parametrize(
    ("target", "axis", "where", "says"),
    [
        ("n1.b", Axis(()), "n1.b", "no values"),
        ("n1.b", Axis(Span(0, 1, -1)), "n1.b", "don't lead"),
        ("n1.b", Axis(Span(0, 1e9)), "n1.b", "more than"),
        ("n1.b", Axis((1, 2), along="n0.value"), "n1.b", "has 2 values and goes along"),
        ("n1.b", Axis((1,), along="n2.b"), "n1.b", "no axis of its own"),
        ("n1.b", Axis(("x", 1)), "n1.b", "'x' does not fit"),
        ("n1.c", Axis((1, 2)), "n1.c", "no such parameter"),
    ],
)
def test_problems_of_axes(target, axis, where, says):
    graph = stubs.chain(3)
    graph.set_axis("n0.value", Axis((1, 2, 3)))
    graph.set_axis(target, axis)
    (problem,) = check(graph, stubs.registry()).problems
    assert problem.where == where
    assert says in problem.reason
    with pytest.raises(CheckError):
        Executor(stubs.registry()).run(graph)


def test_axes_follow_their_nodes_and_come_back():
    graph = stubs.chain(3)
    graph.set_axis("n0.value", Axis((1, 2)))
    graph.set_axis("n1.b", Axis((1, 2), along="n0.value"))
    before = graph.copy()
    graph.rename("n0", "first")
    assert graph.sweep == {"first.value": Axis((1, 2)), "n1.b": Axis((1, 2), along="first.value")}
    graph.undo()
    assert graph == before
    graph.remove("n1")
    assert list(graph.sweep) == ["n0.value"]
    graph.undo()
    assert graph == before
    graph.set_axis("n0.value", None)
    graph.undo()
    assert graph == before


def test_labels_that_look_the_same_are_numbered():
    graph = Graph()
    graph.add("text.encode", "p")
    graph.set_axis("p.text", Axis(("word " * 20 + "a", "word " * 20 + "b")))
    names = list(expand(graph, stubs.registry()).graph.nodes)
    assert len(set(names)) == 2
    assert names[0].endswith("#0")


@pytest.mark.parametrize(
    ("text", "target", "axis"),
    [
        ("n1.b=3,5,7", "n1.b", Axis((3, 5, 7))),
        ("n0.value=0..3", "n0.value", Axis(Span(0, 3))),
        ("n0.value=0..10..5", "n0.value", Axis(Span(0, 10, 5))),
        ("h.value=1,2.5", "h.value", Axis((1.0, 2.5))),
        ("one.shift=1,2", "one.shift", Axis((1, 2))),
        ("p.text=@prompts.txt", "p.text", Axis(Lines("prompts.txt"))),
        ("p.text=a red fish,a bird", "p.text", Axis(("a red fish", "a bird"))),
        ("loop.times=2,4", "loop.times", Axis((2, 4))),
    ],
)
def test_axes_as_typed(text, target, axis):
    graph = two_instances()
    graph.add("math.number", "n0")
    graph.add("math.add", "n1")
    graph.add("math.halve", "h")
    graph.add("text.encode", "p")
    graph.add("repeat", "loop")
    assert parse_axis(graph, local_registry(graph, stubs.registry()), text) == (target, axis)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("n1.b", "sweeps nothing"),
        ("n11.b=1", r"no such node.*Did you mean 'n1'"),
        ("one/add.b=1", "by an input of it"),
        ("n1.c=1", "no such parameter"),
        ("n1.b=x,y", "does not fit"),
        ("n1.b=a..b", "not a number"),
    ],
)
def test_axes_typed_wrong(text, says):
    with pytest.raises(LoomError, match=says):
        parse_axis(stubs.chain(2), stubs.registry(), text)


def test_ranges_end_where_they_say():
    assert Span(0, 0.3, 0.1).values() == (0, 0.1, 0.2, 0.3)
    assert Span(3, 1, -1).values() == (3, 2, 1)


@given(st.lists(st.lists(st.integers(), min_size=1, max_size=4), min_size=1, max_size=3))
@run_settings(max_examples=30, deadline=None)
def test_a_grid_has_every_combination_once(values):
    graph = stubs.chain(4)
    for place, found in enumerate(values):
        graph.set_axis(f"n{place + 1}.b", Axis(tuple(found)))
    made = grid(graph, Settings())
    assert len(made.cells) == len({cell.place for cell in made.cells})
    for cell in made.cells:
        assert tuple(cell.values.values()) == tuple(
            found[place] for found, place in zip(values, cell.place, strict=True)
        )


@pytest.mark.parametrize(
    "data",
    [
        [1, 2],
        {"from": 0, "to": 3},
        {"from": 0, "to": 1, "step": 0.25},
        {"file": "x.txt"},
        {"values": [1], "with": "a.b"},
        {"from": 0, "to": 3, "with": "a.b"},
    ],
)
def test_axes_in_files(data):
    assert to_json(from_json(data)) == data


def test_a_file_of_prompts_that_is_no_text_is_told(settings: Settings):
    (settings.input_folders[0] / "latin.txt").write_bytes(b"caf\xe9")
    with pytest.raises(LoomError, match=r"latin\.txt is not text in UTF-8\. Save it as UTF-8\."):
        Lines("latin.txt").values(settings)
