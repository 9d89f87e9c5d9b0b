"""Repeat zones as regions: around their members, entered and left by dragging."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from app.gui.canvas.zone_item import ZoneItem
from tests.app.gui.mirrored import differences

WORKFLOWS = Path(__file__).resolve().parents[4] / "workflows"


@pytest.fixture
def zone(canvas, document):
    with document.edit("Build") as graph:
        graph.add("image.load", "picture")
        graph.add("repeat", "loop", params={"times": 3})
        graph.add("filter.sharpen", "sharpen", zone="loop")
        graph.add("filter.blur", "blur")
        for name, at in (("picture", [-500, 0]), ("sharpen", [0, 0]), ("blur", [900, 0])):
            graph.place(name, {"at": at})
    canvas.view.show_area(canvas.area())
    return document


def test_a_zone_lies_around_its_members(canvas, zone):
    item = canvas.mirror.nodes["loop"]
    assert isinstance(item, ZoneItem)
    assert item.box().contains(canvas.mirror.nodes["sharpen"].box())
    assert not item.box().intersects(canvas.mirror.nodes["blur"].box())


def test_a_node_is_dragged_in_and_out(canvas, hand, zone):
    start = hand.header("blur")
    target = hand.at(canvas.mirror.nodes["sharpen"].box().topLeft() + QPointF(40, 60))
    hand.drag(start, target)
    assert zone.graph.nodes["blur"].zone == "loop"
    zone.undo()
    assert zone.graph.nodes["blur"].zone == ""
    start = hand.header("sharpen")
    hand.drag(start, start + QPoint(0, 250))
    assert zone.graph.nodes["sharpen"].zone == ""
    assert not differences(canvas.mirror)


def test_a_zone_that_has_nothing_in_it_any_more_is_where_the_file_says(canvas, hand, zone):
    with zone.edit("Place") as graph:
        graph.place("loop", {"at": [-160, -80]})
    canvas.select(["sharpen"])
    hand.key(Qt.Key.Key_Right)
    hand.key(Qt.Key.Key_Delete)
    assert canvas.mirror.nodes["loop"].pos() == QPointF(-160, -80)
    start = hand.at(canvas.mirror.nodes["loop"].pos() + QPointF(60, 8))
    hand.drag(start, start + QPoint(40, 200))
    assert canvas.mirror.nodes["loop"].pos() != QPointF(-160, -80)
    assert not differences(canvas.mirror)


def test_a_zone_moves_with_all_that_is_in_it(canvas, hand, zone):
    item = canvas.mirror.nodes["loop"]
    before = canvas.mirror.nodes["sharpen"].pos()
    start = hand.at(item.box().topRight() + QPointF(-60, 10))
    hand.drag(start, start + QPoint(0, 60))
    assert canvas.mirror.nodes["sharpen"].y() > before.y()
    assert zone.graph.nodes["sharpen"].zone == "loop"


def test_states_are_drawn(canvas, hand, zone):
    hand.drag(hand.port("picture", "image", output=True), hand.port("loop", "+"))
    node = zone.graph.nodes["loop"]
    assert [str(source) for source in node.inputs["image"]] == ["picture.image"]
    item = canvas.mirror.nodes["loop"]
    inner = hand.at(item.port_pos("image", True, inner=True))
    hand.drag(inner, hand.port("sharpen", "image"))
    hand.drag(hand.port("sharpen", "image", output=True), hand.port("loop", "next.image"))
    wired = zone.graph.nodes["loop"].inputs
    assert [str(source) for source in wired["next.image"]] == ["sharpen.image"]
    link = next(item for key, item in canvas.mirror.links.items() if key.node == "sharpen")
    assert link.ends[0] == item.port_pos("image", True, inner=True)
    hand.drag(hand.port("sharpen", "image", output=True), hand.port("loop", "gather.+"))
    assert "gather.image_2" in zone.graph.nodes["loop"].inputs
    zone.wait_checked()
    assert not [item for item in zone.report.problems if item.node == "loop"]


def test_the_count_is_typed_in_the_title(canvas, hand, zone):
    hand.click(hand.row("loop", "times"))
    QTest.keyClicks(canvas.rows.editor, "12")
    QTest.keyClick(canvas.rows.editor, Qt.Key.Key_Return)
    assert zone.graph.nodes["loop"].params["times"] == 12


def test_nodes_are_put_into_a_new_zone(canvas, zone):
    canvas.select(["blur"])
    canvas.actions_by_name()["loop"].trigger()
    assert zone.graph.nodes["blur"].zone == canvas.selection()[0]
    zone.undo()
    assert zone.graph.nodes["blur"].zone == "" and len(canvas.mirror.zones()) == 1


def test_a_layout_keeps_members_in_and_others_out(canvas, document):
    document.open(WORKFLOWS / "loop_opened.json")
    canvas.actions_by_name()["layout"].trigger()
    box = canvas.mirror.nodes["run"].box()
    for name, item in canvas.mirror.nodes.items():
        if name != "run":
            inside = document.graph.nodes[name].zone == "run"
            assert box.contains(item.box()) == inside
            assert box.intersects(item.box()) == inside


def test_a_zone_runs_over_items_or_a_number_of_times(canvas, zone):
    from app.gui.canvas import context_menu

    at = canvas.mirror.nodes["loop"].pos() + QPointF(20, 10)

    def turn() -> None:
        menu = context_menu.build(canvas, at)
        found = [action for action in menu.actions() if "number" in action.text()]
        found += [action for action in menu.actions() if "each item" in action.text()]
        found[0].trigger()

    turn()
    assert zone.graph.nodes["loop"].params == {"each": [1, 2, 3]}
    assert ("each", False) in canvas.mirror.nodes["loop"].shape_.spots
    turn()
    assert zone.graph.nodes["loop"].params == {"times": 4}


def test_a_zone_is_copied_cut_and_grouped_with_all_that_is_in_it(canvas, hand, zone):
    before = zone.root.copy()
    canvas.select(["loop"])
    hand.key(Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert zone.graph.nodes["sharpen_2"].zone == "loop_2"
    assert set(canvas.selection()) == {"loop_2", "sharpen_2"}
    zone.undo()
    canvas.select(["loop"])
    hand.key(Qt.Key.Key_X, Qt.KeyboardModifier.ControlModifier)
    assert set(zone.graph.nodes) == {"picture", "blur"}
    hand.key(Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert zone.graph.nodes["sharpen"].zone == "loop"
    zone.undo()
    zone.undo()
    canvas.select(["loop"])
    hand.key(Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
    assert set(zone.root.definitions["group"].nodes) == {"loop", "sharpen"}
    zone.undo()
    assert zone.root == before
