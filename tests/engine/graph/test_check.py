from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest

from engine.graph.arguments import arguments
from engine.graph.check import CheckError, check, check_link, requested
from engine.graph.context import Settings
from engine.graph.errors import LoomError
from engine.graph.graph import Graph, Node, Source
from engine.graph.spec import node, spec_of
from engine.graph.sweep import Axis
from engine.graph.types import ONE_TO_LIST
from tests.engine.graph import stubs
from tests.engine.graph.composites import two_instances


def problems(graph: Graph, settings: Settings | None = None) -> dict[str, str]:
    report = check(graph, stubs.registry(), settings)
    assert not stubs.calls, "checking runs nothing"
    return {f"{problem.code} {problem.where}": str(problem) for problem in report.problems}


def test_a_good_graph_has_none(settings: Settings):
    report = check(stubs.diffusion(), stubs.registry(), settings)
    assert report.ok
    assert report.text() == ""


def test_all_problems_come_at_once(settings: Settings):
    graph = stubs.diffusion()
    graph.add("no.such", "odd")
    graph.set_param("denoise", "steps", 0)
    graph.set_param("denoise", "stepps", 3)
    graph.set_param("model", "model", "missing")
    graph.disconnect("denoise.positive")
    graph.connect("empty.stub_latents", "denoise.negative")
    graph.connect("nobody.port", "denoise.latents")
    graph.connect("model.modle", "empty.model")
    graph.connect("model.model", "empty.wdth")
    graph.set_outputs(["denoise", "dnoise"])
    assert set(problems(graph, settings)) == {
        "unknown-type odd.type",
        "bad-param denoise.steps",
        "unknown-param denoise.stepps",
        "missing-file model.model",
        "missing-input denoise.positive",
        "kind denoise.negative",
        "missing-node denoise.latents",
        "unknown-port empty.model",
        "unknown-input empty.wdth",
        "unknown-output outputs",
    }


def test_each_problem_says_what_to_do(settings: Settings):
    graph = stubs.diffusion()
    graph.set_param("denoise", "steps", 0)
    graph.set_param("denoise", "guidence", 3)
    graph.connect("empty.stub_latents", "denoise.positive")
    graph.disconnect("denoise.latents")
    found = problems(graph, settings)
    assert found["bad-param denoise.steps"] == (
        "denoise.steps: 0 does not fit. It takes a whole number from 1 to 1000."
    )
    assert "Did you mean 'guidance'?" in found["unknown-param denoise.guidence"]
    assert found["kind denoise.positive"] == (
        "denoise.positive: StubLatents from empty.stub_latents can't feed it: it takes StubText. "
        "StubText comes from: Encode."
    )
    assert found["missing-input denoise.latents"].startswith(
        "denoise.latents: Nothing is joined to it, and Denoise needs StubLatents. "
        "StubLatents comes from: "
    )


def test_families_that_do_not_fit_are_both_named(settings: Settings):
    graph = stubs.diffusion()
    graph.add("load.model", "other", params={"model": "big"})
    graph.connect("other.model", "prompt.model")
    found = problems(graph, settings)
    assert found == {
        "facets denoise.positive": "denoise.positive: StubText [space=sdxl, width=2048] from "
        "prompt.stub_text can't go with StubModel [space=sd15, width=768] from model.model. Use "
        "parts of one family: join something of space=sd15, width=768, or change model.model."
    }


def test_facets_flow_through_the_graph(settings: Settings):
    report = check(stubs.diffusion(), stubs.registry(), settings)
    assert report.types["denoise.stub_latents"].describe() == "StubLatents [space=sd15]"
    assert report.types["prompt.stub_text"].describe() == "StubText [space=sd15, width=768]" or (
        report.types["prompt.stub_text"].describe() == "StubText [space=sd15]"
    )
    assert report.inputs["denoise.latents"].facets == {"space": "sd15"}


def test_facets_flow_a_long_way(settings: Settings):
    graph = stubs.diffusion()
    last = "denoise.stub_latents"
    for index in range(50):
        graph.add("any.pick", f"p{index}", inputs={"first": last, "second": "empty.stub_latents"})
        last = f"p{index}.value"
    graph.add("latents.fixed", "end", inputs={"a": last})
    found = problems(graph, settings)
    assert list(found) == ["facets end.a"]
    assert "StubLatents [space=sd15] from p49.value" in found["facets end.a"]
    assert "StubLatents [space=sdxl] from end.a itself" in found["facets end.a"]


def test_a_freed_facet_fits_anything(settings: Settings):
    graph = stubs.diffusion()
    graph.add("load.model", "other", params={"model": "big"})
    graph.add("latents.empty", "big", inputs={"model": "other.model"})
    graph.add("latents.fixed", "free", inputs={"a": "big.stub_latents"})
    graph.connect("free.stub_latents", "denoise.latents")
    assert problems(graph, settings) == {}


def test_without_settings_unknown_facets_are_wildcards():
    graph = stubs.diffusion()
    graph.add("load.model", "other", params={"model": "big"})
    graph.connect("other.model", "prompt.model")
    assert problems(graph) == {}


def test_types_are_told_in_zones_instances_and_sweeps():
    graph = two_instances()
    graph.add("repeat", "loop", params={"times": 3}, inputs={"total": "one.y"})
    graph.add("math.add", "step", zone="loop", inputs={"a": "loop.total"})
    graph.connect("step.int", "loop.next.total")
    graph.connect("step.int", "loop.gather.all")
    graph.add("noise.seed", "noise")
    graph.set_axis("noise.seed", Axis((1, 2)))
    report = check(graph, stubs.registry())
    assert report.ok
    said = {name: found.describe() for name, found in report.types.items()}
    for name in ("one.y", "loop.total", "step.int", "one/add.int", "loop#1/step.int"):
        assert report.types[name].describe() == "Int"
        assert name in said or name == "step.int"
    assert report.types["loop.all"].describe() == "list of Int"
    assert report.types["noise.stub_latents"].describe() == "StubLatents"
    assert "nobody.int" not in report.types and "step.nothing" not in report.types


def test_a_probe_that_fails_is_a_problem(settings: Settings):
    (settings.model_folders[0] / "tiny" / "space.txt").unlink()
    found = problems(stubs.diffusion(), settings)
    assert list(found) == ["unreadable model"]
    assert "FileNotFoundError" in found["unreadable model"]


def test_generic_ports_take_the_kind_they_are_joined_to(settings: Settings):
    graph = stubs.diffusion()
    graph.add("any.pick", "pick")
    graph.connect("prompt.stub_text", "pick.first")
    graph.connect("prompt.stub_text", "pick.second")
    graph.connect("pick.value", "denoise.positive")
    assert problems(graph, settings) == {}
    graph.connect("empty.stub_latents", "pick.second")
    assert list(problems(graph, settings)) == ["kind pick.second"]
    graph.undo()
    graph.connect("pick.value", "denoise.latents")
    assert list(problems(graph, settings)) == ["kind denoise.latents"]


Either = TypeVar("Either", stubs.Text, stubs.Latents)


@node("either.first")
def first(values: list[Either]) -> Either:
    """The first of several values of one of two kinds."""
    return values[0]


def test_a_generic_port_of_some_kinds_takes_no_other(settings: Settings):
    registry = stubs.registry()
    registry.add(spec_of(first))
    graph = stubs.diffusion()
    graph.add("either.first", "first")
    reason = str(check(graph, registry, settings).problems[0])
    assert "list of StubText or StubLatents" in reason
    graph.connect("prompt.stub_text", "first.values")
    assert check(graph, registry, settings).ok
    assert check_link(graph, registry, "first.value", "denoise.positive", settings) == ()
    (wrong,) = check_link(graph, registry, "first.value", "denoise.latents", settings)
    assert "StubText from first.value" in wrong.reason
    (wrong,) = check_link(graph, registry, "model.model", "first.values", settings)
    graph.disconnect("first.values")
    graph.connect("model.model", "first.values")
    (wrong,) = check(graph, registry, settings).problems
    assert wrong.code == "kind"
    assert "it takes list of StubText or StubLatents." in wrong.reason
    assert wrong.remedy.startswith("StubText comes from:")


def test_a_generic_port_of_some_kinds_refuses_another_value_when_it_runs():
    spec = spec_of(first)
    given = Node("f", "either.first", inputs={"values": (Source("a", "b"), Source("c", "d"))})
    values = {"a": stubs.Text("x"), "c": stubs.Text("y")}
    found = arguments(given, spec, Settings(), lambda source: values[source.node])
    assert found == {"values": [stubs.Text("x"), stubs.Text("y")]}
    with pytest.raises(LoomError, match=r"values: It got int, and it takes list of StubText or"):
        arguments(given, spec, Settings(), lambda source: 3)


def test_conversions_are_shown():
    graph = Graph()
    graph.add("math.number", "n")
    graph.add("math.halve", "h", inputs={"value": "n.int"})
    graph.add("noise.seed", "z")
    graph.add("math.sum", "s", inputs={"items": "z.stub_latents"})
    report = check(graph, stubs.registry())
    assert report.ok
    shown = {str(link): way for link, way in report.conversions.items()}
    assert shown["n.int → h.value"].target == "Float"
    assert shown["z.stub_latents → s.items"] is ONE_TO_LIST
    graph.connect("h.float", "n.value")
    assert "kind n.value" in problems(graph)


def test_a_single_port_takes_one_link():
    graph = stubs.chain(2)
    graph.connect("n0.int", "n1.a", append=True)
    assert list(problems(graph)) == ["too-many-links n1.a"]


def test_a_cycle_is_a_problem_beside_others():
    graph = stubs.chain(3)
    graph.connect("n2.int", "n1.a")
    graph.set_param("n1", "c", 1)
    found = problems(graph)
    assert set(found) == {"cycle n1", "unknown-param n1.c"}
    assert "n1 → n2 → n1" in found["cycle n1"]


def test_a_required_parameter_is_given_or_linked():
    graph = Graph()
    graph.add("math.add", "a")
    assert list(problems(graph)) == ["missing-param a.a"]
    graph.add("math.number", "n")
    graph.connect("n.int", "a.a")
    assert problems(graph) == {}


def test_what_names_a_file_takes_no_link():
    graph = stubs.diffusion()
    graph.add("load.file", "file", params={"file": "x.txt"})
    graph.connect("file.text", "model.model")
    found = problems(graph)
    assert "takes no link" in found["unknown-input model.model"]


def test_an_unwritable_output_folder(settings: Settings, tmp_path: Path):
    (tmp_path / "afile").touch()
    graph = Graph()
    graph.add("save.text", "save")
    found = problems(graph, replace(settings, output_folder=tmp_path / "afile"))
    assert list(found) == ["output-folder save.folder"]
    assert not (tmp_path / "out").exists()


def test_versions():
    graph = Graph()
    graph.add("math.divide", "d", params={"a": 1})
    graph.add("math.divide", "e", params={"a": 1}, version=9)
    found = problems(graph)
    assert "Open it from its file" in found["version d.version"]
    assert "Update the pack" in found["version e.version"]


def test_a_link_is_judged_before_it_is_made(settings: Settings):
    registry = stubs.registry()
    graph = stubs.diffusion()
    graph.add("load.model", "other", params={"model": "big"})
    assert check_link(graph, registry, "model.model", "denoise.model", settings) == ()
    bad = check_link(graph, registry, "other.model", "denoise.model", settings)
    assert {problem.code for problem in bad} == {"facets"}
    loop = check_link(graph, registry, "denoise.stub_latents", "empty.width", settings)
    assert {problem.code for problem in loop} == {"cycle", "kind"}
    assert graph == graph.copy() and graph.undo_label == "Add other"


def test_problems_as_data():
    graph = Graph()
    graph.add("math.add", "a")
    report = check(graph, stubs.registry())
    assert report.as_data() == [
        {
            "code": "missing-param",
            "node": "a",
            "port": "a",
            "reason": "It needs a value.",
            "remedy": "Give a whole number.",
        }
    ]
    with pytest.raises(CheckError) as error:
        report.raise_problems()
    assert str(error.value) == "a.a: It needs a value. Give a whole number."
    report.raise_problems(["elsewhere"])


def test_what_is_requested():
    registry = stubs.registry()
    graph = stubs.chain(3)
    assert requested(graph, registry) == ("n2",)
    assert requested(graph, registry, ["n1"]) == ("n1",)
    graph.set_outputs([])
    assert requested(graph, registry) == ("n2",)
    graph.add("save.text", "save", inputs={"value": "n1.int"})
    assert requested(graph, registry) == ("save",)
    with pytest.raises(CheckError, match="no node 'n9'"):
        requested(graph, registry, ["n9"])


def test_long_chains_need_no_recursion():
    assert check(stubs.chain(5000), stubs.registry()).ok
