"""Graphs so large that their items are made a few at a time."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtGui import QImage

from app.gui import theme
from engine.graph import workflow
from engine.graph.graph import Graph
from tests.app.gui.mirrored import differences

COUNT = 60
PATIENCE = 60_000  # milliseconds on a busy machine


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    """Little is large, and a slice is over after one step: much can happen in between."""
    monkeypatch.setattr("app.gui.slices.SLICE", 0.0)
    monkeypatch.setattr("app.gui.canvas.mirror.AT_ONCE", 10)
    monkeypatch.setattr("app.gui.canvas.export.SMALL", 10)


@pytest.fixture
def path(tmp_path):
    """A chain of nodes, placed but for the last, and a frame."""
    graph = Graph()
    for number in range(COUNT):
        inputs = {"image": f"n{number - 1}.image"} if number else {}
        graph.add("filter.sharpen", f"n{number}", inputs=inputs)
        if number < COUNT - 1:
            graph.place(f"n{number}", {"at": [number % 15 * 260, number // 15 * 220]})
    graph.place("frame:1", {"at": [-20, -60], "size": [540, 300], "text": "Two"})
    path = tmp_path / "large.json"
    workflow.write(graph, path)
    return path


def made(canvas, qtbot) -> None:
    qtbot.waitUntil(lambda: not canvas.mirror.busy, timeout=PATIENCE)
    assert differences(canvas.mirror) == []


def turns_while_busy(canvas, qtbot) -> set[int]:
    """How many items there were, whenever the event loop turned."""
    seen: set[int] = set()
    ticks = QTimer(interval=0)
    ticks.timeout.connect(lambda: seen.add(len(canvas.mirror.nodes)))
    ticks.start()
    made(canvas, qtbot)
    ticks.stop()
    return seen


def test_the_event_loop_turns_while_items_are_made(canvas, document, qtbot, path):
    document.open(path)
    assert canvas.mirror.busy and not canvas.mirror.nodes
    assert len(turns_while_busy(canvas, qtbot)) > 5
    assert len(canvas.mirror.nodes) == COUNT and len(canvas.mirror.links) == COUNT - 1
    assert canvas.view.seen().contains(canvas.area())  # all of it is shown in the end


def test_an_edit_in_between_ends_with_the_same_scene(canvas, document, qtbot, path):
    document.open(path)
    qtbot.waitUntil(lambda: bool(canvas.mirror.nodes))
    assert canvas.mirror.busy
    with document.edit("Several") as graph:
        graph.remove("n3", f"n{COUNT - 2}")  # one that is there, one that is not
        graph.rename(f"n{COUNT - 5}", "other")
        graph.add("filter.sharpen", "new", inputs={"image": "n10.image"})
        graph.connect("n1.image", "n40.image")
        graph.set_param("n50", "amount", 3.0)
        graph.place("n51", {"at": [5000, 5000]})
    made(canvas, qtbot)
    assert "n3" not in canvas.mirror.nodes and "new" in canvas.mirror.nodes
    rows = {row.name: row.value for row in canvas.mirror.nodes["n50"].face.rows}
    assert rows["amount"] == 3.0
    document.undo()
    made(canvas, qtbot)
    assert len(canvas.mirror.nodes) == COUNT
    document.redo()
    made(canvas, qtbot)


def test_what_is_asked_for_is_there_before_its_turn(canvas, document, qtbot, path):
    document.open(path)
    last = f"n{COUNT - 1}"
    assert last not in canvas.mirror.nodes
    assert canvas.mirror.piece(last).id == last and canvas.mirror.busy
    canvas.go_to(f"n{COUNT - 2}")
    assert canvas.selection() == (f"n{COUNT - 2}",)
    canvas.commands.lay_out()
    made(canvas, qtbot)


def test_what_is_selected_in_between_stays_so(canvas, document, qtbot, path):
    document.open(path)
    canvas.commands.select_all()
    assert len(canvas.selection()) == COUNT
    made(canvas, qtbot)
    assert all(item.isSelected() for item in canvas.mirror.nodes.values())
    canvas.commands.duplicate()
    assert len(canvas.selection()) == COUNT and canvas.mirror.busy
    made(canvas, qtbot)
    chosen = {name for name, item in canvas.mirror.nodes.items() if item.isSelected()}
    assert chosen == {*canvas.selection()} and len(canvas.mirror.nodes) == 2 * COUNT
    document.undo()
    made(canvas, qtbot)
    assert len(canvas.mirror.nodes) == COUNT
    canvas.commands.select_all()
    canvas.delete()
    made(canvas, qtbot)
    assert not canvas.mirror.nodes and not canvas.mirror.links
    document.undo()
    assert canvas.mirror.busy
    made(canvas, qtbot)
    assert len(canvas.mirror.nodes) == COUNT


def test_another_graph_in_between(canvas, document, qtbot, path):
    document.open(path)
    qtbot.waitUntil(lambda: bool(canvas.mirror.nodes))
    document.new()
    made(canvas, qtbot)
    assert not canvas.mirror.nodes
    document.open(path)
    canvas.mirror.finish()
    assert differences(canvas.mirror) == [] and not canvas.mirror.busy


def test_the_canvas_may_go_in_between(qtbot, document, statuses, path):
    from app.gui.canvas.canvas import Canvas

    canvas = Canvas(document, statuses)
    canvas.show()
    document.open(path)
    assert canvas.mirror.busy
    canvas.close()
    canvas.deleteLater()
    qtbot.wait(50)


def test_statuses_of_all_are_shown(canvas, document, statuses, qtbot, path):
    document.open(path)
    made(canvas, qtbot)
    from app.gui.status import NodeStatus

    statuses.update_all((name, NodeStatus("done", seconds=1.0)) for name in document.graph.nodes)
    assert canvas.mirror.busy
    made(canvas, qtbot)
    assert all(item.status.state == "done" for item in canvas.mirror.nodes.values())


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_a_large_graph_is_exported_beside(canvas, document, qtbot, path, tmp_path, suffix):
    document.open(path)
    made(canvas, qtbot)
    canvas.select(["n1"])
    target = tmp_path / f"graph.{suffix}"
    turns: list[int] = []
    ticks = QTimer(interval=0)
    ticks.timeout.connect(lambda: turns.append(1))
    ticks.start()
    canvas.export(target)
    assert canvas.busy
    qtbot.waitUntil(lambda: not canvas.busy, timeout=PATIENCE)
    assert len(turns) > 10 and canvas.selection() == ("n1",)
    if suffix == "svg":
        assert target.read_text().count("Sharpen") == COUNT
    else:
        image = QImage(str(target))
        area = canvas.area()
        assert image.width() == round(2 * (area.width() + 80))
        colours = {image.pixelColor(x, 90).name() for x in range(0, image.width(), 5)}
        assert theme.theme().canvas in colours and len(colours) > 3


def test_a_large_graph_that_can_not_be_written_is_told(canvas, document, qtbot, path, tmp_path):
    document.open(path)
    made(canvas, qtbot)
    told: list[str] = []
    canvas.export(tmp_path / "nowhere" / "graph.png", told.append)
    qtbot.waitUntil(lambda: not canvas.busy, timeout=PATIENCE)
    assert len(told) == 1 and "can't be written" in told[0]
