"""The pages of the inspector: what they show, and what they do to the document."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QDialogButtonBox, QLabel, QToolButton, QWidget

from app.gui.inspector.axis_dialog import AxisDialog, axis_in_words
from app.gui.inspector.facts import Thumbnail
from app.gui.inspector.page import ManyPage, NodePage
from app.gui.inspector.widgets import TokenCount
from app.gui.inspector.workflow_page import WorkflowPage
from engine.graph.subgraph import collapse
from engine.graph.sweep import Axis, Lines, Span

LEFT = Qt.MouseButton.LeftButton


def texts(widget: QWidget) -> str:
    """All that a page says, for people and for tests."""
    labels = [one for one in widget.findChildren(QLabel) if one.isVisibleTo(widget)]
    return "\n".join(one.text() or one.accessibleName() for one in labels)


def param(document, node: str, name: str):
    return document.graph.nodes[node].params.get(name)


def drag(qtbot, slider, start: float, end: float) -> None:
    y = slider.height() // 2
    qtbot.mousePress(slider, LEFT, pos=QPoint(round(slider.width() * start), y))
    for step in range(1, 11):
        x = slider.width() * (start + (end - start) * step / 10)
        qtbot.mouseMove(slider, QPoint(round(x), y))
    qtbot.mouseRelease(slider, LEFT, pos=QPoint(round(slider.width() * end), y))


def test_a_page_shows_what_a_node_is(inspector, qtbot):
    inspector.show_nodes(["denoise"])
    page = inspector.page
    assert isinstance(page, NodePage)
    assert page.header.title.whole == "Denoise" and page.header.name.text() == "denoise"
    assert [row.param.name for row in page.rows][:2] == ["steps", "guidance"]
    qtbot.waitUntil(lambda: "UNet [space=starter" in texts(page))


def test_an_input_is_joined_to_an_output_that_fits(inspector, document, qtbot):
    with document.edit("Cut") as graph:
        graph.disconnect("denoise.negative")
    document.wait_checked()
    inspector.show_nodes(["denoise"])
    ports = inspector.page.ports
    qtbot.waitUntil(lambda: not ports.inputs.isHidden())
    (button,) = [
        one
        for one in ports.findChildren(QToolButton)
        if one.accessibleName() == "Join Negative to…"
    ]
    assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    actions = {action.text(): action for action in ports.menu_of("negative").actions()}
    assert list(actions) == ["prompt · Conditioning", "negative · Conditioning"]
    actions["negative · Conditioning"].trigger()
    assert [str(one) for one in document.graph.nodes["denoise"].inputs["negative"]] == [
        "negative.conditioning"
    ]
    document.undo()
    assert not document.graph.nodes["denoise"].inputs.get("negative")


def test_one_drag_is_one_step_and_the_next_another(inspector, document, qtbot):
    inspector.show_nodes(["denoise"])
    before = param(document, "denoise", "steps")
    slider = inspector.row("steps").editor.slider
    drag(qtbot, slider, 0.2, 0.6)
    middle = param(document, "denoise", "steps")
    drag(qtbot, slider, 0.6, 0.9)
    assert before != middle != param(document, "denoise", "steps")
    document.undo()
    assert param(document, "denoise", "steps") == middle
    document.undo()
    assert param(document, "denoise", "steps") == before


def test_a_drag_inside_a_subgraph_is_one_step(inspector, document, qtbot):
    with document.edit_root("Collapse") as graph:
        collapse(graph, ["denoise"], "part")
    document.enter("part")
    inspector.show_nodes(["denoise"])
    before = param(document, "denoise", "steps")
    drag(qtbot, inspector.row("steps").editor.slider, 0.2, 0.8)
    assert param(document, "denoise", "steps") != before
    document.undo()
    assert param(document, "denoise", "steps") == before


def test_the_widgets_follow_the_document(inspector, document, qtbot):
    inspector.show_nodes(["denoise"])
    row = inspector.row("steps")
    document.change(lambda graph: graph.set_param("denoise", "steps", 77))
    qtbot.waitUntil(lambda: row.editor.field.text() == "77")
    assert inspector.row("steps") is row
    document.undo()
    qtbot.waitUntil(lambda: row.editor.field.text() != "77")


def test_what_is_changed_is_marked_and_reset(inspector, document, qtbot):
    inspector.show_nodes(["denoise"])
    document.change(lambda graph: graph.set_param("denoise", "steps", 77))
    inspector.refresh()
    row = inspector.row("steps")
    assert row.mark.text()
    qtbot.mouseDClick(row.name, LEFT)
    assert "steps" not in document.graph.nodes["denoise"].params
    inspector.refresh()
    assert not row.mark.text() and row.editor.field.text() == "25"


def test_what_is_out_of_range_is_refused_in_words(inspector, document, qtbot):
    inspector.show_nodes(["denoise"])
    before = param(document, "denoise", "steps")
    row = inspector.row("steps")
    row.editor.field.selectAll()
    qtbot.keyClicks(row.editor.field, "5000")
    qtbot.keyClick(row.editor.field, Qt.Key.Key_Return)
    assert param(document, "denoise", "steps") == before
    assert "from 1 to 1000" in row.wrong.text() and not row.wrong.isHidden()
    qtbot.keyClick(row.editor.field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(row.editor.field, "50")
    qtbot.keyClick(row.editor.field, Qt.Key.Key_Return)
    inspector.refresh()
    assert param(document, "denoise", "steps") == 50 and row.wrong.isHidden()


def test_problems_stand_beside_what_they_are_about(inspector, document, qtbot):
    with document.edit("Break") as graph:
        graph.set_param("model", "model", "gone")
        graph.disconnect("decode.latents")
        graph.add("no.such", "odd")
    document.wait_checked()
    inspector.show_nodes(["model"])
    assert "no model called 'gone'" in inspector.row("model").wrong.text()
    inspector.show_nodes(["decode"])
    qtbot.waitUntil(lambda: "Nothing is joined" in texts(inspector.page.ports))
    inspector.show_nodes(["odd"])
    assert "no.such" in texts(inspector.page)
    inspector.show_nodes([])
    assert "Problems: " in inspector.page.problems.head.text()


def test_a_link_is_shown_followed_and_cut(inspector, document, qtbot):
    with document.edit("Link") as graph:
        graph.add("image.size", "size")
        graph.connect("size.count", "denoise.steps")
    inspector.show_nodes(["denoise"])
    row = inspector.row("steps")
    assert row.editor.isHidden() and row.source.text.whole == "size · count"
    asked: list[str] = []
    inspector.select_asked.connect(asked.append)
    qtbot.mouseClick(row.source.button, LEFT)
    assert asked == ["size"]
    qtbot.mouseClick(row.source.cut, LEFT)
    assert "steps" not in document.graph.nodes["denoise"].inputs
    inspector.refresh()
    assert not row.editor.isHidden()


def test_what_a_link_converts_is_told(inspector, document):
    with document.edit("Link") as graph:
        graph.add("image.size", "size", inputs={"picture": "decode.image"})
        graph.add("diffusion.denoise", "other")
        graph.connect("size.count", "other.guidance")
    document.wait_checked()
    inspector.show_nodes(["other"])
    assert inspector.row("guidance").note.text() == "a whole number is a number"


def test_a_node_is_renamed_in_place(inspector, document, qtbot):
    inspector.show_nodes(["denoise"])
    asked: list[str] = []
    inspector.select_asked.connect(asked.append)
    field = inspector.page.header.name
    field.selectAll()
    qtbot.keyClicks(field, "main")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert "main" in document.graph.nodes and asked == ["main"]
    field = inspector.page.header.name
    field.selectAll()
    qtbot.keyClicks(field, "decode")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert "already" in inspector.page.header.wrong.text() and "main" in document.graph.nodes


def test_states_are_switched(inspector, document, qtbot):
    inspector.show_nodes(["denoise"])
    head = inspector.page.header
    qtbot.mouseClick(head.mute, LEFT)
    assert document.graph.nodes["denoise"].state == "muted"
    qtbot.mouseClick(head.bypass, LEFT)
    inspector.refresh()
    assert document.graph.nodes["denoise"].state == "bypassed" and not head.mute.isChecked()
    qtbot.mouseClick(head.bypass, LEFT)
    assert document.graph.nodes["denoise"].state == ""
    asked: list = []
    inspector.lock_asked.connect(asked.append)
    qtbot.mouseClick(head.lock, LEFT)
    assert asked == [("denoise",)]


def test_several_nodes_are_edited_together(inspector, document, qtbot):
    with document.edit("Another") as graph:
        graph.add("diffusion.denoise", "again", params={"steps": 5})
    inspector.show_nodes(["denoise", "again"])
    assert isinstance(inspector.page, ManyPage)
    row = inspector.row("steps")
    assert "several values" in row.name._whole
    drag(qtbot, row.editor.slider, 0.2, 0.8)
    both = {param(document, name, "steps") for name in ("denoise", "again")}
    assert len(both) == 1 and both != {5}
    document.undo()
    assert param(document, "again", "steps") == 5
    inspector.show_nodes(["denoise", "model"])
    assert not inspector.page.rows


def test_a_parameter_becomes_an_axis(inspector, document, qtbot):
    inspector.show_nodes(["denoise"])
    row = inspector.row("guidance")
    row.sweep()
    dialog = row.findChild(AxisDialog)
    dialog.values.setPlainText("3, 5\n")
    dialog.values.setPlainText("3, 5, 7.5")
    assert "3 values" in dialog.told.text()
    dialog.values.setPlainText("3, many")
    assert not dialog.buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()
    dialog.values.setPlainText("3, 5, 7.5")
    dialog.accept()
    assert document.root.sweep == {"denoise.guidance": Axis((3.0, 5.0, 7.5))}
    inspector.refresh()
    assert row.axis.text.whole == "3.0, 5.0, 7.5" and row.editor.isHidden()
    inspector.show_nodes([])
    assert "3 runs" in texts(inspector.page.axes)
    inspector.show_nodes(["denoise"])
    qtbot.mouseClick(inspector.row("guidance").axis.cut, LEFT)
    assert not document.root.sweep


def test_an_axis_may_be_a_range_a_file_or_go_along(inspector, document, tmp_path):
    with document.edit_root("Sweep") as graph:
        graph.set_axis("denoise.guidance", Axis((1.0, 2.0, 3.0)))
    inspector.show_nodes(["denoise"])
    dialog = AxisDialog(document, "denoise.steps", inspector.row("steps").param, inspector)
    dialog.tabs.setCurrentIndex(1)
    for field, text in ((dialog.first, "10"), (dialog.last, "20"), (dialog.step, "5")):
        field.setText(text)
    assert "9 runs" in dialog.told.text()
    dialog.along.setCurrentIndex(1)
    dialog._tell()
    assert "3 runs" in dialog.told.text()
    dialog.accept()
    assert document.root.sweep["denoise.steps"] == Axis(Span(10, 20, 5), "denoise.guidance")
    prompts = tmp_path / "prompts.txt"
    prompts.write_text("a cat\na dog\n")
    inspector.show_nodes(["prompt"])
    dialog = AxisDialog(document, "prompt.text", inspector.row("text").param, inspector)
    dialog.tabs.setCurrentIndex(dialog.tabs.count() - 1)
    dialog.file.setText(str(prompts))
    dialog.accept()
    axis = document.root.sweep["prompt.text"]
    assert axis == Axis(Lines(str(prompts)))
    assert "prompts.txt" in axis_in_words(axis)


def test_what_a_run_left_is_shown(inspector, statuses, qtbot):
    inspector.show_nodes(["denoise"])
    facts = inspector.page.facts
    assert facts.isHidden()
    picture = QImage(8, 8, QImage.Format.Format_RGB32)
    statuses.update("denoise", state="running", step=3, total=20, picture=picture)
    qtbot.waitUntil(lambda: "step 3 of 20" in texts(facts))
    shown = facts.findChild(Thumbnail)
    statuses.update("denoise", step=4, picture=picture.scaled(16, 16))
    qtbot.waitUntil(lambda: "step 4 of 20" in texts(facts))
    assert facts.findChild(Thumbnail) is shown and shown.height() == 32
    statuses.update(
        "denoise", state="failed", error="It broke. Mend it.", seconds=75.0, memory=2_500_000_000
    )
    qtbot.waitUntil(lambda: "It broke. Mend it." in texts(facts))
    said = texts(facts)
    assert "1 min 15 s" in said and "2.50 GB" in said and "step 3" not in said
    asked: list[Path] = []
    inspector.file_asked.connect(asked.append)
    statuses.update("denoise", state="done", error="", files=("/x/picture_00001.png",))
    qtbot.waitUntil(lambda: "picture_00001.png" in texts(facts))
    button = [one for one in facts.findChildren(QToolButton) if "Show" in one.accessibleName()]
    qtbot.mouseClick(button[-1], LEFT)
    assert asked == [Path("/x/picture_00001.png")]


def test_tokens_are_counted_by_whoever_can(inspector, qtbot):
    asked: list = []

    def count(node, name, text, answer):
        asked.append((node, name))
        answer(TokenCount(9, 77, len(text)))

    inspector.count_tokens = count
    inspector.show_nodes(["prompt"])
    told = inspector.row("text").editor.told
    qtbot.waitUntil(lambda: told.text() == "9 of 77 tokens")
    assert asked == [("prompt", "text")]


@pytest.fixture
def part(document):
    """An instance of a subgraph, and its name."""
    with document.edit_root("Collapse") as graph:
        node = collapse(graph, ["denoise"], "part")
    document.wait_checked()
    return node.id


def test_ports_of_a_subgraph_are_added_renamed_ordered_and_removed(inspector, document, part):
    inspector.show_nodes([part])
    ports = inspector.page.definition
    menu = ports.input_menu()
    next(one for one in menu.actions() if one.text() == "denoise · steps").trigger()
    assert document.root.definitions["part"].inputs[-1] == "steps"
    inspector.refresh()
    assert inspector.row("steps") is not None
    ports = inspector.page.definition
    ports.inputs["steps"].setText("count")
    ports.inputs["steps"].editingFinished.emit()
    assert document.root.definitions["part"].inputs[-1] == "count"
    inspector.refresh()
    document.change(lambda graph: graph.set_param(part, "count", 9))
    first = document.root.definitions["part"].inputs[0]
    from app.gui.inspector import definition_edits as edits

    edits.move_input(document, "part", "count", -1)
    assert document.root.definitions["part"].inputs[-2] == "count"
    edits.remove_input(document, "part", "count")
    assert "count" not in document.root.definitions["part"].inputs
    assert "count" not in document.root.nodes[part].params
    edits.remove_input(document, "part", first)
    assert first not in document.root.nodes[part].inputs
    document.undo()
    assert first in document.root.nodes[part].inputs
    gone = next(iter(document.root.definitions["part"].outputs))
    edits.remove_output(document, "part", gone)
    assert not any(link.source.node == part for link in document.root.links())
    document.wait_checked()
    free = edits.free_outputs(document, "part")
    edits.add_output(document, "part", free[0])
    assert len(document.root.definitions["part"].outputs) == 1


def test_outputs_of_a_subgraph_are_ordered(inspector, document, part):
    from app.gui.inspector import definition_edits as edits

    edits.add_output(document, "part", "denoise.trajectory")
    inspector.show_nodes([part])
    before = list(document.root.definitions["part"].outputs)
    assert len(before) == 2
    document.enter("part")
    told: list[frozenset[str]] = []
    document.changed.connect(told.append)
    inspector.show_nodes(["outputs"])
    down = [
        one
        for one in inspector.page.definition.findChildren(QToolButton)
        if one.toolTip() == f"Move down: {before[0]}"
    ]
    down[-1].click()  # an input has the same name
    assert list(document.root.definitions["part"].outputs) == before[::-1]
    assert list(document.graph.nodes["outputs"].inputs) == before[::-1]
    assert "outputs" in told[-1]
    inspector.refresh()
    assert list(inspector.page.definition.outputs) == before[::-1]
    document.undo()
    assert list(document.root.definitions["part"].outputs) == before
    edits.move_output(document, "part", before[0], -1)  # there is nothing before it
    assert list(document.root.definitions["part"].outputs) == before


def test_a_name_that_is_taken_is_refused(inspector, document, part):
    inspector.show_nodes([part])
    ports = inspector.page.definition
    first, second = document.root.definitions["part"].inputs[:2]
    ports.inputs[first].setText(second)
    ports.inputs[first].editingFinished.emit()
    assert "already" in ports.wrong.text()
    assert document.root.definitions["part"].inputs[:2] == (first, second)


def test_a_parameter_inside_is_exposed(inspector, document, part):
    document.enter("part")
    inspector.show_nodes(["denoise"])
    actions = {one.text(): one for one in inspector.row("steps").menu().actions()}
    actions["Make it a parameter of the subgraph"].trigger()
    assert "steps" in document.root.definitions["part"].inputs
    inspector.refresh()
    assert "steps" in inspector.row("steps").source.text.whole


def test_the_ends_of_a_subgraph_have_pages_too(inspector, document, part):
    document.enter("part")
    for end, title in (
        ("inputs", "Inputs of the subgraph"),
        ("outputs", "Outputs of the subgraph"),
    ):
        inspector.show_nodes([end])
        inspector.refresh()
        page = inspector.page
        assert page.header.title.whole == title and page.definition is not None
        assert not page.header.name.isEnabled() and not page.rows


def test_the_workflow_is_shown_while_nothing_is_selected(inspector, document, part, qtbot):
    inspector.show_nodes([])
    page = inspector.page
    assert isinstance(page, WorkflowPage) and page.title.whole == "text_to_image"
    buttons = {one.accessibleName(): one for one in page.findChildren(QToolButton)}
    qtbot.mouseClick(buttons["Show the inside of part"], LEFT)
    assert document.scope == "part"
    assert inspector.page.ports is not None


def test_every_control_has_a_name_and_a_tip(inspector, document, part):
    for ids in (["model"], ["prompt"], ["seed"], [part], ["save"], []):
        inspector.show_nodes([name for name in ids if name in document.graph.nodes])
        inspector.refresh()
        for button in inspector.page.findChildren(QToolButton):
            assert button.accessibleName() or button.text(), button
            assert button.toolTip(), button.text()


def test_a_node_that_goes_takes_its_page_along(inspector, document, qtbot):
    inspector.show_nodes(["denoise"])
    with document.edit("Remove") as graph:
        graph.remove("denoise")
    qtbot.waitUntil(lambda: isinstance(inspector.page, WorkflowPage))
