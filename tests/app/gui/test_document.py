"""The document that all panels edit through."""

from __future__ import annotations

import pytest

from app.gui.document import Document
from app.session import open_registry
from engine.graph.errors import GraphError, LoomError
from engine.graph.subgraph import collapse


@pytest.fixture(scope="module")
def registry(qapp):
    return open_registry()


@pytest.fixture
def document(registry):
    return Document(registry)


@pytest.fixture
def touched(document):
    found = []
    document.changed.connect(found.append)
    return found


def test_an_edit_tells_what_changed_and_undoes(document, touched):
    with document.edit("Two nodes"):
        document.graph.add("noise.seed", "seed")
        document.graph.add("load.pipeline", "model")
    assert touched == [{"seed", "model"}]
    document.change(lambda graph: graph.set_param("seed", "value", 3))
    document.change(lambda graph: graph.set_param("seed", "value", 4))
    document.undo()
    assert touched[-1] == {"seed"} and "value" not in document.graph.nodes["seed"].params
    document.undo()
    assert not document.graph.nodes and not document.modified
    document.redo()
    assert list(document.graph.nodes) == ["seed", "model"] and document.modified


def test_an_edit_that_fails_changes_nothing(document, touched):
    with pytest.raises(GraphError), document.edit("Twice"):
        document.graph.add("noise.seed", "seed")
        document.graph.add("noise.seed", "seed")
    assert not document.graph.nodes and not touched


def test_the_check_follows(document):
    document.change(lambda graph: graph.add("vae.decode", "decode"))
    document.wait_checked()
    assert {item.port for item in document.problems("decode")} == {"vae", "latents"}
    document.undo()
    document.wait_checked()
    assert document.report.ok


def test_inside_a_subgraph_every_instance_changes(document, touched):
    with document.edit("Start"):
        document.graph.add("noise.seed", "seed")
    collapse(document.root, ["seed"], "dice", "one")
    document.enter("dice")
    assert {"seed", "inputs", "outputs"} <= document.graph.nodes.keys()
    touched.clear()
    document.change(lambda graph: graph.set_param("seed", "value", 5))
    assert touched == [{"seed"}]
    assert document.root.definitions["dice"].nodes["seed"].params["value"] == 5
    document.enter("")
    document.undo()
    assert touched[-1] == {"one"}


def test_what_undo_says_is_the_edits_own_label_inside_a_subgraph_too(document):
    with document.edit("Start"):
        document.graph.add("noise.seed", "seed")
    collapse(document.root, ["seed"], "dice", "one")
    for scope in ("dice", ""):
        document.enter(scope)
        with document.edit("Roll the dice") as graph:
            name = "seed" if scope else "one"
            graph.set_state("muted", name)
        assert document.root.undo_label == "Roll the dice"
    document.enter("dice")
    for value in (1, 2, 3):
        document.change(
            lambda graph, value=value: graph.set_param("seed", "value", value), "Set Value"
        )
    assert document.root.undo_label == "Set Value"
    document.undo()
    assert document.root.undo_label == "Roll the dice"


def test_files(document, tmp_path):
    document.change(lambda graph: graph.add("noise.seed", "seed"))
    path = tmp_path / "a.json"
    document.save(path)
    assert document.path == path and not document.modified
    path.write_text('{"loom": 99, "nodes": {}}')
    with pytest.raises(LoomError, match="newer"):
        document.open(path)
    assert "seed" in document.graph.nodes


def test_unsaved_work_is_restored_as_unsaved(document, tmp_path):
    data = {"loom": 1, "nodes": {"seed": {"type": "noise.seed", "version": 1}}}
    document.restore(data, None)
    assert document.modified and list(document.graph.nodes) == ["seed"]
    document.save(tmp_path / "a.json")
    document.restore(data, tmp_path / "a.json")
    assert not document.modified


def test_a_new_node_that_saves_is_asked_for_where_others_are(document):
    with document.edit("Build") as graph:
        graph.add("image.load", "load")
        graph.add("image.save", "one")
    assert document.root.outputs == ()  # all that save are
    with document.edit_root("Ask") as graph:
        graph.set_outputs(["one"])
    with document.edit("Add") as graph:
        graph.add("image.save", "two")
    assert document.root.outputs == ("one", "two")
    document.undo()
    assert document.root.outputs == ("one",) and "two" not in document.graph.nodes
