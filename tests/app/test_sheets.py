from app.sheets import add_sheets
from engine.graph.check import check
from engine.graph.graph import Graph, Source
from engine.graph.registry import Registry
from engine.graph.subgraph import Definition
from engine.graph.sweep import Axis


def registry() -> Registry:
    found = Registry()
    found.load_pack("nodes")
    return found


def swept(**params: object) -> Graph:
    graph = Graph()
    graph.add("image.load", "a", params={"file": "a.png"})
    graph.add("image.save", "save", params=params, inputs={"image": "a.image"})
    graph.set_axis("a.file", Axis(("a.png", "b.png")))
    return graph


def test_a_saved_picture_gets_a_sheet_that_is_saved_beside_it():
    graph = swept(name="fish", folder="sub")
    before = graph.copy()
    assert add_sheets(graph, registry()) == ("save_contact_sheet",)
    assert graph.nodes["contact_sheet"].inputs == {"images": (Source("a", "image"),)}
    assert graph.nodes["save_contact_sheet"].params == {"name": "fish_sheet", "folder": "sub"}
    assert graph.outputs == ("save", "save_contact_sheet")
    assert check(graph, registry()).ok
    assert graph.undo_label == "Add contact sheets"
    graph.undo()
    assert graph == before


def test_a_name_that_differs_between_pictures_is_left_out():
    graph = swept(name="{seed}-fish_{index}")
    add_sheets(graph, registry())
    assert graph.nodes["save_contact_sheet"].params["name"] == "fish_sheet"


def test_an_output_that_gives_pictures_gets_a_sheet_and_others_do_not():
    graph = swept()
    graph.add("image.size", "size", inputs={"picture": "a.image"})
    graph.set_outputs(["a", "size"])
    assert add_sheets(graph, registry()) == ("save_contact_sheet",)
    assert graph.outputs == ("a", "size", "save_contact_sheet")


def test_nothing_is_added_where_nothing_is_swept_or_cells_are_gathered_already():
    graph = swept()
    graph.set_axis("a.file", None)
    assert add_sheets(graph, registry()) == ()
    graph = swept()
    graph.add("image.contact_sheet", "mine", inputs={"images": "a.image"})
    before = graph.copy()
    assert add_sheets(graph, registry()) == ()
    assert graph == before


def test_pictures_of_an_instance():
    graph = swept()
    graph.define(
        "loader",
        Definition({"a": graph.nodes["a"]}, (), {"image": Source("a", "image")}),
    )
    graph.add("subgraph:loader", "one")
    graph.set_outputs(["one"])
    add_sheets(graph, registry())
    assert graph.nodes["contact_sheet"].inputs == {"images": (Source("one", "image"),)}
