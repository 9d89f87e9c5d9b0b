from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.graph.context import Settings
from engine.graph.errors import LoomError
from engine.graph.files import FileHashes
from engine.graph.graph import Graph
from engine.graph.keys import Recipe, action_key, canonical, recipes
from tests.engine.graph import stubs


def keys(graph: Graph, settings: Settings, environment: dict[str, str] | None = None) -> Any:
    found = recipes(
        graph, stubs.registry(), graph.order(), settings, environment or {}, FileHashes()
    )
    return {node_id: recipe.key for node_id, recipe in found.items()}


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {node_id for node_id in after if before.get(node_id) != after[node_id]}


def test_a_key_is_the_same_in_every_process(settings: Settings):
    assert keys(stubs.chain(2, 5), settings) == {
        "n0": "69eda416d74ec582698b02b8bb767e09",
        "n1": "4c34578f8d1b0fa7e5993e0bef3509c8",
    }


def test_an_edit_changes_the_node_and_all_below_it(settings: Settings):
    graph = stubs.diffusion()
    before = keys(graph, settings)
    graph.set_param("prompt", "text", "b")
    assert changed(before, keys(graph, settings)) == {"prompt", "denoise"}
    graph.undo()
    graph.set_param("model", "model", "big")
    assert changed(before, keys(graph, settings)) == {"model", "prompt", "empty", "denoise"}


def test_a_default_spelt_out_changes_nothing(settings: Settings):
    graph = stubs.diffusion()
    before = keys(graph, settings)
    graph.set_param("denoise", "steps", 4)
    graph.set_param("denoise", "guidance", 7.5)
    graph.set_param("model", "model", {"name": "tiny"})
    assert keys(graph, settings) == before
    graph.set_param("denoise", "guidance", 7)
    seven = keys(graph, settings)
    graph.set_param("denoise", "guidance", 7.0)
    assert keys(graph, settings) == seven != before


def test_names_and_positions_change_nothing(settings: Settings):
    graph = stubs.diffusion()
    before = keys(graph, settings)
    graph.rename("prompt", "words")
    graph.place("words", {"at": [1, 1]})
    after = keys(graph, settings)
    assert after["denoise"] == before["denoise"]
    assert after["words"] == before["prompt"]


def test_the_environment_changes_everything(settings: Settings):
    graph = stubs.diffusion()
    one = keys(graph, settings, {"dtype": "float32"})
    two = keys(graph, settings, {"dtype": "bfloat16"})
    assert changed(one, two) == set(graph.nodes)


def test_which_port_and_which_order_matter(settings: Settings):
    graph = Graph()
    graph.add("math.divide", "d", version=3, params={"a": 7})
    graph.add("math.add", "x", inputs={"a": "d.whole", "b": "d.rest"})
    graph.add("math.add", "y", inputs={"a": "d.rest", "b": "d.whole"})
    graph.add("noise.seed", "n1", params={"seed": 1})
    graph.add("noise.seed", "n2", params={"seed": 2})
    graph.add("math.sum", "s", inputs={"items": ["n1.stub_latents", "n2.stub_latents"]})
    graph.add("math.sum", "t", inputs={"items": ["n2.stub_latents", "n1.stub_latents"]})
    found = keys(graph, settings)
    assert len(set(found.values())) == len(found)


def test_files_and_models_enter_by_content(settings: Settings, tmp_path: Path):
    graph = Graph()
    graph.add("load.file", "file", params={"file": "a.txt"})
    (tmp_path / "a.txt").write_text("one")
    (tmp_path / "b.txt").write_text("one")
    one = keys(graph, settings)
    graph.set_param("file", "file", "b.txt")
    assert keys(graph, settings) == one
    (tmp_path / "b.txt").write_text("two")
    two = keys(graph, settings)
    assert two != one
    status = (tmp_path / "b.txt").stat()
    (tmp_path / "b.txt").write_text("six")
    os.utime(tmp_path / "b.txt", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert keys(graph, settings) not in (one, two)


def test_only_effects_depend_on_the_output_folder(settings: Settings, tmp_path: Path):
    graph = stubs.chain(2)
    graph.add("save.text", "save", inputs={"value": "n1.int"})
    before = keys(graph, settings)
    after = keys(graph, replace(settings, output_folder=tmp_path / "elsewhere"))
    assert changed(before, after) == {"save"}


def test_a_model_that_is_another_one_is_refused(settings: Settings):
    graph = stubs.diffusion()
    graph.set_param("model", "model", {"name": "tiny", "hash": "b2:0000"})
    with pytest.raises(LoomError) as error:
        keys(graph, settings)
    assert error.value.where == "model.model"
    assert "is not the model this workflow was made with" in str(error.value)


def test_a_given_hash_that_fits_changes_nothing(settings: Settings):
    graph = stubs.diffusion()
    before = keys(graph, settings)
    found = FileHashes().of(settings.find_model("tiny"))
    graph.set_param("model", "model", {"name": "tiny", "hash": found})
    assert keys(graph, settings) == before


def test_action_keys_follow_content():
    recipe = Recipe("k", "own", {}, {}, {}, "")
    one = action_key(recipe, {"a": ("1",), "b": ("2",)})
    assert one == action_key(recipe, {"b": ("2",), "a": ("1",)})
    others = [{"a": ("2",), "b": ("1",)}, {"a": ("1", "2")}, {"a": ("1",)}]
    assert one not in [action_key(recipe, other) for other in others]
    assert one != action_key(replace(recipe, own="other"), {"a": ("1",), "b": ("2",)})


def test_canonical_text():
    assert canonical({"b": [1.0, "ü"], "a": None}) == '{"a":null,"b":[1.0,"\\u00fc"]}'
    with pytest.raises(ValueError, match="JSON"):
        canonical(float("nan"))


def test_what_a_node_finds_by_itself_is_part_of_its_key(settings: Settings, tmp_path: Path):
    words = tmp_path / "words.txt"
    facts = {"space": "sd15"}

    def also(params: Any) -> dict[str, Path | str]:
        assert params["model"].is_dir()
        return {"words": words, **facts}

    spec = replace(stubs.registry().get("load.model"), also=also)
    registry = stubs.registry().with_specs([spec])
    graph = stubs.diffusion()

    def recipe() -> Recipe:
        found = recipes(graph, registry, graph.order(), settings, {}, FileHashes())
        return found["model"]

    with pytest.raises(LoomError, match=r"words\.txt can't be read") as raised:
        recipe()
    assert raised.value.node == "model"
    words.write_text("a b")
    before = recipe()
    assert before.files.keys() == {"model", "words", "space"}
    assert recipe().key == before.key
    words.write_text("a c")
    other = recipe()
    assert other.key != before.key
    facts["space"] = "sdxl"
    assert recipe().key != other.key
