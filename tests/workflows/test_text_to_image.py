"""The whole workflow on the engine: nodes change no input, and only what must runs again."""

import shutil
from pathlib import Path

import pytest

from engine.diffusion.values import Image
from engine.graph import workflow
from engine.graph.context import Settings
from engine.graph.executor import Executor
from engine.graph.graph import Graph
from engine.graph.registry import Registry

FILE = Path(__file__).resolve().parents[2] / "workflows" / "text_to_image.json"


@pytest.fixture
def registry() -> Registry:
    found = Registry()
    found.load_pack("nodes")
    return found


@pytest.fixture
def graph(registry: Registry) -> Graph:
    found = workflow.read(FILE, registry)
    found.set_param("model", "model", "tiny")
    found.set_param("denoise", "steps", 2)
    return found


@pytest.fixture
def executor(registry: Registry, tiny_model: Path, tmp_path: Path) -> Executor:
    settings = Settings(output_folder=tmp_path / "out", model_folders=(tiny_model.parent,))
    return Executor(registry, settings, strict=True)


def test_no_node_changes_what_it_is_given(executor: Executor, graph: Graph):
    result = executor.run(graph)
    assert not result.failed
    assert len(result.ran) == 9
    assert [file.name for file in result.files] == ["picture_00001.png"]


def test_only_what_a_change_reaches_runs_again(executor: Executor, graph: Graph):
    executor.run(graph)
    graph.set_param("denoise", "guidance", 2.0)
    assert executor.run(graph).ran == ("denoise", "decode", "save")
    graph.set_param("negative", "text", "a cat")
    assert executor.run(graph).ran == ("negative", "denoise", "decode", "save")


def test_a_new_prompt_costs_its_encoding_the_loop_and_the_decoding(
    executor: Executor, graph: Graph
):
    executor.run(graph)
    graph.set_param("prompt", "text", "a big blue fish")
    assert executor.run(graph).ran == ("prompt", "denoise", "decode", "save")
    graph.set_param("prompt", "text", "a small red fish")
    assert executor.run(graph).ran == ("prompt", "denoise", "decode", "save")
    graph.set_param("prompt", "text", "a big blue fish")
    assert executor.run(graph).ran == ()


def test_a_model_file_that_decides_nothing_re_runs_the_loader_alone(
    executor: Executor, graph: Graph, tiny_model: Path, tmp_path: Path
):
    """Its handles come out the same, and that is seen before anything below is called."""
    models = tmp_path / "models"
    shutil.copytree(tiny_model, models / "tiny")
    settings = Settings(output_folder=tmp_path / "out", model_folders=(models,))
    executor = Executor(executor.registry, settings)
    executor.run(graph)
    (models / "tiny" / "README.md").write_text("A tiny model.")
    result = executor.run(graph)
    assert result.ran == ("model",)
    assert len(result.cached) == 8


def test_many_pictures_in_one_grid(executor: Executor, graph: Graph):
    graph.set_param("latents", "batch", 3)
    graph.add("image.grid", "grid", params={"columns": 3}, inputs={"images": "decode.image"})
    result = executor.run(graph, ["grid"])
    picture = result.value("grid.image")
    assert isinstance(picture, Image)
    assert picture.pixels.shape == (1, 3, 32, 96)
