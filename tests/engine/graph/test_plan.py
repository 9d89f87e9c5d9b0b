from __future__ import annotations

import json
import os
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from engine.graph import files
from engine.graph.cache import Cache
from engine.graph.context import Settings
from engine.graph.executor import Executor
from engine.graph.files import GRAIN_NS
from engine.graph.graph import Graph
from engine.graph.plan import Plan
from engine.graph.sweep import Axis
from tests.engine.graph import stubs


@pytest.fixture
def executor(settings: Settings) -> Executor:
    return Executor(stubs.registry(), settings, environment={"dtype": "float32"})


def states(plan: Plan) -> dict[str, str]:
    return {step.node: step.state for step in plan.steps}


def why(plan: Plan) -> dict[str, str]:
    return {step.node: step.why for step in plan.steps if step.state == "run"}


def test_at_first_everything_runs(executor: Executor):
    plan = executor.plan(stubs.diffusion())
    assert plan.runs == ("model", "prompt", "empty", "denoise")
    assert set(why(plan).values()) == {"it has not run before"}
    assert not stubs.calls
    assert list(plan.models) == ["tiny"]


def test_after_a_run_nothing_does(executor: Executor):
    graph = stubs.diffusion()
    executor.run(graph)
    plan = executor.plan(graph)
    assert plan.runs == ()
    assert set(states(plan).values()) == {"cached"}


def test_why_is_a_difference_from_the_last_run(executor: Executor):
    graph = stubs.diffusion()
    graph.add("math.sum", "sum", inputs={"items": "denoise.stub_latents"})
    graph.add("math.clamp", "clamp", inputs={"a": "sum.total"})
    graph.set_outputs(["clamp"])
    executor.run(graph)
    graph.set_param("denoise", "guidance", 6.0)
    assert why(executor.plan(graph)) == {
        "denoise": "guidance 7.5 → 6.0",
        "sum": "guidance 7.5 → 6.0 one node up at denoise",
        "clamp": "guidance 7.5 → 6.0 two nodes up at denoise",
    }


def test_the_nearest_difference_is_told(executor: Executor):
    graph = stubs.chain(4)
    executor.run(graph)
    graph.set_param("n0", "value", 5)
    graph.set_param("n2", "b", 7)
    assert why(executor.plan(graph)) == {
        "n0": "value 0 → 5",
        "n1": "value 0 → 5 one node up at n0",
        "n2": "b 2 → 7",
        "n3": "b 2 → 7 one node up at n2",
    }


def test_links_files_environment_and_new_nodes(executor: Executor, settings: Settings):
    graph = stubs.diffusion()
    executor.run(graph)
    graph.add("text.encode", "other", params={"text": "b"}, inputs={"model": "model.model"})
    graph.connect("other.stub_text", "denoise.positive")
    assert why(executor.plan(graph)) == {
        "other": "it has not run before",
        "denoise": "positive comes from other.stub_text",
    }
    executor.run(graph)
    (settings.model_folders[0] / "tiny" / "new").write_text("x")
    assert why(executor.plan(graph))["model"] == "the content of model changed"
    (settings.model_folders[0] / "tiny" / "new").unlink()
    half = Executor(
        executor.registry, settings, cache=executor.cache, environment={"dtype": "bfloat16"}
    )
    assert why(half.plan(graph))["empty"] == "dtype float32 → bfloat16"


def test_effects_say_what_became_of_their_files(executor: Executor, settings: Settings):
    graph = stubs.chain(2)
    graph.add("save.text", "save", inputs={"value": "n1.int"})
    graph.set_outputs(["save"])
    executor.run(graph)
    saved = settings.output_folder / "out.txt"
    saved.write_text("spoilt")
    assert why(executor.plan(graph)) == {"save": f"{saved.absolute()} changed"}
    saved.unlink()
    assert why(executor.plan(graph)) == {"save": f"{saved.absolute()} is gone"}
    elsewhere = replace(settings, output_folder=settings.output_folder / "sub")
    moved = Executor(
        executor.registry, elsewhere, cache=executor.cache, environment={"dtype": "float32"}
    )
    assert why(moved.plan(graph)) == {"save": f"it saves to {elsewhere.output_folder.absolute()}"}


def test_what_is_not_kept_but_not_needed(tmp_path: Path, settings: Settings):
    graph = Graph()
    graph.add("any.opaque", "hidden")
    graph.add("any.use", "use", inputs={"value": "hidden.stub_opaque"})
    graph.set_outputs(["use"])
    Executor(stubs.registry(), settings, cache=Cache(tmp_path / "c")).run(graph)
    plan = Executor(stubs.registry(), settings, cache=Cache(tmp_path / "c")).plan(graph)
    assert states(plan) == {"hidden": "unneeded", "use": "cached"}


def test_what_was_evicted_says_so(settings: Settings):
    executor = Executor(stubs.registry(), settings, cache=Cache(memory=0))
    graph = stubs.chain(2)
    executor.run(graph)
    assert set(why(executor.plan(graph)).values()) == {"its result is no longer kept"}


def last_line(plan: Plan) -> str:
    return plan.text().splitlines()[-1]


def test_seconds_come_from_earlier_runs(executor: Executor):
    graph = stubs.diffusion()
    assert executor.plan(graph).seconds == 0
    executor.run(graph)
    graph.set_param("denoise", "steps", 5)
    step = executor.plan(graph).steps[-1]
    assert step.seconds is not None and step.seconds > 0
    assert executor.plan(graph).as_data()["seconds"] == step.seconds
    assert re.fullmatch(r"1 of 4 nodes to run, about \d+\.\d s", last_line(executor.plan(graph)))
    graph.add("math.sum", "total", inputs={"items": "denoise.stub_latents"})
    graph.set_outputs(["total"])
    assert last_line(executor.plan(graph)).endswith(" s, and 1 that did not run before")


def test_two_workflows_have_their_own_last_run(executor: Executor):
    one, two = stubs.chain(2, 1), stubs.chain(2, 2)
    executor.run(one, name="one")
    executor.run(two, name="two")
    one.set_param("n0", "value", 3)
    assert why(executor.plan(one, name="one"))["n0"] == "value 1 → 3"


def test_a_null_seed_is_new_each_time(executor: Executor):
    graph = Graph()
    graph.add("noise.seed", "noise", params={"seed": None})
    executor.run(graph)
    plan = executor.plan(graph)
    assert plan.runs == ("noise",)
    assert plan.steps[0].why.startswith("seed ")


def test_the_text_and_the_data(executor: Executor):
    graph = stubs.chain(2)
    executor.run(graph)
    graph.set_param("n1", "b", 5)
    plan = executor.plan(graph)
    assert plan.text().splitlines()[:2] == ["cached   n0", "run      n1  b 1 → 5"]
    assert plan.text().splitlines()[-1].startswith("1 of 2 nodes to run")
    assert json.loads(json.dumps(plan.as_data()))["steps"][1]["why"] == "b 1 → 5"


def test_long_chains_need_no_recursion(executor: Executor):
    assert len(executor.plan(stubs.chain(3000)).runs) == 3000


def test_a_cell_is_compared_with_what_ran_alone_and_the_other_way_round(settings: Settings):
    executor = Executor(stubs.registry(), settings)
    graph = stubs.diffusion()
    executor.run(graph)
    graph.set_axis("denoise.guidance", Axis((7.5, 3.0)))
    graph.set_axis("prompt.text", Axis(("a", "a red fish")))
    plan = executor.plan(graph)
    assert why(plan) == {
        "prompt@text=a red fish": 'text "a" → "a red fish"',
        "denoise@guidance=7.5,text=a red fish": (
            'text "a" → "a red fish" one node up at prompt@text=a red fish'
        ),
        "denoise@guidance=3.0,text=a": "guidance 7.5 → 3.0",
        "denoise@guidance=3.0,text=a red fish": "guidance 7.5 → 3.0",
    }
    assert all(step.seconds is not None for step in plan.steps)
    executor.run(graph)
    for target in list(graph.sweep):
        graph.set_axis(target, None)
    graph.set_param("denoise", "guidance", 3.0)
    assert why(executor.plan(graph)) == {}
    executor.run(graph)
    graph.set_param("denoise", "steps", 9)
    assert why(executor.plan(graph)) == {"denoise": "steps 4 → 9"}


def test_a_text_of_several_words_is_quoted(settings: Settings):
    executor = Executor(stubs.registry(), settings)
    graph = stubs.diffusion()
    executor.run(graph)
    graph.set_param("prompt", "text", "")
    assert why(executor.plan(graph))["prompt"] == 'text "a" → ""'


def test_long_texts_are_shown_from_where_they_differ(settings: Settings):
    executor = Executor(stubs.registry(), settings)
    graph = stubs.diffusion()
    start = "a red fish on a blue background, seen from the side, "
    graph.set_param("prompt", "text", f"{start}watercolour")
    executor.run(graph)
    graph.set_param("prompt", "text", f"{start}oil on canvas")
    assert (
        why(executor.plan(graph))["prompt"]
        == 'text "…m the side, watercolour" → "…m the side, oil on canvas"'
    )
    graph.set_param("prompt", "text", f"{start}watercolour, {start * 3}")
    told = why(executor.plan(graph))["prompt"]
    assert told.startswith('text "… watercolour" → "… watercolour, a red fish') and len(told) < 100


def test_inputs_that_were_made_in_another_run_are_a_reason(settings: Settings):
    executor = Executor(stubs.registry(), settings)
    graph = stubs.diffusion()
    executor.run(graph)
    graph.set_param("prompt", "text", "a red fish")
    executor.run(graph, ["prompt"])
    assert why(executor.plan(graph))["denoise"] == "it last ran on other inputs"
    executor.run(graph)
    graph.set_axis("denoise.guidance", Axis((3.0, 5.0)))
    graph.set_axis("prompt.text", Axis(("one", "two"), along="denoise.guidance"))
    executor.run(graph)
    graph.set_axis("prompt.text", Axis(("one", "two")))
    assert why(executor.plan(graph)) == {
        "denoise@guidance=3.0,text=two": "it last ran on other inputs",
        "denoise@guidance=5.0,text=one": "it last ran on other inputs",
    }


def test_links_that_are_alike_are_counted(settings: Settings):
    executor = Executor(stubs.registry(), settings)
    graph = stubs.diffusion()
    graph.add("math.sum", "total", inputs={"items": "denoise.stub_latents"})
    executor.run(graph, ["total"])
    graph.connect("denoise.stub_latents", "total.items", append=True)
    graph.connect("empty.stub_latents", "total.items", append=True)
    assert why(executor.plan(graph, ["total"]))["total"] == (
        "items comes from denoise.stub_latents (2 times), empty.stub_latents"
    )


def test_model_files_that_a_plan_read_are_not_read_again(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    past = time.time_ns() - 2 * GRAIN_NS
    for file in settings.model_folders[0].rglob("*"):
        os.utime(file, ns=(past, past))
    cache = Cache(tmp_path / "cache")
    planned = Executor(stubs.registry(), settings, cache=cache).plan(stubs.diffusion())
    cache.close()
    monkeypatch.setattr(files, "_content", lambda path: pytest.fail(f"{path} is read again"))
    again = Executor(stubs.registry(), settings, cache=Cache(tmp_path / "cache"))
    assert again.plan(stubs.diffusion()) == planned
