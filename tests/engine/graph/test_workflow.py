from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.graph import workflow
from engine.graph.check import check
from engine.graph.context import Settings
from engine.graph.errors import LoomError, ParamError, WorkflowError
from engine.graph.graph import Graph
from tests.engine.graph import stubs

GOOD = {
    "loom": 1,
    "nodes": {
        "a": {"type": "math.number", "version": 1, "params": {"value": 3}},
        "b": {"type": "math.add", "version": 1, "inputs": {"a": "a.int"}},
        "c": {"type": "math.sum", "version": 1, "inputs": {"items": ["a.int", "b.int"]}},
    },
    "outputs": ["c"],
    "view": {"b": {"at": [120, 80]}},
}


def test_reading_and_writing_come_back_to_the_same(tmp_path: Path):
    graph = workflow.from_json(GOOD)
    assert workflow.to_json(graph) == GOOD
    workflow.write(graph, tmp_path / "w.json")
    again = workflow.read(tmp_path / "w.json")
    assert again == graph
    assert workflow.dumps(again) == (tmp_path / "w.json").read_text(encoding="utf-8")


def test_the_text_is_readable():
    assert workflow.dumps(workflow.from_json(GOOD)) == (
        '{\n'
        '  "loom": 1,\n'
        '  "nodes": {\n'
        '    "a": {"type": "math.number", "version": 1, "params": {"value": 3}},\n'
        '    "b": {"type": "math.add", "version": 1, "inputs": {"a": "a.int"}},\n'
        '    "c": {"type": "math.sum", "version": 1, "inputs": {"items": ["a.int", "b.int"]}}\n'
        '  },\n'
        '  "outputs": ["c"],\n'
        '  "view": {"b": {"at": [120, 80]}}\n'
        '}\n'
    )  # fmt: skip


def test_a_long_node_takes_several_lines_and_stays_the_same():
    graph = workflow.from_json(GOOD)
    graph.set_param("a", "text", "words " * 40)
    text = workflow.dumps(graph)
    assert workflow.loads(text) == graph
    assert '    "a": {\n      "type": "math.number",' in text


def changed(*path: str, to: object) -> str:
    data = json.loads(json.dumps(GOOD))
    inner = data
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = to
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ("", "", "is not JSON"),
        ("{", "", "line 1"),
        ("[]", "loom", "is not a workflow"),
        ("3", "loom", "is not a workflow"),
        ("{}", "loom", "is not a workflow"),
        ("[" * 100_000, "", "can't be read as JSON"),
        ('{"loom": 1, "nodes": {}, "nodes": {}}', "", "'nodes' is there twice"),
        ('{"loom": 1, "nodes": {"a": {"type": "x", "params": {"n": NaN}}}}', "", "NaN"),
        ('{"loom": 1, "nodes": {"a": {"type": "x", "params": {"n": 1e999}}}}', "", "too large"),
        ('{"loom": 1, "nodes": {"a": {"type": "\\ud800"}}}', "", "not Unicode"),
        ('{"loom": 1, "nodes": {"a": {"version": %s}}}' % ("9" * 5000), "", "read as JSON"),
        (changed("loom", to=2), "loom", "newer Latent Loom"),
        (changed("loom", to=0), "loom", "no proper version"),
        (changed("loom", to=True), "loom", "no proper version"),
        (changed("loom", to="1"), "loom", "no proper version"),
        (changed("nodes", to=[]), "nodes", "[] is not an object"),
        (changed("extra", to=1), "", "'extra' is not a field"),
        (changed("outputs", to="c"), "outputs", "is not a list"),
        (changed("outputs", to=[1]), "outputs.0", "is not a text"),
        (changed("nodes", "a b", to={"type": "x"}), "nodes", "not a node's name"),
        (changed("nodes", "a", to=None), "a", "None is not an object"),
        (changed("nodes", "a", to={}), "a", "'type' is missing"),
        (changed("nodes", "a", "typo", to=1), "a", "'typo' is not a field"),
        (changed("nodes", "a", "type", to=7), "a.type", "7 is not a text"),
        (changed("nodes", "a", "version", to=0), "a.version", "0 is not allowed"),
        (changed("nodes", "a", "version", to="1"), "a.version", "not a whole number"),
        (changed("nodes", "a", "params", to=[1]), "a.params", "not an object"),
        (changed("nodes", "b", "inputs", "a", to="nodot"), "b.inputs.a", "'nodot'"),
        (changed("nodes", "b", "inputs", "a", to={"node": "a"}), "b.inputs.a", "where an input"),
        (changed("nodes", "a", "params", "deep", to=eval("[" * 70 + "]" * 70)), "", "nested"),
    ],
)  # fmt: skip
def test_a_bad_file_is_one_clear_error(text: str, where: str, says: str):
    with pytest.raises(WorkflowError) as error:
        workflow.loads(text, name="w.json")
    assert error.value.where == where
    assert says in str(error.value)
    assert "\n" not in str(error.value)
    assert "w.json" in str(error.value) or error.value.node


def test_files_that_cannot_be_read(tmp_path: Path):
    with pytest.raises(WorkflowError, match="can't be read: No such file"):
        workflow.read(tmp_path / "none.json")
    with pytest.raises(WorkflowError, match="can't be read"):
        workflow.read(tmp_path)
    (tmp_path / "x.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(WorkflowError, match="UTF-8"):
        workflow.read(tmp_path / "x.json")


def test_a_byte_order_mark_is_no_matter():
    assert workflow.loads(b"\xef\xbb\xbf" + json.dumps(GOOD).encode()) == workflow.from_json(GOOD)


def test_writing_is_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "w.json"
    path.write_text("old")
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
    with pytest.raises(WorkflowError, match="can't be written: full"):
        workflow.write(workflow.from_json(GOOD), path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_writing_into_a_missing_folder(tmp_path: Path):
    with pytest.raises(WorkflowError, match="can't be written"):
        workflow.write(Graph(), tmp_path / "none" / "w.json")


def test_set_param_parses_checks_and_cuts_the_link():
    registry = stubs.registry()
    graph = workflow.from_json(GOOD, registry)
    workflow.set_param(graph, registry, "b.b=5")
    workflow.set_param(graph, registry, "b.a=7")
    assert graph.nodes["b"].params == {"b": 5, "a": 7}
    assert graph.nodes["b"].inputs == {}
    graph.undo()
    assert "a" in graph.nodes["b"].inputs


@pytest.mark.parametrize(
    ("assignment", "says"),
    [
        ("b", "node.param=value"),
        ("b=1", "node.param=value"),
        ("z.b=1", "z: There is no such node."),
        ("b.bb=1", "b.bb: There is no such parameter. It has a, b. Did you mean 'b'?"),
        ("b.b=x", "b.b: 'x' does not fit. It takes a whole number."),
    ],
)
def test_set_param_errors(assignment: str, says: str):
    registry = stubs.registry()
    graph = workflow.from_json(GOOD, registry)
    with pytest.raises((WorkflowError, ParamError)) as error:
        workflow.set_param(graph, registry, assignment)
    assert says in str(error.value)


def test_a_text_with_equals_signs_is_set_whole():
    registry = stubs.registry()
    graph = stubs.diffusion()
    workflow.set_param(graph, registry, "prompt.text=a=b, {c}")
    assert graph.nodes["prompt"].params["text"] == "a=b, {c}"


def test_the_given_json_is_not_changed():
    data = json.loads(json.dumps(GOOD))
    graph = workflow.from_json(data)
    graph.set_param("a", "value", 99)
    graph.remove("b")
    assert data == GOOD


@given(st.integers(0, 2**32))
@settings(max_examples=400, deadline=None)
def test_a_mutated_file_opens_or_is_one_error(seed: int):
    rng = random.Random(seed)
    text = bytearray(json.dumps(GOOD, indent=1).encode())
    for _ in range(rng.randint(1, 6)):
        place = rng.randrange(len(text))
        what = rng.choice(("flip", "cut", "insert", "swap"))
        if what == "flip":
            text[place] = rng.randrange(256)
        elif what == "cut":
            del text[place : place + rng.randint(1, 12)]
        elif what == "insert":
            piece = rng.choice([b"null", b"{}", b"[]", b'"a.b"', b"-1", b"1e99", b",", b"\\ud800"])
            text[place:place] = piece
        else:
            text[place], text[-place] = text[-place], text[place]
        text = text or bytearray(b"{}")
    registry = stubs.registry()
    try:
        graph = workflow.loads(bytes(text), registry)
    except WorkflowError as error:
        assert str(error)
        return
    report = check(graph, registry, Settings(Path("/nowhere")))
    assert report.text() or report.ok
    assert workflow.loads(workflow.dumps(graph)) == graph


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["loom", "nodes", "type", "inputs", "a"]), inner, max_size=4
            )
        ),
        max_leaves=20,
    )
)
@settings(max_examples=200, deadline=None)
def test_any_json_opens_or_is_one_error(data: object):
    for trial in (data, {"loom": 1, "nodes": data}, {"loom": 1, "nodes": {"a": data}}):
        try:
            workflow.from_json(trial)
        except LoomError as error:
            assert isinstance(error, WorkflowError)
