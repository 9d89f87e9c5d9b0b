"""The view is as the graph is, whatever was done to it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage

from app.gui import theme
from app.gui.canvas.face import is_pictured
from app.gui.status import NodeStatus
from engine.graph import workflow
from engine.graph.errors import LoomError
from engine.graph.graph import Graph
from tests.app.gui.mirrored import differences

WORKFLOWS = Path(__file__).resolve().parents[4] / "workflows"
CORPUS = Path(__file__).resolve().parents[3] / "workflows" / "corpus"
FILES = sorted(WORKFLOWS.rglob("*.json"))


def test_every_workflow_of_the_gallery_is_shown_with_nothing_overlapping(
    canvas, document, statuses
):
    tall = QImage(64, 512, QImage.Format.Format_RGB32)
    for path in FILES:
        statuses.clear()
        document.open(path)
        assert canvas.mirror.nodes.keys() == document.graph.nodes.keys()
        assert differences(canvas.mirror) == []
        assert overlapping(canvas, document) == [], path.name
        ran = NodeStatus("done", seconds=1.5, memory=2**30)
        statuses.update_all((name, ran) for name in document.graph.nodes)
        for name, item in canvas.mirror.nodes.items():
            if item.face.pictured:
                high = item.box().height()
                statuses.update(name, picture=tall)
                assert item.box().height() == high  # its place was there already
        assert overlapping(canvas, document) == [], f"{path.name} after a run"


def overlapping(canvas, document) -> list[tuple[str, str]]:
    """The nodes that lie over each other, zones and what is in them apart."""
    zones = {item.id for item in canvas.mirror.zones()}
    boxes = {name: item.box() for name, item in canvas.mirror.nodes.items()}
    near = [(a, b) for a in boxes for b in boxes if a < b and boxes[a].intersects(boxes[b])]
    nodes = document.graph.nodes
    return [(a, b) for a, b in near if not zones & {nodes[a].zone, nodes[b].zone, a, b}]


def test_what_has_a_picture_has_a_place_for_it(registry):
    def pictured(name: str) -> bool:
        return is_pictured(registry.get(name))

    assert pictured("vae.decode") and pictured("image.save") and pictured("mask.draw")
    assert pictured("diffusion.denoise") and pictured("filter.blur")  # pictures or masks
    assert not pictured("latents.empty") and not pictured("text.encode")
    assert not pictured("load.pipeline")


def test_what_a_file_says_of_its_view_is_shown(canvas, document):
    document.open(CORPUS / "v1_frames_and_dots.json")
    frames, nodes = canvas.mirror.frames, canvas.mirror.nodes
    assert frames["frame:1"].text == "Made crisp"
    assert frames["frame:1"].box() == QRectF(280, 0, 240, 200)
    assert nodes["canvas"].face.collapsed and nodes["crisp"].pos() == QPointF(300.5, 40)
    assert [row.name for row in nodes["crisp"].face.rows] == ["threshold", "amount"]
    dots = next(item.dots for item in canvas.mirror.links.values() if item.key.node == "crisp")
    assert dots == [QPointF(220, 120), QPointF(260, 60)]


def test_a_view_that_makes_no_sense_is_left_alone(canvas, document):
    with document.edit("Odd") as graph:
        graph.add("filter.sharpen", "a")
        graph.add("filter.sharpen", "b", inputs={"image": "a.image"})
        graph.place("a", {"at": "here", "pins": [3], "collapsed": []})
        graph.place("b", {"at": [1], "routes": {"image": [[["x"]]]}})
        graph.place("frame:1", {"size": 3, "colour": "none"})
        graph.place("frame:2", 7)
    canvas.grab()
    assert set(canvas.mirror.nodes) == {"a", "b"} and set(canvas.mirror.frames) == {"frame:1"}
    document.undo()
    assert not canvas.mirror.frames


def test_unknown_nodes_are_shown_and_keep_what_they_have(canvas, document, tmp_path):
    text = """{"loom": 1, "nodes": {
      "seed": {"type": "noise.seed", "version": 1},
      "odd": {"type": "strange.thing", "version": 3, "params": {"x": [1, 2]},
              "inputs": {"a": "seed.noise"}},
      "last": {"type": "vae.decode", "inputs": {"latents": "odd.result"}}
    }}"""
    path = tmp_path / "odd.json"
    path.write_text(text)
    document.open(path)
    item = canvas.mirror.nodes["odd"]
    assert item.face.unknown and item.shape_.spots.keys() == {("a", False), ("result", True)}
    assert len(canvas.mirror.links) == 2
    assert document.graph.nodes["odd"].params == {"x": [1, 2]}
    assert "not known" in canvas._tip(item.box().center())


def test_random_edits_and_all_of_them_back(canvas, document):
    document.open(WORKFLOWS / "loop_opened.json")
    start = document.root.copy()
    numbers = random.Random(7)
    done = 0
    while done < 100:
        try:
            with document.edit("Random"):
                change(document.graph, numbers, sorted(document.registry._specs))
        except LoomError:
            continue
        done += 1
        if done % 10 == 0:
            assert differences(canvas.mirror) == []
    end = document.root.copy()
    while document.root.undo_label:
        document.undo()
    assert document.root == start and differences(canvas.mirror) == []
    while document.root.redo_label:
        document.redo()
    assert document.root == end
    assert workflow.loads(workflow.dumps(end)) == end


def change(graph: Graph, numbers: random.Random, types: list[str]) -> None:
    """One edit of any sort."""
    names = sorted(graph.nodes)
    some = numbers.choice(names) if names else ""
    match numbers.randrange(9):
        case 0 | 1:
            graph.add(numbers.choice(types))
        case 2 if len(names) > 3:
            graph.remove(some)
        case 3:
            graph.rename(some, f"n{numbers.randrange(10**6)}")
        case 4:
            graph.set_state(numbers.choice(["muted", "bypassed", ""]), some)
        case 5:
            graph.place(some, {"at": [numbers.randrange(900), numbers.randrange(900)]})
        case 6:
            other = numbers.choice(names)
            graph.connect(f"{other}.{numbers.choice('abc')}", f"{some}.{numbers.choice('xyz')}")
        case 7 if links := sorted(graph.links(), key=str):
            link = numbers.choice(links)
            graph.disconnect(f"{link.node}.{link.port}", str(link.source))
        case _:
            name = f"frame:{numbers.randrange(3)}"
            at = [numbers.randrange(900), numbers.randrange(900)]
            graph.place(name, {"at": at, "size": [200, 200], "text": "x"})


def test_statuses_and_problems_are_shown(pair, document, statuses):
    from PySide6.QtGui import QImage

    from app.gui.canvas.paint import badges

    item = pair.mirror.nodes["decode"]
    assert [name for name, _ in badges(item)] == ["warning"]
    high = item.height
    picture = QImage(64, 64, QImage.Format.Format_RGB32)
    statuses.update("decode", state="done", seconds=1.25, memory=3 * 2**30, picture=picture)
    assert [name for name, _ in badges(item)] == ["cached", "warning"]
    assert high < item.height < high + 20 and not item.shape_.footer.isEmpty()
    statuses.clear()
    assert item.height == high


@pytest.mark.parametrize("name", ["dark", "light"])
def test_all_is_painted_in_both_themes_and_from_afar(pair, name):
    before = theme.theme().name
    theme.use(name)
    try:
        near = pair.grab().toImage()
        pair.view.zoom_at(0.2, pair.view.rect().center().toPointF())
        assert pair.view.far
        far = pair.grab().toImage()
    finally:
        theme.use(before)
    canvas = theme.THEMES[name].canvas
    for image in (near, far):
        colours = {image.pixelColor(x, 400).name() for x in range(0, 1200, 3)}
        colours |= {image.pixelColor(600, y).name() for y in range(0, 800, 3)}
        assert canvas in colours and len(colours) > 2


def test_conversions_are_marked_on_their_links(canvas, document):
    with document.edit("Build") as graph:
        graph.add("attention.record", "record")
        graph.add("diffusion.denoise", "denoise", inputs={"hooks": "record.hook"})
    document.wait_checked()
    item = next(iter(canvas.mirror.links.values()))
    assert item.conversion is not None
    assert "list of one" in canvas._tip(item.path().pointAtPercent(0.4))
