"""Every workflow of the gallery opens, checks clean, and is written as we write it."""

import json
from pathlib import Path

import pytest

from engine.graph import workflow
from engine.graph.check import check
from engine.graph.registry import Registry
from engine.graph.repeat import REPEAT

FOLDER = Path(__file__).resolve().parents[2] / "workflows"
FILES = sorted(FOLDER.rglob("*.json"))
each = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


@pytest.fixture(scope="module")
def registry() -> Registry:
    found = Registry()
    assert found.load_pack("nodes").failures == ()
    return found


def test_the_first_workflow_is_there():
    assert "text_to_image" in {file.stem for file in FILES}


@each
def test_it_has_no_problems(file: Path, registry: Registry):
    found = check(workflow.read(file, registry), registry)
    problems = [p for p in found.problems if not _is_for_the_user_to_bring(file, p.reason)]
    assert problems == []


def _is_for_the_user_to_bring(file: Path, reason: str) -> bool:
    """Workflows for published models name models and pictures that are not shipped."""
    return file.parent.name == "published" and reason.startswith("There is no ")


@each
def test_it_is_written_in_the_canonical_form(file: Path):
    assert workflow.dumps(workflow.read(file)) == file.read_text(encoding="utf-8")


@each
def test_its_nodes_are_of_the_version_that_is_here(file: Path, registry: Registry):
    for node in json.loads(file.read_text(encoding="utf-8"))["nodes"].values():
        if node["type"] != REPEAT and not node["type"].startswith("subgraph:"):
            assert node["version"] == registry.get(node["type"]).version


@each
def test_it_names_outputs_and_places_for_all_its_nodes(file: Path):
    graph = workflow.read(file)
    assert graph.outputs
    assert graph.view.keys() == graph.nodes.keys()


def test_text_to_image_has_the_names_that_its_users_set():
    graph = workflow.read(FOLDER / "text_to_image.json")
    assert list(graph.nodes) == [
        *("model", "prompt", "negative", "latents", "seed"),
        *("scheduler", "denoise", "decode", "save"),
    ]
    assert graph.nodes["prompt"].params["text"] == "a strawberry on a blue background"
    assert graph.nodes["model"].params["model"]["name"] == "starter"
