from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.graph.errors import CycleError, GraphError
from engine.graph.graph import Graph, Node, Source
from engine.graph.subgraph import collapse
from engine.graph.workflow import dumps
from tests.engine.graph.stubs import chain


def three() -> Graph:
    graph = Graph()
    graph.add("math.number", "a", params={"value": 1})
    graph.add("math.add", "b", inputs={"a": "a.int"})
    graph.add("math.sum", "c", inputs={"items": ["a.int", "b.int"]})
    graph.set_outputs(["c"])
    graph.place("b", {"at": [1, 2]})
    return graph


def test_ids_come_from_types():
    graph = Graph()
    assert [graph.add("latents.empty").id for _ in range(3)] == ["empty", "empty_2", "empty_3"]


@pytest.mark.parametrize("name", ["a.b", "", " ", "a b", "ü", "x" * 65, "-a", "a\n"])
def test_a_bad_name_is_refused(name: str):
    graph = three()
    with pytest.raises(GraphError):
        graph.rename("a", name)
    assert list(graph.nodes) == ["a", "b", "c"]


def test_a_name_is_given_once():
    with pytest.raises(GraphError, match="'a' already"):
        three().add("x.y", "a")
    with pytest.raises(GraphError, match="'b' already"):
        three().rename("a", "b")


def test_links():
    assert [str(link) for link in three().links()] == [
        "a.int → b.a", "a.int → c.items", "b.int → c.items"
    ]  # fmt: skip
    assert three().sinks() == ("c",)


def test_connect_replaces_or_appends():
    graph = three()
    graph.connect("c.total", "b.a")
    assert graph.nodes["b"].inputs["a"] == (Source("c", "total"),)
    graph.connect("c.total", "c.items", append=True)
    assert len(graph.nodes["c"].inputs["items"]) == 3
    graph.disconnect("c.items", "a.int")
    assert graph.nodes["c"].inputs["items"] == (Source("b", "int"), Source("c", "total"))
    graph.disconnect("c.items")
    assert graph.nodes["c"].inputs == {}


def test_remove_takes_links_view_and_outputs_along():
    graph = three()
    graph.remove("b")
    assert list(graph.nodes) == ["a", "c"]
    assert graph.nodes["c"].inputs == {"items": (Source("a", "int"),)}
    assert graph.view == {}
    graph.remove("c")
    assert graph.outputs == ()


def test_rename_takes_links_view_and_outputs_along():
    graph = three()
    graph.rename("b", "bee")
    graph.rename("c", "sea")
    assert list(graph.nodes) == ["a", "bee", "sea"]
    assert graph.nodes["sea"].inputs["items"] == (Source("a", "int"), Source("bee", "int"))
    assert graph.view == {"bee": {"at": [1, 2]}}
    assert graph.outputs == ("sea",)
    assert graph.nodes["bee"].id == "bee"


def test_undo_restores_the_very_text():
    graph = three()
    before = dumps(graph)
    graph.remove("a", "b")
    graph.rename("c", "z")
    graph.undo()
    graph.undo()
    assert dumps(graph) == before
    assert list(graph.nodes) == ["a", "b", "c"]
    assert graph.redo() == {"a", "b", "c"}


def test_successive_values_undo_together():
    graph = three()
    for value in range(5):
        graph.set_param("a", "value", value)
    assert graph.undo_label == "Set a.value"
    graph.undo()
    assert graph.nodes["a"].params == {"value": 1}
    graph.redo()
    assert graph.nodes["a"].params == {"value": 4}


def test_an_edit_that_changes_nothing_is_no_edit():
    graph = three()
    label = graph.undo_label
    graph.set_param("a", "value", 1)
    graph.set_outputs(["c"])
    graph.disconnect("a.nothing")
    assert graph.undo_label == label


def test_a_group_undoes_as_one():
    graph = three()
    before = dumps(graph)
    with graph.grouped("Paste"):
        graph.add("x.y", "p")
        graph.connect("p.q", "b.a")
        graph.set_param("p", "n", 1)
    assert graph.undo_label == "Paste"
    graph.undo()
    assert dumps(graph) == before


def test_a_group_that_raises_did_not_happen():
    graph = three()
    before, label = dumps(graph), graph.undo_label
    with pytest.raises(GraphError), graph.grouped("Paste"):
        graph.add("x.y", "p")
        graph.remove("a")
        graph.rename("nobody", "x")
    assert dumps(graph) == before
    assert graph.undo_label == label


def test_a_new_edit_ends_redo():
    graph = three()
    graph.set_param("a", "value", 2)
    graph.undo()
    graph.set_param("a", "value", 3)
    assert graph.redo_label == ""
    assert graph.redo() == frozenset()


def test_undo_of_nothing():
    assert Graph().undo() == frozenset()


def test_a_cycle_is_named():
    graph = three()
    graph.connect("c.total", "a.value")
    graph.add("x.y", "outside", inputs={"a": "c.total"})
    with pytest.raises(CycleError) as error:
        graph.order()
    cycle = error.value.cycle
    assert cycle[0] == cycle[-1] == "a"
    links = {(link.source.node, link.node) for link in graph.links()}
    assert all(pair in links for pair in itertools.pairwise(cycle))


def test_a_node_that_reads_itself_is_a_cycle():
    graph = Graph([Node("a", "x.y", inputs={"i": (Source("a", "o"),)})])
    with pytest.raises(CycleError) as error:
        graph.order()
    assert error.value.cycle == ("a", "a")


def test_order_of_targets_leaves_the_rest_out():
    graph = three()
    assert graph.order(["b"]) == ("a", "b")
    assert graph.order() == ("a", "b", "c")
    assert graph.upstream(["b"]) == {"a", "b"}


def test_a_cycle_elsewhere_does_not_matter():
    graph = three()
    graph.add("x.y", "loop")
    graph.connect("loop.o", "loop.i")
    assert graph.order(["c"]) == ("a", "b", "c")


def test_long_chains_need_no_recursion():
    graph = chain(20_000)
    assert graph.order()[-1] == "n19999"


def test_a_source_reads_node_dot_port():
    assert Source.parse("a.b.c") == Source("a", "b.c")
    for text in ("a", ".b", "a."):
        with pytest.raises(GraphError, match=r"node\.port"):
            Source.parse(text)


@given(st.integers(0, 2**32), st.integers(1, 30))
@settings(max_examples=60, deadline=None)
def test_any_edits_can_be_undone_and_redone(seed: int, count: int):
    rng = random.Random(seed)
    graph = three()
    texts = [dumps(graph)]
    while graph.undo_label:
        graph.undo()
        texts.insert(0, dumps(graph))
    while graph.redo_label:
        graph.redo()
    for _ in range(count):
        label, depth = graph.undo_label, len(graph._history.done)
        _random_edit(graph, rng)
        if len(graph._history.done) > depth:
            texts.append(dumps(graph))
        elif graph.undo_label == label:
            texts[-1] = dumps(graph)  # merged into the last one, or changed nothing
    for text in reversed(texts):
        assert dumps(graph) == text
        graph.undo()
    for text in texts[1:]:
        graph.redo()
        assert dumps(graph) == text


@given(st.integers(0, 2**32), st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_order_respects_links(seed: int, count: int):
    rng = random.Random(seed)
    graph = Graph()
    for index in range(count):
        picked = rng.sample(range(index), min(index, rng.randint(0, 3)))
        graph.add("x.y", f"n{index}", inputs={"in": [f"n{other}.o" for other in picked]})
    shuffled = list(graph.nodes.values())
    rng.shuffle(shuffled)
    order = Graph(shuffled).order()
    place = {name: index for index, name in enumerate(order)}
    assert len(order) == count
    assert all(place[link.source.node] < place[link.node] for link in graph.links())


KINDS = (
    "add", "remove", "rename", "param", "clear", "connect", "append", "cut", "outputs", "place"
)  # fmt: skip


def _random_edit(graph: Graph, rng: random.Random) -> None:
    names = list(graph.nodes)
    kind = rng.choice(KINDS)
    name = rng.choice(names) if names else ""
    other = rng.choice(names) if names else ""
    if kind == "add" or not names:
        graph.add("x.y", params={"n": rng.randint(0, 3)})
    elif kind == "remove":
        graph.remove(*{name, other})
    elif kind == "rename":
        graph.rename(name, f"r{rng.randint(0, 10**9)}")
    elif kind == "param":
        graph.set_param(name, rng.choice("nm"), rng.randint(0, 3))
    elif kind == "clear":
        graph.clear_param(name, "n")
    elif kind in ("connect", "append"):
        graph.connect(f"{name}.o", f"{other}.i", append=kind == "append")
    elif kind == "cut":
        graph.disconnect(f"{name}.i")
    elif kind == "outputs":
        graph.set_outputs(rng.sample(names, rng.randint(0, len(names))))
    else:
        graph.place(name, rng.choice([None, {"at": [rng.randint(0, 3), 0]}]))


def test_nodes_are_inserted_and_arranged_as_one():
    graph = Graph()
    graph.add("x.a", "a")
    nodes = Node("b", "x.b", params={"n": 1}), Node("c", "x.c", inputs={"i": (Source("b", "o"),)})
    with pytest.raises(GraphError, match="'b' already"):
        graph.insert([*nodes, Node("b", "x.b")])
    assert list(graph.nodes) == ["a"] and not graph.view
    graph.insert(nodes, {"c": {"at": [1, 2]}})
    assert list(graph.nodes.values())[1:] == list(nodes) and graph.view == {"c": {"at": [1, 2]}}
    for x in (3, 4):
        graph.arrange({"a": {"at": [x, 0]}, "c": {"at": [x, 2]}})
    assert graph.undo() == {"a", "c"}
    assert graph.view == {"c": {"at": [1, 2]}}
    assert graph.undo() == {"b", "c"} and list(graph.nodes) == ["a"] and not graph.view
    graph.redo()
    assert graph.nodes["c"] == nodes[1] and graph.view == {"c": {"at": [1, 2]}}


def test_parameters_dragged_together_undo_together():
    graph = Graph()
    graph.add("x.a", "a")
    graph.add("x.b", "b")
    for value in (1, 2, 3):
        with graph.grouped(merges=True):
            graph.set_param("a", "p", value)
            graph.set_param("b", "p", value)
    graph.undo()
    assert not graph.nodes["a"].params and not graph.nodes["b"].params
    graph.redo()
    assert graph.nodes["a"].params == graph.nodes["b"].params == {"p": 3}


def test_a_drag_that_is_done_undoes_alone():
    graph = Graph()
    graph.add("x.a", "a")
    graph.set_param("a", "p", 1)
    graph.set_param("a", "p", 2)
    graph.settle()
    graph.set_param("a", "p", 3)
    graph.set_param("a", "p", 4)
    graph.undo()
    assert graph.nodes["a"].params == {"p": 2}
    graph.undo()
    assert not graph.nodes["a"].params


def test_values_of_one_parameter_inside_a_subgraph_undo_together():
    graph = Graph()
    graph.add("x.a", "a")
    collapse(graph, ["a"], "part")
    for value in (1, 2, 3):
        with graph.editing("part") as body:
            body.set_param("a", "p", value)
    graph.undo()
    assert not graph.definitions["part"].nodes["a"].params
    graph.redo()
    assert graph.definitions["part"].nodes["a"].params == {"p": 3}
