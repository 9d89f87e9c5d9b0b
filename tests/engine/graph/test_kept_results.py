"""What is kept from earlier runs is not made again, and what changed is."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pytest

from engine.graph.cache import Cache
from engine.graph.context import Settings
from engine.graph.executor import Executor
from engine.graph.graph import Graph
from engine.graph.registry import Registry
from engine.graph.spec import ForPreviews, node
from tests.engine.graph import stubs

seen: dict[str, Any] = {}


@node("test.draw")
def draw(
    latents: stubs.Latents, brush: Annotated[stubs.Latents | None, ForPreviews()] = None
) -> int:
    """Might show with the brush how it gets on."""
    seen["brush"] = brush
    return int(sum(latents.values))


def test_unchanged_runs_nothing(executor: Executor):
    graph = stubs.diffusion()
    first = executor.run(graph)
    stubs.calls.clear()
    second = executor.run(graph)
    assert second.ran == () and not stubs.calls
    assert set(second.cached) == set(graph.nodes)
    assert second.value("denoise.stub_latents") == first.value("denoise.stub_latents")


def test_an_edit_runs_only_what_it_reaches(executor: Executor):
    graph = stubs.diffusion()
    executor.run(graph)
    graph.set_param("prompt", "text", "b")
    assert executor.run(graph).ran == ("prompt", "denoise")
    graph.undo()
    assert executor.run(graph).ran == ()


def test_what_only_draws_previews_is_no_part_of_the_result(settings: Settings):
    executor = Executor(Registry((*stubs.NODES, draw)), settings, strict=True)
    graph = Graph()
    graph.add("noise.seed", "seed", params={"seed": 3})
    graph.add("noise.seed", "brush", params={"seed": 4})
    graph.add("test.draw", "draw", inputs={"latents": "seed.stub_latents"})
    first = executor.run(graph, ["draw"])
    graph.connect("brush.stub_latents", "draw.brush")
    assert executor.plan(graph, ["draw"]).runs == ()
    second = executor.run(graph, ["draw"])
    assert second.ran == () and second.value("draw.int") == first.value("draw.int")
    graph.set_param("seed", "seed", 5)
    assert executor.run(graph, ["draw"]).ran == ("seed", "brush", "draw")
    assert seen["brush"] is not None
    graph.set_param("brush", "seed", 6)
    assert executor.run(graph, ["draw"], fresh=False).ran == ()


def test_an_equal_result_stops_the_change(executor: Executor):
    graph = Graph()
    graph.add("math.number", "n", params={"value": 50})
    graph.add("math.clamp", "c", inputs={"a": "n.int"})
    graph.add("math.add", "d", inputs={"a": "c.int"})
    graph.add("math.add", "e", inputs={"a": "d.int"})
    executor.run(graph)
    graph.set_param("n", "value", 60)
    listener = stubs.Listener()
    result = executor.run(graph, emit=listener)
    assert result.ran == ("n", "c")
    assert result.cached == ("d", "e")
    assert result.value("e.int") == 10
    assert executor.run(graph).ran == ()


def test_cut_off_reads_nothing_from_disk(settings: Settings, tmp_path: Path):
    graph = Graph()
    graph.add("math.number", "n", params={"value": 50})
    graph.add("math.clamp", "c", inputs={"a": "n.int"})
    graph.add("math.add", "d", inputs={"a": "c.int"})
    Executor(stubs.registry(), settings, cache=Cache(tmp_path / "c")).run(graph)
    graph.set_param("n", "value", 60)
    again = Executor(stubs.registry(), settings, cache=Cache(tmp_path / "c"))
    assert again.run(graph).ran == ("n", "c")


def test_a_second_process_runs_nothing(settings: Settings, tmp_path: Path):
    graph = stubs.diffusion()
    graph.add("math.sum", "sum", inputs={"items": "denoise.stub_latents"})
    graph.add("save.text", "save", inputs={"value": "sum.total"})
    graph.set_outputs(["save", "sum"])
    first = Executor(stubs.registry(), settings, cache=Cache(tmp_path / "c")).run(graph)
    stubs.calls.clear()
    second = Executor(stubs.registry(), settings, cache=Cache(tmp_path / "c")).run(graph)
    assert second.ran == () and not stubs.calls
    assert second.value("sum.total") == first.value("sum.total")
    assert second.files == first.files == (settings.output_folder.absolute() / "out.txt",)


def test_a_deleted_file_is_saved_again_and_nothing_else_runs(executor: Executor):
    graph = stubs.saving()
    first = executor.run(graph)
    first.files[0].unlink()
    assert executor.run(graph).ran == ("save",)
    assert first.files[0].read_text() == "4"
    first.files[0].write_text("changed")
    assert executor.run(graph).ran == ("save",)
    assert first.files[0].read_text() == "4"
    assert executor.run(graph).ran == ()


def test_another_output_folder_saves_there(executor: Executor, settings: Settings):
    graph = stubs.saving()
    executor.run(graph)
    moved = replace(settings, output_folder=settings.output_folder / "sub")
    result = Executor(executor.registry, moved, cache=executor.cache).run(graph)
    assert result.ran == ("save",)
    assert result.files == (moved.output_folder.absolute() / "out.txt",)


@pytest.mark.usefixtures("values_in_files")
def test_damage_on_disk_is_made_again(settings: Settings, tmp_path: Path):
    graph = stubs.chain(4, value=10)
    graph.set_outputs(["n3"])
    Executor(stubs.registry(), settings, cache=Cache(tmp_path / "c")).run(graph)
    for path in (tmp_path / "c" / "values").glob("*/*"):
        path.write_bytes(os.urandom(5))
    executor = Executor(stubs.registry(), settings, cache=Cache(tmp_path / "c"))
    result = executor.run(graph)
    assert result.value("n3.int") == 16
    assert "n3" in result.ran
    graph.set_param("n3", "b", 100)
    assert executor.run(graph).value("n3.int") == 113
    assert Executor(stubs.registry(), settings, cache=Cache(tmp_path / "c")).run(graph).ran == ()


def test_no_memory_at_all_changes_no_result(settings: Settings):
    graph = stubs.diffusion()
    for memory in (0, 600, 1 << 20):
        executor = Executor(stubs.registry(), settings, cache=Cache(memory=memory))
        stubs.calls.clear()
        result = executor.run(graph)
        assert result.value("denoise.stub_latents").values == (7.5,) * 16
        assert max(stubs.calls.values()) == 1
        graph.set_param("denoise", "steps", 5)
        assert executor.run(graph).value("denoise.stub_latents").values == (7.5,) * 16
        graph.undo()


@pytest.mark.parametrize("disk", [0, 300, 600, 1000])
def test_results_that_push_each_other_out_are_made_again_and_no_more(
    settings: Settings, tmp_path: Path, disk: int
):
    """Equal work in one chain, with nearly no room to keep it."""
    graph = stubs.chain(2, value=40)
    last = "n1.int"
    for place in range(6):
        graph.add("math.add", f"more{place}", params={"b": 5}, inputs={"a": last})
        graph.add(
            "math.clamp", f"less{place}", params={"high": 41}, inputs={"a": f"more{place}.int"}
        )
        last = f"less{place}.int"
    graph.set_outputs(["less5"])
    for _ in range(3):
        cache = Cache(tmp_path / "c", memory=0, disk=disk)
        stubs.calls.clear()
        assert Executor(stubs.registry(), settings, cache=cache).run(graph).value(last) == 41
        assert sum(stubs.calls.values()) <= 2 * len(graph.nodes)
        cache.close()


def test_fresh_runs_everything(executor: Executor):
    graph = stubs.diffusion()
    executor.run(graph)
    assert set(executor.run(graph, fresh=True).ran) == set(graph.nodes)
    assert executor.run(graph).ran == ()


def test_equal_nodes_run_once(executor: Executor):
    graph = Graph()
    for name in "ab":
        graph.add("math.number", name, params={"value": 3})
    graph.set_outputs(["a", "b"])
    result = executor.run(graph)
    assert stubs.calls["number"] == 1
    assert result.value("a.int") == result.value("b.int") == 3


def test_a_value_that_nothing_can_digest(executor: Executor):
    executor.strict = False
    graph = Graph()
    graph.add("any.opaque", "hidden")
    graph.add("any.use", "use", inputs={"value": "hidden.stub_opaque"})
    graph.set_outputs(["use"])
    assert executor.run(graph).value("use.int") == 1
    assert executor.run(graph).ran == ()


def test_a_changed_model_runs_what_reads_it(executor: Executor, settings: Settings):
    graph = stubs.diffusion()
    executor.run(graph)
    (settings.model_folders[0] / "tiny" / "extra").write_text("more")
    assert executor.run(graph).ran == ("model", "prompt", "empty", "denoise")
