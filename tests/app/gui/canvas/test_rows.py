"""Parameters on the face of a node, changed where they are."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QAction, QFontInfo
from PySide6.QtTest import QTest

from app.gui.canvas.face import ROWS, row_of
from app.gui.canvas.paint import seed_signs
from app.gui.canvas.scrub import dragged, share_of
from engine.graph.graph import Node
from engine.graph.params import Param, Range


@pytest.fixture
def denoise(canvas, document):
    with document.edit("Build") as graph:
        graph.add("diffusion.denoise", "denoise", params={"steps": 20})
        graph.place("denoise", {"at": [0, 0]})
    canvas.view.show_area(canvas.area())
    return document


def params(document, node="denoise"):
    return dict(document.graph.nodes[node].params)


def test_a_drag_over_a_number_changes_it_in_one_step(canvas, hand, denoise):
    start = hand.row("denoise", "guidance", 0.3)
    hand.drag(start, start + QPoint(40, 0))
    assert params(denoise)["guidance"] > 7.5
    denoise.undo()
    assert params(denoise) == {"steps": 20}


def test_a_number_is_typed(canvas, hand, denoise):
    hand.click(hand.row("denoise", "steps"))
    QTest.keyClicks(canvas.rows.editor, "31")
    QTest.keyClick(canvas.rows.editor, Qt.Key.Key_Return)
    assert params(denoise)["steps"] == 31


def test_what_does_not_fit_is_said_and_the_editor_stays(canvas, hand, denoise):
    said = []
    canvas.note.connect(said.append)
    hand.click(hand.row("denoise", "steps"))
    QTest.keyClicks(canvas.rows.editor, "0")
    QTest.keyClick(canvas.rows.editor, Qt.Key.Key_Return)
    assert "from 1 to 1000" in said[0] and params(denoise)["steps"] == 20
    QTest.keyClick(canvas.rows.editor, Qt.Key.Key_Escape)
    assert params(denoise)["steps"] == 20


def test_a_command_comes_after_what_is_typed_was_taken(canvas, hand, denoise):
    ran = []
    action = QAction("Run", canvas, shortcut="Ctrl+Return")
    action.triggered.connect(lambda: ran.append(params(denoise)["steps"]))
    canvas.addAction(action)
    hand.click(hand.row("denoise", "steps"))
    QTest.keyClicks(canvas.rows.editor, "31")
    QTest.keyClick(canvas.rows.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert ran == [31]
    hand.click(hand.row("denoise", "steps"))
    QTest.keyClicks(canvas.rows.editor, "0")  # can't be taken
    QTest.keyClick(canvas.rows.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert ran == [31] and canvas.rows.editor.isVisible()


def test_letters_typed_on_a_node_are_no_commands(canvas, hand, denoise):
    canvas.select(["denoise"])
    hand.click(hand.row("denoise", "steps"))
    QTest.keyClicks(canvas.rows.editor, "m")
    QTest.keyClick(canvas.rows.editor, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert denoise.graph.nodes["denoise"].state == ""
    assert canvas.rows.editor.selectedText() == "m"


def test_what_is_typed_can_be_read_from_afar(canvas, hand, document):
    with document.edit("Build") as graph:
        graph.add("text.encode", "prompt", params={"text": "word " * 60})
        graph.place("prompt", {"at": [0, 0]})
    canvas.view.show_area(canvas.area().adjusted(-900, -900, 900, 900))
    assert canvas.view.zoom < 0.6
    hand.click(hand.row("prompt", "text"))
    editor = canvas.rows.editor
    assert QFontInfo(editor.font()).pixelSize() >= 0.85 * QFontInfo(canvas.font()).pixelSize()
    assert canvas.view.viewport().rect().contains(editor.geometry())
    assert editor.verticalScrollBar().maximum() == 0


def test_a_switch_turns(canvas, hand, denoise):
    hand.click(hand.row("denoise", "record"))
    assert params(denoise)["record"] is True


def test_a_choice_pops_up(canvas, hand, document):
    document.change(lambda graph: graph.add("transform.resize", "resize"))
    canvas.zoom_to_fit()
    hand.click(hand.row("resize", "how"))
    actions = {action.text(): action for action in canvas.rows.menu.actions()}
    assert actions["fill"].isChecked()
    actions["fit"].trigger()
    canvas.rows.menu.close()
    assert params(document, "resize")["how"] == "fit"


def test_a_seed_is_rolled_and_set_free(canvas, hand, document):
    document.change(lambda graph: graph.add("noise.seed", "seed", params={"value": 7}))
    canvas.zoom_to_fit()
    item = canvas.mirror.nodes["seed"]
    dice, lock = seed_signs(item.shape_.rows["value"])
    hand.click(hand.at(item.pos() + dice.center()))
    assert params(document, "seed")["value"] != 7
    hand.click(hand.at(item.pos() + lock.center()))
    assert params(document, "seed")["value"] is None


def test_a_model_asks_for_more_room(canvas, pair, hand, qtbot):
    with qtbot.waitSignal(canvas.edit_asked) as asked:
        hand.click(hand.row("model", "model"))
    assert asked.args == ["model", "model"]


def test_a_node_shows_a_few_parameters_what_is_pinned_and_what_is_linked(canvas, denoise):
    item = canvas.mirror.nodes["denoise"]
    assert len(item.face.rows) == ROWS
    denoise.change(lambda graph: graph.place("denoise", {"at": [0, 0], "pins": ["record"]}))
    assert [row.name for row in item.face.rows] == ["record"]
    with denoise.edit("Link") as graph:
        graph.add("noise.seed", "other")
        graph.connect("other.noise", "denoise.steps")
    assert [row.name for row in item.face.rows] == ["record", "steps"]
    assert item.port_at(item.port_pos("steps", False) + QPointF(1, 1)) == ("steps", False)


def test_a_number_keeps_to_its_steps_and_wide_ranges_go_by_ratios():
    few = row_of(Node("a", "t"), Param("n", int, 1, Range(1, 9, 2)))
    assert [dragged(few, 1, off, 80) for off in (-40, 29, 31, 400)] == [1, 3, 5, 9]
    steps = row_of(Node("a", "t"), Param("n", int, 25, Range(1, 1000)))
    assert dragged(steps, 25, 10, 200) == 35 and dragged(steps, 25, 1, 200) == 26
    free = row_of(Node("a", "t"), Param("n", int, 0))
    assert dragged(free, 0, 7, 200) == 7 and share_of(free) is None
    assert share_of(steps) == pytest.approx(0.466, abs=1e-3)
