"""Every command by its key, and undone."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRectF, Qt, QUrl
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest

from app.gui.canvas.frame_item import frame_area
from engine.graph import workflow
from engine.graph.errors import LoomError
from engine.graph.subgraph import collapse

Key, Mod = Qt.Key, Qt.KeyboardModifier
CONTROL = Mod.ControlModifier


@pytest.fixture
def chain(canvas, document):
    """Three nodes in a row."""
    with document.edit("Build") as graph:
        graph.add("image.load", "picture")
        graph.add("filter.sharpen", "sharpen", inputs={"image": "picture.image"})
        graph.add("image.save", "save", inputs={"image": "sharpen.image"})
        for index, name in enumerate(graph.nodes):
            graph.place(name, {"at": [300 * index, 40 * index]})
    document.wait_checked()
    canvas.zoom_to_fit()
    return document


@pytest.mark.parametrize(("key", "state"), [(Key.Key_M, "muted"), (Key.Key_B, "bypassed")])
def test_mute_and_bypass(canvas, hand, chain, key, state):
    canvas.select(["sharpen"])
    hand.key(key)
    assert chain.graph.nodes["sharpen"].state == state
    hand.key(key)
    assert chain.graph.nodes["sharpen"].state == ""
    chain.undo()
    assert chain.graph.nodes["sharpen"].state == state


def test_lock_asks(canvas, hand, chain, qtbot):
    canvas.select(["sharpen", "save"])
    with qtbot.waitSignal(canvas.lock_asked) as asked:
        hand.key(Key.Key_L)
    assert asked.args == [("sharpen", "save")]


def test_fold_hides_all_but_the_header(canvas, hand, chain):
    canvas.select(["save"])
    item = canvas.mirror.nodes["save"]
    high = item.height
    hand.key(Key.Key_C)
    assert item.height < high / 2 and chain.graph.view["save"]["collapsed"] is True
    chain.undo()
    assert item.height == high and chain.graph.view["save"] == {"at": [600, 80]}


def test_rename(canvas, hand, chain):
    said = []
    canvas.note.connect(said.append)
    canvas.select(["sharpen"])
    hand.key(Key.Key_F2)
    editor = canvas.rows.editor
    QTest.keyClicks(editor, "save")
    QTest.keyClick(editor, Key.Key_Return)
    assert "already" in said[0]
    editor.selectAll()
    QTest.keyClicks(editor, "crisp")
    QTest.keyClick(editor, Key.Key_Return)
    assert list(chain.graph.nodes) == ["picture", "crisp", "save"]
    assert canvas.selection() == ("crisp",)


def test_duplicate_keeps_what_it_reads(canvas, hand, chain):
    canvas.select(["sharpen", "save"])
    hand.key(Key.Key_D, CONTROL)
    assert canvas.selection() == ("sharpen_2", "save_2")
    copies = chain.graph.nodes
    assert copies["sharpen_2"].inputs == copies["sharpen"].inputs
    assert [str(source) for source in copies["save_2"].sources()] == ["sharpen_2.image"]
    chain.undo()
    assert set(chain.graph.nodes) == {"picture", "sharpen", "save"}


def test_copies_are_a_workflow_in_text(canvas, hand, chain):
    canvas.select(["sharpen", "save"])
    hand.key(Key.Key_C, CONTROL)
    text = QGuiApplication.clipboard().text()
    part = workflow.loads(text)
    assert set(part.nodes) == {"sharpen", "save"} and not part.nodes["sharpen"].inputs
    QGuiApplication.clipboard().setText(text.replace('"save"', '"keep"'))
    hand.key(Key.Key_V, CONTROL)
    assert canvas.selection() == ("sharpen_2", "keep")
    chain.undo()
    QGuiApplication.clipboard().setText("not a workflow")
    said = []
    canvas.note.connect(said.append)
    before = chain.graph.copy()
    hand.key(Key.Key_V, CONTROL)
    assert said and chain.graph == before


def test_rubbish_is_not_pasted_and_files_are(canvas, hand, chain, tmp_path):
    said, before = [], chain.graph.copy()
    canvas.note.connect(said.append)
    for text in ("hello", "[1, 2]", "{}", '{"nodes": 3}', '{"a":' * 5000, '{"loom": 99}'):
        QGuiApplication.clipboard().setText(text)
        hand.key(Key.Key_V, CONTROL)
    assert chain.graph == before and len(said) == 6
    assert set(said[:5]) == {"What was copied holds no nodes."} and "newer" in said[5]
    picture = tmp_path / "a.png"
    QImage(4, 4, QImage.Format.Format_RGB32).save(str(picture))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(picture))])
    QGuiApplication.clipboard().setMimeData(data)
    canvas.view.pan(QPoint(-5000, 0))  # away from all nodes
    hand.key(Key.Key_V, CONTROL)
    (new,) = canvas.selection()
    assert chain.graph.nodes[new].params == {"file": str(picture)}


def test_cut_and_delete(canvas, hand, chain):
    canvas.select(["sharpen"])
    hand.key(Key.Key_X, CONTROL)
    assert set(chain.graph.nodes) == {"picture", "save"} and not chain.graph.nodes["save"].inputs
    chain.undo()
    canvas.select((), [*canvas.mirror.links][:1])
    hand.key(Key.Key_Delete)
    assert len(canvas.mirror.links) == 1 and len(chain.graph.nodes) == 3


def test_copied_subgraphs_come_along_and_are_told_apart(canvas, hand, chain):
    collapse(chain.root, ["sharpen"], "crisp", "fix")
    chain.enter("")
    canvas.select(["fix"])
    hand.key(Key.Key_C, CONTROL)
    text = QGuiApplication.clipboard().text()
    chain.new()
    hand.key(Key.Key_V, CONTROL)
    assert chain.graph.nodes["fix"].type == "subgraph:crisp"
    assert "sharpen" in chain.root.definitions["crisp"].nodes
    QGuiApplication.clipboard().setText(text.replace('"filter.sharpen"', '"filter.canny"'))
    hand.key(Key.Key_V, CONTROL)
    assert chain.graph.nodes["fix_2"].type == "subgraph:crisp_2"
    assert chain.root.definitions["crisp_2"].nodes["sharpen"].type == "filter.canny"
    chain.undo()
    assert set(chain.root.definitions) == {"crisp"} and set(chain.graph.nodes) == {"fix"}


def test_places(canvas, hand, chain):
    hand.key(Key.Key_A, CONTROL)
    assert canvas.selection() == ("picture", "sharpen", "save")
    canvas.actions_by_name()["align_top"].trigger()
    assert {view["at"][1] for view in chain.graph.view.values()} == {0}
    canvas.actions_by_name()["align_left"].trigger()
    assert {view["at"][0] for view in chain.graph.view.values()} == {0}
    canvas.actions_by_name()["spread_down"].trigger()
    boxes = [item.box() for item in canvas.mirror.nodes.values()]
    assert not any(a.intersects(b) for a in boxes for b in boxes if a is not b)
    hand.key(Key.Key_L, CONTROL)
    places = [canvas.mirror.nodes[name].x() for name in chain.graph.nodes]
    assert places == sorted(places) and len(set(places)) == 3


def test_arrows_move_and_alt_arrows_walk(canvas, hand, chain):
    canvas.select(["picture"])
    for _ in range(3):
        hand.key(Key.Key_Right)
    assert chain.graph.view["picture"]["at"] == [24, 0]
    chain.undo()
    assert chain.graph.view["picture"]["at"] == [0, 0]
    hand.key(Key.Key_Right, Mod.AltModifier)
    assert canvas.selection() == ("sharpen",)
    hand.key(Key.Key_Left, Mod.AltModifier)
    assert canvas.selection() == ("picture",)


def test_arrows_look_around_where_nothing_is_selected(canvas, hand, chain):
    canvas.select(())
    before = canvas.view.seen()
    hand.key(Key.Key_Right)
    assert canvas.view.seen().left() > before.left()
    hand.key(Key.Key_Left)
    hand.key(Key.Key_Down)
    assert canvas.view.seen().top() > before.top()
    assert chain.root.undo_label == "Build"


def test_nodes_are_joined_by_keys(canvas, hand, pair, document, qtbot):
    said = []
    canvas.note.connect(said.append)
    canvas.select(["decode"])
    hand.key(Key.Key_J)
    assert "two nodes" in said[0]
    canvas.select(["model", "decode"])
    hand.key(Key.Key_J)
    node = document.graph.nodes["decode"]
    assert {port: [str(s) for s in found] for port, found in node.inputs.items()} == {
        "vae": ["model.vae"]
    }
    hand.key(Key.Key_J)  # what is left needs latents, which a model has none of
    assert "fits a free input" in said[1]
    document.undo()
    assert not document.graph.nodes["decode"].inputs


def test_the_menu_key_opens_the_menu_of_what_is_selected(canvas, hand, chain):
    canvas.select(["save"])
    hand.key(Key.Key_Menu)
    assert canvas.menu.isVisible() and canvas.selection() == ("save",)
    asked = []
    canvas.run_asked.connect(asked.append)
    canvas.menu.actions()[0].trigger()
    canvas.menu.close()
    assert asked == [("save",)]
    canvas.select(())
    hand.key(Key.Key_F10, Mod.ShiftModifier)
    assert canvas.menu.isVisible() and canvas.selection() == ()
    canvas.menu.close()


def test_a_subgraph_is_made_entered_and_left(canvas, hand, chain, statuses):
    canvas.select(["sharpen"])
    hand.key(Key.Key_G, CONTROL)
    (instance,) = canvas.selection()
    assert chain.graph.nodes[instance].type == "subgraph:group"
    hand.key(Key.Key_Return)
    assert chain.scope == "group" and set(canvas.mirror.nodes) == {"sharpen", "inputs", "outputs"}
    assert canvas.crumbs.isVisible() and canvas.mirror.prefix == f"{instance}/"
    statuses.update(f"{instance}/sharpen", state="running")
    assert canvas.mirror.nodes["sharpen"].status.state == "running"
    hand.key(Key.Key_U)
    assert chain.scope == "" and not canvas.crumbs.isVisible()
    chain.undo()
    assert set(chain.graph.nodes) == {"picture", "sharpen", "save"}


def test_what_one_left_is_selected_and_seen_as_it_was(canvas, hand, chain):
    canvas.select(["sharpen"])
    hand.key(Key.Key_G, CONTROL)
    (instance,) = canvas.selection()
    canvas.view.zoom_at(1.7, QPointF(100, 100))
    seen = canvas.view.seen()
    hand.key(Key.Key_Return)
    QTest.qWait(1)  # all of the inside is brought into sight
    assert canvas.view.seen() != seen
    hand.key(Key.Key_U)
    QTest.qWait(1)
    assert canvas.selection() == (instance,)
    assert (canvas.view.seen().center() - seen.center()).manhattanLength() < 4
    assert abs(canvas.view.seen().width() - seen.width()) < 1


def test_what_comes_back_with_undo_is_selected(canvas, hand, chain):
    canvas.select(["sharpen", "save"])
    hand.key(Key.Key_X, CONTROL)
    assert chain.root.undo_label == "Cut" and canvas.selection() == ()
    chain.undo()
    assert set(canvas.selection()) == {"sharpen", "save"}
    hand.key(Key.Key_Backspace)
    assert chain.root.undo_label == "Delete" and set(chain.graph.nodes) == {"picture"}


def test_a_subgraph_inside_a_subgraph(canvas, hand, chain):
    canvas.select(["sharpen", "save"])
    hand.key(Key.Key_G, CONTROL)
    hand.key(Key.Key_Return)
    before = chain.root.copy()
    canvas.select(["sharpen"])
    hand.key(Key.Key_G, CONTROL)
    assert set(chain.root.definitions) == {"group", "group_2"}
    assert chain.graph.nodes["group_2"].type == "subgraph:group_2"
    chain.undo()
    assert chain.root == before


def test_a_new_input_of_a_subgraph_is_drawn(canvas, hand, chain):
    canvas.select(["sharpen"])
    hand.key(Key.Key_G, CONTROL)
    hand.key(Key.Key_Return)
    with chain.edit("Place") as graph:
        graph.place("inputs", {"at": [-300, 0]})
        graph.place("sharpen", {"at": [0, 0]})
        graph.place("outputs", {"at": [300, 0]})
    canvas.select(())
    canvas.zoom_to_fit()
    hand.drag(hand.port("inputs", "+", output=True), hand.port("sharpen", "amount"))
    assert chain.root.definitions["group"].inputs == ("image", "amount")
    hand.drag(hand.port("sharpen", "image", output=True), hand.port("outputs", "+"))
    assert list(chain.root.definitions["group"].outputs) == ["image", "image_2"]


def test_a_frame_is_drawn_renamed_moved_with_what_is_in_it_and_saved(canvas, hand, chain):
    canvas.select(["picture", "sharpen"])
    hand.key(Key.Key_C, CONTROL | Mod.ShiftModifier)
    QTest.keyClicks(canvas.rows.editor, "Before")
    QTest.keyClick(canvas.rows.editor, Key.Key_Return)
    view = chain.graph.view["frame:1"]
    assert view["text"] == "Before"
    boxes = [canvas.mirror.nodes[name].box() for name in ("picture", "sharpen")]
    assert all(frame_area(view).contains(box) for box in boxes)
    assert workflow.loads(workflow.dumps(chain.graph)) == chain.graph
    start = hand.at(canvas.mirror.frames["frame:1"].pos()) + hand.at(QRectF().topLeft()) * 0
    start += type(start)(30, 10)
    hand.drag(start, start + type(start)(50, 50))
    at = chain.graph.view["picture"]["at"]
    assert at[0] > 0 and at[1] > 0 and chain.graph.view["save"]["at"] == [600, 80]
    canvas.select(["frame:1"])
    hand.key(Key.Key_Delete)
    assert "frame:1" not in chain.graph.view and len(chain.graph.nodes) == 3


def test_a_link_is_led_through_dots(canvas, hand, chain):
    key, item = next(iter(canvas.mirror.links.items()))
    hand.double_click(hand.at(item.path().pointAtPercent(0.5)))
    assert len(canvas.mirror.links[key].dots) == 1
    dot = hand.at(canvas.mirror.links[key].dots[0])
    hand.drag(dot, dot + type(dot)(0, 60))
    (x, y) = chain.graph.view[key.node]["routes"][key.port][0][0]
    assert y > 60
    assert workflow.loads(workflow.dumps(chain.graph)).view == chain.graph.view
    canvas.select((), [key])
    hand.key(Key.Key_Delete)
    assert "routes" not in chain.graph.view[key.node]
    chain.undo()
    assert [(dot.x(), dot.y()) for dot in canvas.mirror.links[key].dots] == [(x, y)]


def test_a_dot_that_is_clicked_is_what_is_deleted(canvas, hand, chain):
    key, item = next(iter(canvas.mirror.links.items()))
    hand.double_click(hand.at(item.path().pointAtPercent(0.5)))
    hand.click(hand.at(canvas.mirror.links[key].dots[0]))
    hand.key(Key.Key_Delete)
    assert canvas.mirror.links[key].dots == [] and canvas.links() == {key}
    hand.key(Key.Key_Delete)
    assert key not in canvas.mirror.links


def test_outputs_are_marked(canvas, hand, chain):
    canvas.select(["sharpen"])
    hand.key(Key.Key_O)
    assert chain.graph.outputs == ("sharpen",) and canvas.mirror.nodes["sharpen"].face.wanted
    hand.key(Key.Key_O)
    assert chain.graph.outputs == ()


def test_the_graph_is_drawn_into_files(canvas, chain, tmp_path):
    canvas.export(tmp_path / "graph.png")
    assert QImage(str(tmp_path / "graph.png")).width() > 1000
    canvas.export(tmp_path / "graph.svg")
    assert b"<svg" in (tmp_path / "graph.svg").read_bytes()[:400]
    with pytest.raises(LoomError, match="can't be written"):
        canvas.export(tmp_path / "nowhere" / "graph.svg")


def test_every_command_has_a_name_and_a_key_of_its_own(canvas):
    actions = canvas.actions_by_name()
    assert all(action.text() and action.toolTip() for action in actions.values())
    keys = [key.toString() for action in actions.values() for key in action.shortcuts()]
    assert len(keys) == len(set(keys))


def test_menus_offer_what_there_is(canvas, hand, chain):
    from app.gui.canvas import context_menu

    at = canvas.mirror.nodes["save"].pos()
    menu = context_menu.build(canvas, at + type(at)(40, 10))
    asked = []
    canvas.run_asked.connect(asked.append)
    menu.actions()[0].trigger()
    assert asked == [("save",)]
    pins = next(action.menu() for action in menu.actions() if action.text() == "Parameters shown")
    {action.text(): action for action in pins.actions()}["Quality"].toggle()
    assert "quality" not in chain.graph.view["save"]["pins"]


def inside(canvas, hand, document):
    """Go into a subgraph of one node."""
    canvas.select(["sharpen"])
    hand.key(Key.Key_G, CONTROL)
    hand.key(Key.Key_Return)
    with document.edit("Place") as graph:
        for index, name in enumerate(("inputs", "sharpen", "outputs")):
            graph.place(name, {"at": [300 * index, 0]})
    canvas.select(())
    canvas.zoom_to_fit()


def test_ports_of_a_subgraph_are_renamed_and_removed(canvas, hand, chain):
    from app.gui.canvas import context_menu

    inside(canvas, hand, chain)

    def choose(port, words):
        at = canvas.mirror.piece("inputs").port_pos(port, True)
        menu = context_menu.build(canvas, at)
        next(action for action in menu.actions() if action.text().startswith(words)).trigger()

    choose("image", "Rename the port")
    QTest.keyClicks(canvas.rows.editor, "picture")
    QTest.keyClick(canvas.rows.editor, Key.Key_Return)
    assert chain.root.definitions["group"].inputs == ("picture",)
    assert list(chain.root.nodes["group"].inputs) == ["picture"]
    choose("picture", "Remove the port")
    assert chain.root.definitions["group"].inputs == ()
    assert not chain.graph.nodes["sharpen"].inputs


def test_a_subgraph_is_renamed(canvas, hand, chain):
    canvas.select(["sharpen"])
    hand.key(Key.Key_G, CONTROL)
    canvas.naming.rename_subgraph("group")
    QTest.keyClicks(canvas.rows.editor, "crisp")
    QTest.keyClick(canvas.rows.editor, Key.Key_Return)
    assert set(chain.root.definitions) == {"crisp"}
    assert chain.graph.nodes["group"].type == "subgraph:crisp"


def test_escape_and_the_crumbs_lead_out(canvas, hand, chain):
    inside(canvas, hand, chain)
    canvas.select(["sharpen"])
    hand.key(Key.Key_Escape)
    assert canvas.selection() == () and chain.scope == "group"
    hand.key(Key.Key_Escape)
    assert chain.scope == ""
    canvas.go_inside("group")
    canvas.crumbs.asked.emit(0)
    assert chain.scope == "" and canvas.mirror.prefix == ""


def test_nodes_inside_are_gone_to_from_anywhere(canvas, hand, chain):
    inside(canvas, hand, chain)
    canvas.go_outside()
    canvas.go_to("group/sharpen")
    assert chain.scope == "group" and canvas.selection() == ("sharpen",)
    canvas.go_to("save")
    assert chain.scope == "" and canvas.selection() == ("save",)


def test_a_press_on_the_minimap_goes_there(canvas, hand, chain):
    canvas.view.zoom_at(4.0, hand.header("picture").toPointF())
    canvas.map._draw()
    box = canvas.mirror.nodes["save"].box()
    assert not canvas.view.seen().contains(box.center())
    place = canvas.map._to_map(box).center().toPoint()
    QTest.mousePress(canvas.map, Qt.MouseButton.LeftButton, pos=place)
    assert canvas.view.seen().contains(box.center())
    hand.key(Key.Key_M, Mod.ShiftModifier)
    assert canvas.map.isHidden()
