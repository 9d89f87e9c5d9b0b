from pathlib import Path
from typing import Annotated

import pytest

from engine.graph.bundle import pack
from engine.graph.context import Settings
from engine.graph.errors import LoomError
from engine.graph.executor import Executor
from engine.graph.files import FileHashes
from engine.graph.graph import Graph
from engine.graph.needs import Need, needs
from engine.graph.spec import FilePath, node, spec_of
from engine.graph.subgraph import collapse
from engine.graph.sweep import Axis, Lines
from tests.engine.graph import stubs


@pytest.fixture
def graph() -> Graph:
    graph = stubs.diffusion()
    graph.add("load.file", "words", params={"file": "words.txt"})
    graph.add("any.unknown", "unknown")
    return graph


def states(graph: Graph, settings: Settings) -> dict[str, tuple[str, str]]:
    found = needs(graph, stubs.registry(), settings)
    return {need.node: (need.state, need.here) for need in found}


def test_everything_that_is_read_is_listed(graph: Graph, settings: Settings, tmp_path: Path):
    model = str(settings.model_folders[0] / "tiny")
    assert needs(graph, stubs.registry(), settings) == (
        Need("model", "model", "model", "tiny", "", "here", "tiny", model),
        Need("words", "file", "file", "words.txt", "", "missing"),
    )
    (tmp_path / "words.txt").write_text("a")
    assert states(graph, settings)["words"] == ("here", "words.txt")


@node("load.folder", nature="external")
def load_folder(folder: Annotated[Path, FilePath(folder=True)]) -> str:
    """How many files a folder has."""
    return str(len(list(folder.iterdir())))


def test_a_folder_is_needed_keyed_and_too_much_for_a_bundle(settings: Settings, tmp_path: Path):
    registry = stubs.registry()
    registry.add(spec_of(load_folder))
    graph = Graph()
    graph.add("load.folder", "all", params={"folder": "words"})
    assert [need.state for need in needs(graph, registry, settings)] == ["missing"]
    (tmp_path / "words").mkdir()
    (need,) = needs(graph, registry, settings)
    assert (need.state, need.path) == ("here", str(tmp_path / "words"))
    executor = Executor(registry, settings)
    assert executor.run(graph, ["all"]).value("all.text") == "0"
    (tmp_path / "words" / "a.txt").write_text("a")
    assert executor.run(graph, ["all"]).value("all.text") == "1"
    assert executor.run(graph, ["all"]).ran == ()
    with pytest.raises(LoomError, match="'words' is a folder, and a bundle holds single files"):
        pack(graph, registry, settings, tmp_path / "words.loom")


def test_a_model_is_here_renamed_another_or_missing(graph: Graph, settings: Settings):
    folder = settings.model_folders[0]
    digest = FileHashes().of(folder / "tiny")
    graph.set_param("model", "model", {"name": "tiny", "hash": digest})
    assert states(graph, settings)["model"] == ("here", "tiny")
    graph.set_param("model", "model", {"name": "big", "hash": digest})
    assert states(graph, settings)["model"] == ("renamed", "tiny")
    graph.set_param("model", "model", {"name": "big", "hash": "b2:00"})
    assert states(graph, settings)["model"] == ("other", "big")
    graph.set_param("model", "model", {"name": "gone", "hash": "b2:00"})
    assert states(graph, settings)["model"] == ("missing", "")
    assert [need.met for need in needs(graph, stubs.registry(), settings)] == [False, False]


def test_a_parameter_that_check_refuses_is_left_out(graph: Graph, settings: Settings):
    graph.set_param("model", "model", 7)
    assert states(graph, settings) == {"words": ("missing", "")}


def test_what_is_muted_needs_nothing(graph: Graph, settings: Settings):
    graph.set_state("muted", "words")
    assert states(graph, settings) == {"model": ("here", "tiny")}


def test_subgraphs_are_looked_into(graph: Graph, settings: Settings):
    collapse(graph, ["words"], "reading")
    assert states(graph, settings)["subgraph:reading/words"] == ("missing", "")


def test_what_a_zone_hands_in_is_needed(settings: Settings):
    graph = Graph()
    graph.add("repeat", "loop", params={"each": ["tiny", 7, "none"]})
    graph.add("load.model", "model", zone="loop", inputs={"model": "loop.item"})
    found = needs(graph, stubs.registry(), settings)
    assert [(need.node, need.param, need.name, need.state) for need in found] == [
        ("loop", "each", "tiny", "here"),
        ("loop", "each", "none", "missing"),
    ]
    graph.set_state("muted", "loop")
    assert needs(graph, stubs.registry(), settings) == ()


def test_a_swept_parameter_needs_each_of_its_values(graph: Graph, settings: Settings):
    graph.set_axis("model.model", Axis(("big", {"name": "none"})))
    graph.set_axis("prompt.text", Axis(Lines("prompts.txt")))
    found = needs(graph, stubs.registry(), settings)
    assert [(need.node, need.name, need.state) for need in found] == [
        ("model", "big", "here"),
        ("model", "none", "missing"),
        ("prompt", "prompts.txt", "missing"),
        ("words", "words.txt", "missing"),
    ]
