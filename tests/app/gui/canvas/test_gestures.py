"""Nodes and links under a real mouse: select, move, join, take off, refuse."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.gui.canvas.colours import kind_colour
from engine.graph.graph import Source

CONTROL = Qt.KeyboardModifier.ControlModifier


def inputs(document, node):
    return {
        port: [str(s) for s in sources]
        for port, sources in document.graph.nodes[node].inputs.items()
    }


def test_a_click_selects_and_control_adds(pair, hand):
    told = []
    pair.selection_changed.connect(told.append)
    hand.click(hand.header("model"))
    hand.click(hand.header("decode"), CONTROL)
    assert told == [("model",), ("model", "decode")]
    hand.click(QPoint(5, 5))
    assert pair.selection() == ()


def test_a_drag_moves_in_one_step_and_keeps_the_rest_of_the_view(pair, hand, document):
    document.change(lambda graph: graph.place("model", {"at": [0, 0], "pins": ["dtype"]}))
    before = document.graph.copy()
    start = hand.header("model")
    hand.drag(start, start + QPoint(60, 40))
    view = document.graph.view["model"]
    assert view["pins"] == ["dtype"] and view["at"][0] > 20 and view["at"][1] > 20
    document.undo()
    assert document.graph == before


def test_a_rubber_band_selects_what_it_crosses(pair, hand):
    hand.drag(QPoint(4, 4), hand.header("model") + QPoint(0, 30))
    assert pair.selection() == ("model",)


def test_a_link_is_drawn_either_way(pair, hand, document):
    hand.drag(hand.port("model", "vae", output=True), hand.port("decode", "vae"))
    assert inputs(document, "decode") == {"vae": ["model.vae"]}
    document.undo()
    assert inputs(document, "decode") == {}
    hand.drag(hand.port("decode", "vae"), hand.port("model", "vae", output=True))
    assert inputs(document, "decode") == {"vae": ["model.vae"]}


def test_a_link_dragged_off_is_gone_and_comes_back_with_undo(pair, hand, document):
    document.change(lambda graph: graph.connect("model.vae", "decode.vae"))
    hand.drag(hand.port("decode", "vae"), hand.port("decode", "vae") + QPoint(-40, 200))
    assert inputs(document, "decode") == {}
    document.undo()
    assert inputs(document, "decode") == {"vae": ["model.vae"]}


def test_a_wrong_link_is_refused_in_words(pair, hand, document, qtbot):
    said = []
    pair.note.connect(said.append)
    before = document.graph.copy()
    start, end = hand.port("model", "tokenizer", output=True), hand.port("decode", "vae")
    hand.press(start)
    hand.move(start + QPoint(20, 0))
    decode = pair.mirror.nodes["decode"]
    assert decode.fits == frozenset()
    hand.move(end)
    hand.release(end)
    assert said == ["Tokenizer can't go in here: it takes VAE."]
    assert document.graph == before and decode.fits is None


def test_ports_that_faded_have_their_colour_again(pair, hand):
    hand.press(hand.port("model", "unet", output=True))
    hand.move(hand.port("decode", "latents"))
    pair.grab()
    hand.release(hand.port("decode", "latents"))
    found = [kind_colour(port.type.kind) for port in pair.mirror.piece("decode").all_ports()]
    assert [colour.alphaF() for colour in found] == [1.0] * len(found)


def test_a_link_let_go_on_a_node_that_has_nothing_for_it_is_refused_in_words(pair, hand, document):
    said = []
    pair.note.connect(said.append)
    middle = hand.at(pair.mirror.piece("decode").box().center())
    hand.drag(hand.port("model", "tokenizer", output=True), middle)
    assert "no input that takes Tokenizer" in said[0] and not inputs(document, "decode")
    hand.drag(hand.port("decode", "latents"), hand.at(pair.mirror.piece("model").box().center()))
    assert "no output that gives Latents" in said[1]


def test_a_link_to_a_folded_node_goes_to_the_port_that_fits(pair, hand, document, qtbot):
    pair.select(["decode"])
    pair.commands.fold()
    spot = hand.port("decode", "vae")
    assert spot == hand.port("decode", "latents")
    hand.drag(hand.port("model", "vae", output=True), spot)
    qtbot.waitUntil(lambda: inputs(document, "decode") == {"vae": ["model.vae"]})


def test_a_link_on_a_used_input_replaces_and_on_a_list_is_added(canvas, hand, document):
    with document.edit("Build") as graph:
        graph.add("noise.seed", "one")
        graph.add("noise.seed", "two")
        graph.add("diffusion.denoise", "denoise", inputs={"noise": "one.noise"})
        graph.add("repeat.item", "item")
        for index, name in enumerate(graph.nodes):
            graph.place(name, {"at": [index * 300, 0]})
    canvas.view.show_area(canvas.area())
    hand.drag(hand.port("two", "noise", output=True), hand.port("denoise", "noise"))
    assert document.graph.nodes["denoise"].inputs["noise"] == (Source("two", "noise"),)
    for name in ("one", "two"):
        hand.drag(hand.port(name, "noise", output=True), hand.port("item", "items"))
    assert inputs(document, "item") == {"items": ["one.noise", "two.noise"]}


def test_a_circle_is_refused(canvas, hand, document):
    with document.edit("Build") as graph:
        graph.add("image.load", "picture")
        graph.add("filter.canny", "first")
        graph.add("filter.canny", "second", inputs={"image": "first.image"})
        for index, name in enumerate(graph.nodes):
            graph.place(name, {"at": [index * 300, 0]})
    canvas.view.show_area(canvas.area())
    said = []
    canvas.note.connect(said.append)
    hand.drag(hand.port("second", "image", output=True), hand.port("first", "image"))
    assert "second already depends on first" in said[0]
    assert inputs(document, "first") == {}


def test_panning_and_zooming_keep_the_point_under_the_mouse(pair, hand):
    view = pair.view
    at = hand.header("decode")
    scene = view.mapToScene(at)
    view.zoom_at(1.5, at.toPointF())
    assert (view.mapToScene(at) - scene).manhattanLength() < 2
    before = view.mapToScene(QPoint(100, 100))
    view.pan(QPoint(50, -30))
    off = (view.mapToScene(QPoint(150, 70)) - before).manhattanLength()
    assert off < 0.01


def test_space_and_the_middle_button_pan(pair, hand):
    from PySide6.QtTest import QTest

    view = pair.view
    before = view.mapToScene(QPoint(0, 0))
    QTest.mousePress(hand.viewport, Qt.MouseButton.MiddleButton, pos=QPoint(50, 50))
    hand.move(QPoint(90, 80))
    QTest.mouseRelease(hand.viewport, Qt.MouseButton.MiddleButton, pos=QPoint(90, 80))
    off = before - view.mapToScene(QPoint(0, 0))
    assert off.x() > 20 and off.y() > 20
    QTest.keyPress(view, Qt.Key.Key_Space)
    hand.drag(QPoint(200, 500), QPoint(160, 470))
    QTest.keyRelease(view, Qt.Key.Key_Space)
    assert (view.mapToScene(QPoint(0, 0)) - before).manhattanLength() < 3
    assert pair.selection() == ()


def test_escape_gives_up_a_drag(pair, hand, document):
    before = document.graph.copy()
    start = hand.header("model")
    hand.press(start)
    hand.move(start + QPoint(80, 80))
    hand.key(Qt.Key.Key_Escape)
    hand.release(start + QPoint(80, 80))
    assert document.graph == before
    assert pair.mirror.nodes["model"].pos().isNull()


def test_no_command_comes_between_a_press_and_a_release(pair, hand, document):
    start = hand.header("model")
    hand.press(start)
    hand.move(start + QPoint(80, 80))
    hand.key(Qt.Key.Key_Delete)
    hand.key(Qt.Key.Key_D, CONTROL)
    hand.release(start + QPoint(80, 80))
    assert set(document.graph.nodes) == {"model", "decode"}
    assert not pair.mirror.nodes["model"].pos().isNull()


def test_the_right_button_gives_up_a_drag(pair, hand, document):
    before = document.graph.copy()
    start = hand.port("model", "vae", output=True)
    hand.press(start)
    hand.move(start + QPoint(60, 60))
    QTest.mousePress(hand.viewport, Qt.MouseButton.RightButton, pos=start + QPoint(60, 60))
    QTest.mouseRelease(hand.viewport, Qt.MouseButton.RightButton, pos=start + QPoint(60, 60))
    hand.release(start + QPoint(60, 60))
    assert document.graph == before and not pair.search.isVisible()


def test_a_link_in_a_large_graph_is_checked_beside(canvas, hand, document, qtbot, monkeypatch):
    from app.gui.canvas import verify

    monkeypatch.setattr(verify, "SMALL", 0)
    with document.edit("Build") as graph:
        graph.add("load.pipeline", "model")
        graph.add("vae.decode", "decode")
        graph.place("model", {"at": [0, 0]})
        graph.place("decode", {"at": [400, 0]})
    canvas.view.show_area(canvas.area())
    hand.drag(hand.port("model", "vae", output=True), hand.port("decode", "vae"))
    qtbot.waitUntil(lambda: inputs(document, "decode") == {"vae": ["model.vae"]})


def test_families_that_clash_are_named(canvas, hand, document):
    from app.gui.canvas.fit import facets_refused
    from engine.graph.types import PortType, kind_named

    latents = kind_named("Latents")
    given = PortType(latents, {"space": "sdxl", "channels": 4})
    wanted = PortType(latents, {"space": "sd15", "channels": 4})
    words = facets_refused(given, wanted)
    assert words.startswith("Latents [space=sdxl] can't go with Latents [space=sd15]")
    assert facets_refused(given, PortType(latents, {"space": "sdxl"})) == ""


def test_a_line_across_links_cuts_them(pair, hand, document):
    from PySide6.QtTest import QTest

    document.change(lambda graph: graph.connect("model.vae", "decode.vae"))
    middle = hand.at(next(iter(pair.mirror.links.values())).path().pointAtPercent(0.5))
    right = Qt.MouseButton.RightButton
    QTest.mousePress(hand.viewport, right, CONTROL, middle - QPoint(0, 60))
    hand.move(middle + QPoint(0, 60))
    QTest.mouseRelease(hand.viewport, right, CONTROL, middle + QPoint(0, 60))
    assert inputs(document, "decode") == {}


def test_once_a_node_is_moved_all_keep_their_places(canvas, hand, document):
    with document.edit("Build") as graph:
        graph.add("image.load", "picture")
        graph.add("filter.sharpen", "sharpen", inputs={"image": "picture.image"})
    canvas.zoom_to_fit()
    start = hand.header("sharpen")
    hand.drag(start, start + QPoint(40, 40))
    assert {"picture", "sharpen"} == document.graph.view.keys()


def test_what_is_selected_is_told_in_words(pair, document):
    document.change(lambda graph: graph.connect("model.vae", "decode.vae"))
    pair.select(["decode"])
    said = pair.view.accessibleDescription()
    assert said.startswith("Decode decode. vae: model.vae")
