"""Adding nodes without leaving the keyboard, from a link, onto a link, from a palette."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QImage
from PySide6.QtTest import QTest

from app.gui import settings
from app.gui.canvas.offers import offers
from engine.graph.subgraph import collapse


def labels(canvas):
    return [offer.spec.id for offer in canvas.adding.search.model.offers]


def inputs(document, node):
    wired = document.graph.nodes[node].inputs
    return {port: [str(source) for source in sources] for port, sources in wired.items()}


def drop(canvas, data, at):
    event = QDropEvent(
        QPointF(at),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier(),
    )
    canvas.view.dropEvent(event)


def test_tab_a_few_letters_and_enter_add_a_node(canvas, hand, document):
    hand.key(Qt.Key.Key_Tab)
    QTest.keyClicks(canvas.adding.search.line, "empty lat")
    assert labels(canvas)[0] == "latents.empty"
    QTest.keyClick(canvas.adding.search.line, Qt.Key.Key_Return)
    assert list(document.graph.nodes) == ["empty"] and canvas.selection() == ("empty",)
    document.undo()
    assert not document.graph.nodes


def test_what_was_added_lately_is_offered_first(canvas, hand, document):
    settings.put(settings.Choices())
    hand.key(Qt.Key.Key_Tab)
    first = [offer.spec.label for offer in canvas.search.model.offers]
    assert first == sorted(first, key=str.lower)
    QTest.keyClicks(canvas.search.line, "decode")
    QTest.keyClick(canvas.search.line, Qt.Key.Key_Return)
    (node,) = document.graph.nodes.values()
    hand.key(Qt.Key.Key_Tab)
    assert canvas.search.model.offers[0].spec.id == node.type
    canvas.search.close()
    settings.put(settings.Choices())


def test_nodes_that_are_added_one_after_the_other_do_not_lie_on_each_other(canvas, hand, document):
    for name in ("load model", "decode", "save picture"):
        hand.key(Qt.Key.Key_Tab)
        QTest.keyClicks(canvas.search.line, name)
        QTest.keyClick(canvas.search.line, Qt.Key.Key_Return)
    boxes = [item.box() for item in canvas.mirror.pieces()]
    assert len(boxes) == 3
    assert all(left.right() < right.left() for left, right in pairwise(boxes))
    assert canvas.view.seen().contains(boxes[-1])
    for _ in boxes:
        document.undo()
    assert not document.graph.nodes and not document.root.undo_label


def test_a_double_click_on_nothing_searches_there(canvas, hand, document):
    hand.double_click(QPoint(300, 200))
    QTest.keyClicks(canvas.adding.search.line, "seed")
    QTest.keyClick(canvas.adding.search.line, Qt.Key.Key_Return)
    place = canvas.view.mapToScene(QPoint(300, 200))
    at = document.graph.view["seed"]["at"]
    assert (QPointF(*at) - place).manhattanLength() < 8


def test_arrows_choose(canvas, hand, document):
    hand.key(Qt.Key.Key_Tab)
    QTest.keyClicks(canvas.adding.search.line, "load")
    second = labels(canvas)[1]
    QTest.keyClick(canvas.adding.search.line, Qt.Key.Key_Down)
    QTest.keyClick(canvas.adding.search.line, Qt.Key.Key_Return)
    assert [node.type for node in document.graph.nodes.values()] == [second]


def test_a_link_let_go_on_nothing_offers_what_fits_and_joins_it(pair, hand, document):
    start = hand.port("model", "vae", output=True)
    hand.drag(start, start + QPoint(60, 320))
    found = labels(pair)
    assert "vae.encode" in found and "noise.seed" not in found
    QTest.keyClicks(pair.adding.search.line, "encode")
    pair.adding.search.list.setCurrentIndex(
        pair.adding.search.model.index(labels(pair).index("vae.encode"))
    )
    QTest.keyClick(pair.adding.search.line, Qt.Key.Key_Return)
    assert inputs(document, "encode") == {"vae": ["model.vae"]}
    document.undo()
    assert set(document.graph.nodes) == {"model", "decode"}


def test_a_link_from_an_input_offers_what_makes_it(pair, hand, document):
    start = hand.port("decode", "latents")
    hand.drag(start, start + QPoint(-80, 300))
    assert "latents.empty" in labels(pair) and "image.save" not in labels(pair)
    QTest.keyClicks(pair.adding.search.line, "empty")
    QTest.keyClick(pair.adding.search.line, Qt.Key.Key_Return)
    assert inputs(document, "decode") == {"latents": ["empty.latents"]}


def chain(document):
    with document.edit("Build") as graph:
        graph.add("image.load", "picture")
        graph.add("image.save", "save", inputs={"image": "picture.image"})
        graph.add("filter.sharpen", "sharpen")
        graph.add("noise.seed", "seed")
        for name, at in (
            ("picture", [0, 0]),
            ("save", [700, 0]),
            ("sharpen", [300, 300]),
            ("seed", [300, 640]),
        ):
            graph.place(name, {"at": at})


def test_a_node_dropped_on_a_link_is_put_into_it(canvas, hand, document):
    chain(document)
    canvas.zoom_to_fit()
    link = next(iter(canvas.mirror.links.values()))
    middle = hand.at(link.path().pointAtPercent(0.5))
    sharpen = canvas.mirror.nodes["sharpen"]
    grip = hand.header("sharpen")
    off = hand.at(sharpen.box().center()) - grip
    hand.drag(grip, middle - off)
    assert inputs(document, "sharpen") == {"image": ["picture.image"]}
    assert inputs(document, "save") == {"image": ["sharpen.image"]}
    document.undo()
    assert inputs(document, "save") == {"image": ["picture.image"]}
    assert document.graph.view["sharpen"] == {"at": [300, 300]}


def test_there_is_room_for_a_node_that_is_put_into_a_link(canvas, hand, document):
    chain(document)
    with document.edit("Near") as graph:
        graph.place("save", {"at": [260, 0]})
    canvas.zoom_to_fit()
    before = document.graph.copy()
    link = next(iter(canvas.mirror.links.values()))
    hand.drag(hand.header("sharpen"), hand.at(link.path().pointAtPercent(0.5)) + QPoint(0, 4))
    boxes = [canvas.mirror.piece(name).box() for name in ("picture", "sharpen", "save")]
    assert inputs(document, "save") == {"image": ["sharpen.image"]}
    assert boxes[0].right() < boxes[1].left() and boxes[1].right() < boxes[2].left()
    document.undo()
    assert document.graph == before
    canvas.add_node("filter.blur", link.path().pointAtPercent(0.5))
    boxes = [canvas.mirror.piece(name).box() for name in ("picture", "blur", "save")]
    assert boxes[0].right() < boxes[1].left() and boxes[1].right() < boxes[2].left()
    document.undo()
    assert document.graph == before


def test_a_node_that_does_not_fit_only_moves(canvas, hand, document):
    chain(document)
    canvas.zoom_to_fit()
    middle = hand.at(next(iter(canvas.mirror.links.values())).path().pointAtPercent(0.5))
    grip = hand.header("seed")
    hand.drag(grip, middle - (hand.at(canvas.mirror.nodes["seed"].box().center()) - grip))
    assert inputs(document, "save") == {"image": ["picture.image"]}
    assert document.graph.view["seed"]["at"] != [300, 640]


def test_a_type_from_the_palette_is_dropped(canvas, document):
    data = QMimeData()
    data.setData("application/x-loom-node", b"vae.decode")
    drop(canvas, data, QPoint(200, 200))
    assert [node.type for node in document.graph.nodes.values()] == ["vae.decode"]


def test_a_type_dropped_on_a_link_goes_into_it(canvas, hand, document):
    chain(document)
    canvas.zoom_to_fit()
    data = QMimeData()
    data.setData("application/x-loom-node", b"filter.blur")
    drop(canvas, data, hand.at(next(iter(canvas.mirror.links.values())).path().pointAtPercent(0.5)))
    assert inputs(document, "save") == {"image": ["blur.picture"]}


def test_files_are_dropped(canvas, document, tmp_path):
    opened = []
    canvas.file_dropped.connect(opened.append)
    workflow, picture = tmp_path / "a.json", tmp_path / "a.png"
    workflow.write_text("{}")
    QImage(8, 8, QImage.Format.Format_RGB32).save(str(picture))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(workflow)), QUrl.fromLocalFile(str(picture))])
    drop(canvas, data, QPoint(100, 100))
    assert opened == [Path(workflow)]
    assert document.graph.nodes["load"].params == {"file": str(picture)}


def test_a_file_dropped_on_a_node_is_what_it_reads(canvas, hand, document, tmp_path):
    picture, text = tmp_path / "a.png", tmp_path / "a.txt"
    QImage(8, 8, QImage.Format.Format_RGB32).save(str(picture))
    text.write_text("no picture")
    with document.edit("Build") as graph:
        graph.add("image.load", "load")
        graph.place("load", {"at": [0, 0]})
    canvas.zoom_to_fit()
    opened = []
    canvas.file_dropped.connect(opened.append)
    for path in (picture, text):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(str(path))])
        drop(canvas, data, hand.header("load"))
    assert document.graph.nodes["load"].params == {"file": str(picture)}
    assert list(document.graph.nodes) == ["load"] and opened == [text]
    document.undo()
    assert document.graph.nodes["load"].params == {}


def test_a_subgraph_is_not_offered_inside_itself(document):
    with document.edit("Build") as graph:
        graph.add("noise.seed", "seed")
    with document.edit("Two, one inside of the other") as graph:
        collapse(graph, ["seed"], "inner", "one")
        collapse(graph, ["one"], "outer", "two")
    assert "subgraph:inner" in {offer.spec.id for offer in offers(document)}
    document.enter("inner")
    found = {offer.spec.id for offer in offers(document)}
    assert not {"subgraph:inner", "subgraph:outer"} & found


def test_a_node_is_put_into_a_link_from_its_menu(canvas, hand, document):
    from app.gui.canvas import context_menu

    chain(document)
    canvas.zoom_to_fit()
    at = next(iter(canvas.mirror.links.values())).path().pointAtPercent(0.5)
    menu = context_menu.build(canvas, at)
    next(action for action in menu.actions() if "Insert" in action.text()).trigger()
    assert "filter.canny" in labels(canvas) and "noise.seed" not in labels(canvas)
    QTest.keyClicks(canvas.adding.search.line, "canny")
    QTest.keyClick(canvas.adding.search.line, Qt.Key.Key_Return)
    assert inputs(document, "save") == {"image": ["canny.image"]}
