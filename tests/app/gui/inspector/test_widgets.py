"""Each widget of a parameter, by mouse and keyboard."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QKeySequence, QShortcut, QWheelEvent
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from app.gui.inspector.widgets import Around, TokenCount, widget_for
from app.gui.inspector.widgets.choice import ListEditor, SegmentsEditor
from app.gui.inspector.widgets.colour import ColourEditor
from app.gui.inspector.widgets.model import ModelEditor
from engine.graph.context import Settings
from engine.graph.params import (
    Choices,
    Drawing,
    FilePath,
    ModelName,
    Multiline,
    OutputFolder,
    Param,
    Range,
    Seed,
)

LEFT = Qt.MouseButton.LeftButton
STEPS = Param("steps", int, 25, Range(1, 1000), "Steps")
GUIDANCE = Param("guidance", float, 7.5, Range(0, 100, 0.1), "Guidance")


@pytest.fixture
def make(qtbot):
    """Makes a widget, shown, with a list of what it says."""

    holders: list[QWidget] = []

    def made(param, value, around=None):
        holder = QWidget()
        holders.append(holder)
        layout = QVBoxLayout(holder)
        editor = widget_for(param, around, holder)
        layout.addWidget(editor)
        qtbot.addWidget(holder)
        editor.show_value(value)
        holder.resize(360, 120)
        holder.show()
        qtbot.waitExposed(holder)
        said: list = []
        editor.edited.connect(said.append)
        editor.settled.connect(lambda: said.append("settled"))
        return editor, said

    return made


def wheel(widget, delta=120):
    place = QPointF(5, 5)
    event = QWheelEvent(
        place,
        place,
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def test_a_slider_is_dragged(make, qtbot):
    editor, said = make(GUIDANCE, 7.5)
    slider = editor.slider
    qtbot.mousePress(slider, LEFT, pos=QPoint(slider.width() // 2, 5))
    for x in range(slider.width() // 2, slider.width(), 7):
        qtbot.mouseMove(slider, QPoint(x, 5))
    qtbot.mouseRelease(slider, LEFT, pos=QPoint(slider.width() - 1, 5))
    values = [item for item in said if item != "settled"]
    assert len(values) > 5 and values == sorted(values) and said[-1] == "settled"
    assert said.count("settled") == 1
    assert editor.field.text() == editor.scale.text(values[-1])


def test_arrows_go_by_steps_and_with_shift_by_ten(make, qtbot):
    editor, said = make(STEPS, 25)
    qtbot.keyClick(editor.slider, Qt.Key.Key_Right)
    qtbot.keyClick(editor.slider, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(editor.slider, Qt.Key.Key_Home)
    qtbot.keyClick(editor.field, Qt.Key.Key_Up)
    qtbot.keyClick(editor.field, Qt.Key.Key_PageUp)
    assert said == [26, 36, 1, 2, 12]


def test_a_number_is_typed(make, qtbot):
    editor, said = make(STEPS, 25)
    editor.field.setFocus()
    editor.field.selectAll()
    qtbot.keyClicks(editor.field, "40")
    assert said == []
    qtbot.keyClick(editor.field, Qt.Key.Key_Return)
    assert said == [40]
    editor.field.selectAll()
    qtbot.keyClicks(editor.field, "9")
    qtbot.keyClick(editor.field, Qt.Key.Key_Escape)
    assert editor.field.text() == "40" and said == [40]


def test_what_is_no_number_is_refused_in_words(make, qtbot):
    editor, said = make(STEPS, 25)
    refused: list[str] = []
    editor.refused.connect(refused.append)
    editor.field.selectAll()
    qtbot.keyClicks(editor.field, "many")
    qtbot.keyClick(editor.field, Qt.Key.Key_Return)
    assert said == [] and "many" in refused[0] and "from 1 to 1000" in refused[0]


def test_the_wheel_changes_only_what_has_the_focus(make, qtbot):
    editor, said = make(STEPS, 25)
    editor.field.clearFocus()
    wheel(editor.slider)
    wheel(editor.field)
    assert said == []
    editor.window().activateWindow()
    editor.slider.setFocus()
    qtbot.waitUntil(editor.slider.hasFocus)
    wheel(editor.slider)
    assert said == [26]


def test_a_seed_is_drawn_held_and_let_go(make, qtbot):
    editor, said = make(Param("seed", int, 0, Seed(), "Seed"), None)
    assert editor.field.text() == "" and not editor.hold.isChecked()
    qtbot.mouseClick(editor.dice, LEFT)
    drawn = said[0]
    assert isinstance(drawn, int) and said[1] == "settled"
    editor.show_value(drawn)
    assert editor.field.text() == str(drawn) and editor.hold.isChecked()
    qtbot.mouseClick(editor.hold, LEFT)
    assert said[2] is None
    editor.show_value(None)
    qtbot.mouseClick(editor.hold, LEFT)
    assert said[4] == drawn


def test_a_large_seed_keeps_every_digit(make, qtbot):
    editor, said = make(Param("seed", int, 0, Seed(), "Seed"), 2**62 + 1)
    assert editor.field.text() == str(2**62 + 1)
    editor.field.setFocus()
    qtbot.keyClick(editor.field, Qt.Key.Key_Up)
    assert said == [2**62 + 2]


def test_a_prompt_says_each_change_and_counts_tokens(make, qtbot):
    asked: list[str] = []

    def count(text, answer):
        asked.append(text)
        answer(TokenCount(90, 77, 5))

    param = Param("text", str, "", Multiline(), "Text")
    editor, said = make(param, "", Around(count=count))
    qtbot.keyClicks(editor.field, "a red fish")
    assert said[-1] == "a red fish" and len(said) == 10
    qtbot.waitUntil(lambda: asked == ["a red fish"])
    assert "90 of 77" in editor.told.text() and "fish" in editor.told.text()
    formats = editor.field.document().firstBlock().layout().formats()
    assert any(one.format.fontStrikeOut() and one.start == 5 for one in formats)


def test_a_prompt_is_as_high_as_its_text(make, qtbot):
    editor, _ = make(Param("text", str, "", Multiline(), "Text"), "a word " * 40)
    lines = editor.field.fontMetrics().lineSpacing()
    qtbot.waitUntil(lambda: editor.field.verticalScrollBar().maximum() == 0)
    assert editor.field.height() > 5 * lines
    editor.show_value("word " * 1000)  # 5,000 characters
    qtbot.waitUntil(lambda: editor.field.height() > 13 * lines)
    assert editor.field.height() <= 16 * lines  # and its frame


def test_a_prompt_that_is_read_in_parts_is_not_cut(make, qtbot):
    whole = [False]

    def count(text, answer):
        answer(TokenCount(90, 30, len(text)))

    param = Param("text", str, "", Multiline(), "Text")
    editor, _ = make(param, "(a)1.3 fish", Around(count=count, reads_all=lambda: whole[0]))
    qtbot.waitUntil(lambda: "beyond is cut off" in editor.told.text())
    whole[0] = True
    editor.show_value("(a)1.3 fish")
    assert editor.told.text() == "90 tokens, read in parts of 30"


def test_weights_are_told_by_colour(make):
    param = Param("text", str, "", Multiline(), "Text")
    editor, _ = make(param, "a red++ fish on (blue water)1.3 and (mist)0.5")
    found = {
        (one.start, one.length): one.format.foreground().color().name()
        for one in editor.field.document().firstBlock().layout().formats()
        if one.format.fontWeight() > 400
    }
    stronger, weaker = found[(5, 2)], found[(42, 3)]
    assert found[(28, 3)] == stronger != weaker


def test_undo_in_a_prompt_is_the_windows(make, qtbot):
    editor, _ = make(Param("text", str, "", Multiline(), "Text"), "")
    window, done = editor.window(), []
    QShortcut(QKeySequence.StandardKey.Undo, window, lambda: done.append("undo"))
    window.activateWindow()
    editor.field.setFocus()
    qtbot.waitUntil(editor.field.hasFocus)
    qtbot.keyClicks(editor.field, "fish")
    qtbot.keyClick(editor.field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert done == ["undo"] and editor.field.toPlainText() == "fish"


@pytest.mark.parametrize("kind", ["number", "text", "seed"])
def test_undo_in_a_line_is_the_windows_unless_something_is_being_typed(make, qtbot, kind):
    param = {
        "number": STEPS,
        "text": Param("name", str, "", None, "Name"),
        "seed": Param("seed", int, None, Seed(), "Seed", nullable=True),
    }[kind]
    editor, _ = make(param, "7" if kind == "text" else 7)
    window, done = editor.window(), []
    QShortcut(QKeySequence.StandardKey.Undo, window, lambda: done.append("undo"))
    window.activateWindow()
    editor.field.setFocus()
    qtbot.waitUntil(editor.field.hasFocus)
    editor.field.selectAll()
    qtbot.keyClicks(editor.field, "12")
    if kind != "text":  # each letter of a text is an edit
        qtbot.keyClick(editor.field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert done == [] and editor.field.text() == "7"
        editor.field.selectAll()
        qtbot.keyClicks(editor.field, "12")
        qtbot.keyClick(editor.field, Qt.Key.Key_Return)
    qtbot.keyClick(editor.field, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert done == ["undo"] and editor.field.text() == "12"


def test_tab_leaves_a_prompt(make, qtbot):
    param = Param("text", str, "", Multiline(), "Text")
    editor, _ = make(param, "x")
    editor.field.setFocus()
    qtbot.keyClick(editor.field, Qt.Key.Key_Tab)
    assert editor.field.toPlainText() == "x"


def test_few_choices_stand_side_by_side_and_many_in_a_list(make, qtbot):
    few, said = make(Param("a", str, "cut", Choices("cut", "keep"), "A"), "cut")
    assert isinstance(few, SegmentsEditor)
    qtbot.mouseClick(few.buttons[1], LEFT)
    assert said == ["keep", "settled"]
    many, said = make(Param("a", int, 1, Choices(1, 2, 3, 4, 5), "A"), 1)
    assert isinstance(many, ListEditor)
    many.box.setFocus()
    qtbot.keyClick(many.box, Qt.Key.Key_Down)
    assert said == [2, "settled"]


def test_a_switch_is_turned_by_space_and_mouse(make, qtbot):
    editor, said = make(Param("on", bool, False, None, "On"), False)
    qtbot.keyClick(editor.switch, Qt.Key.Key_Space)
    qtbot.mouseClick(editor.switch, LEFT)
    assert said == [True, "settled", False, "settled"]


def test_a_value_that_may_be_none(make, qtbot):
    editor, said = make(Param("w", int, None, Range(64, 128, 8), "Width", True), None)
    assert editor.inner.isHidden()
    qtbot.mouseClick(editor.switch, LEFT)
    assert said[0] == 64
    editor.show_value(96)
    assert not editor.inner.isHidden() and editor.inner.field.text() == "96"
    qtbot.mouseClick(editor.switch, LEFT)
    assert said[-2] is None
    editor.show_value(None)
    qtbot.mouseClick(editor.switch, LEFT)
    assert said[-2] == 96


def test_a_colour_is_a_text_with_a_swatch(make, qtbot):
    editor, said = make(Param("colour", str, "white", None, "Colour"), "red")
    assert isinstance(editor, ColourEditor) and editor.swatch.colour.name() == "#ff0000"
    editor.field.selectAll()
    qtbot.keyClicks(editor.field, "#00ff00")
    assert said[-1] == "#00ff00" and editor.swatch.colour.name() == "#00ff00"
    editor.show_value("no colour")
    assert not editor.swatch.colour.isValid()


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "inside").mkdir()
    for name in ("one.png", "inside/two.png", "three.txt"):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def test_a_file_is_listed_chosen_dropped_and_missed(make, qtbot, folder):
    around = Around(settings=lambda: Settings(input_folders=(folder,)))
    editor, said = make(Param("file", Path, "", FilePath((".png",)), "File"), "gone.png", around)
    assert "missing" in editor.told.text() and not editor.locate.isHidden()
    qtbot.waitUntil(lambda: editor.box.count() == 2)
    assert {editor.box.itemText(0), editor.box.itemText(1)} == {"one.png", "inside/two.png"}
    assert editor.box.currentText() == "gone.png"
    editor.open_list()
    assert editor.box.view().isVisible()
    editor.box.hidePopup()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(folder / "inside" / "two.png"))])
    kinds = Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier
    editor.dropEvent(QDropEvent(QPointF(5, 5), *kinds))
    assert said == ["inside/two.png", "settled"] and editor.told.isHidden()
    data.setUrls([QUrl.fromLocalFile(str(folder / "three.txt"))])
    editor.dropEvent(QDropEvent(QPointF(5, 5), *kinds))
    assert len(said) == 2


@pytest.fixture
def models(tmp_path):
    (tmp_path / "tiny" / "unet").mkdir(parents=True)
    (tmp_path / "tiny" / "model_index.json").write_text('{"_class_name": "TinyPipeline"}')
    return tmp_path


def test_a_model_is_listed_typed_and_missed(make, qtbot, models):
    located: list[str] = []
    around = Around(settings=lambda: Settings(model_folders=(models,)), locate=located.append)
    editor, said = make(Param("model", Path, "", ModelName(), "Model"), {"name": "gone"}, around)
    assert isinstance(editor, ModelEditor)
    qtbot.waitUntil(lambda: editor.box.count() == 1)
    assert "missing" in editor.told.text()
    qtbot.mouseClick(editor.locate, LEFT)
    assert located == ["gone"]
    editor.line.selectAll()
    qtbot.keyClicks(editor.line, "tiny")
    qtbot.keyClick(editor.line, Qt.Key.Key_Return)
    assert said == ["tiny", "settled"]
    assert "missing" not in editor.told.text() and editor.locate.isHidden()


def test_a_drawing_opens_the_painter(make, qtbot):
    drawn: list[int] = []
    text = json.dumps({"shapes": [{}, {}]})
    around = Around(draw=lambda: drawn.append(1))
    editor, _ = make(Param("shapes", str, "", Drawing(), "Shapes"), text, around)
    assert editor.told.text() == "2 shapes"
    qtbot.mouseClick(editor.button, LEFT)
    assert drawn == [1]
    editor.show_value("{")
    assert editor.told.text() == "can't be read"


def test_an_output_folder_is_typed(make, qtbot):
    editor, said = make(Param("folder", Path, "", OutputFolder(), "Folder"), "")
    qtbot.keyClicks(editor.field, "ab")
    assert said == ["a", "ab"]
