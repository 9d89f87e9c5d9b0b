"""What a hand does to the parameters on a node: scrub, type, choose, toggle, roll the dice."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QPoint, QPointF, QRectF, Signal
from PySide6.QtGui import QAction, QMouseEvent
from PySide6.QtWidgets import QMenu

from app.gui.canvas.editors import Editor, LineEditor, LinesEditor
from app.gui.canvas.face import Row, value_text
from app.gui.canvas.gestures import Gesture
from app.gui.canvas.node_item import NodeItem
from app.gui.canvas.paint import seed_signs
from app.gui.canvas.scrub import Scrub
from app.gui.canvas.view import View
from app.gui.document import Document
from app.gui.language import tr
from engine.graph.errors import LoomError
from engine.graph.params import Choices

ROLL = 2**32  # seeds from the dice are below: short enough to be told


class RowHands(QObject):
    """Edits parameters where they are shown. What needs more room is asked of others."""

    larger_asked = Signal(str, str)
    """A node and a parameter that can't be edited in a line: a model, a file, a drawing."""
    refused = Signal(str)

    def __init__(self, document: Document, view: View) -> None:
        super().__init__(view)
        self._document = document
        self._view = view
        self.editor: Editor | None = None
        self.menu: QMenu | None = None
        view.looked.connect(self.close)

    def gesture(self, item: NodeItem, name: str, event: QMouseEvent) -> Gesture | None:
        """What a press on a number begins; None where the press means the node or a click."""
        row = self.row(item, name)
        if row is None or row.linked or row.sort != "number" or row.param.nullable:
            return None
        pixels = item.shape_.rows[name].width() * self._view.transform().m11()

        def done(changed: bool) -> None:
            if changed:
                self._document.settle()
            else:
                self.edit(item, name)

        return Scrub(event, row, pixels, partial(self._slide, item.id, name), done)

    def click(self, item: NodeItem, name: str, at: QPointF) -> None:
        """A click on a row, at a point of the node."""
        row = self.row(item, name)
        if row is None or row.linked:
            return
        if row.sort == "bool":
            self.set(item.id, name, not row.value)
        elif row.sort == "seed":
            dice, lock = seed_signs(item.shape_.rows[name])
            if dice.contains(at):
                self.set(item.id, name, random.randrange(ROLL))
            elif lock.contains(at):
                self.set(item.id, name, 0 if row.value is None else None)
            else:
                self.edit(item, name)
        else:
            self.edit(item, name)

    def edit(self, item: NodeItem, name: str) -> None:
        """Open a parameter to be typed or chosen."""
        row = self.row(item, name)
        if row is None or row.linked:
            return
        if row.sort == "choice":
            self._choose(item, row)
        elif row.sort in ("model", "file", "other"):
            self.larger_asked.emit(item.id, name)
        elif row.sort == "bool":
            self.set(item.id, name, not row.value)
        else:
            self._type(item, row)

    def set(self, node_id: str, name: str, value: Any) -> None:
        """Give a parameter a value, as a step of its own."""
        with self._document.edit(self._label(node_id, name)) as graph:
            graph.set_param(node_id, name, value)

    def close(self) -> None:
        """Take what is being typed, as the canvas moves away under it."""
        editor, self.editor = self.editor, None
        if editor is not None:
            try:
                editor.clearFocus()
            except RuntimeError:  # it is gone already
                return

    def row(self, item: NodeItem, name: str) -> Row | None:
        """A row of a node by its parameter."""
        return next((row for row in item.face.rows if row.name == name), None)

    def _slide(self, node_id: str, name: str, value: float) -> None:
        label = self._label(node_id, name)
        self._document.change(lambda graph: graph.set_param(node_id, name, value), label)

    def _label(self, node_id: str, name: str) -> str:
        """What undo calls an edit of a parameter."""
        spec = self._document.spec(node_id)
        return tr("Set {}").format(spec.params[name].label if spec else name)

    def _type(self, item: NodeItem, row: Row) -> None:
        self.close()
        lines = row.sort == "lines"
        text = "" if row.value is None else value_text(row.param, row.value)
        take: Callable[[str], str] = partial(self._take, item.id, row)
        kind = LinesEditor if lines else LineEditor
        self.editor = kind(self._view.viewport(), text, row.param.label, take)
        area = self.area(item, item.shape_.rows[row.name])
        self.editor.open_at(area, self._view.transform().m11())

    def _take(self, node_id: str, row: Row, text: str) -> str:
        """Take a typed text; what is wrong with it, "" for nothing."""
        if node_id not in self._document.graph.nodes:
            return ""
        try:
            blank = not text.strip() and row.sort not in ("lines", "text")
            value = None if blank and _may_be_none(row) else row.param.parse(text)
        except LoomError as error:
            self.refused.emit(f"{error.reason} {error.remedy}")
            return f"{error.reason} {error.remedy}"
        if value != row.value:
            self.set(node_id, row.name, value)
        return ""

    def _choose(self, item: NodeItem, row: Row) -> None:
        assert isinstance(row.param.widget, Choices)
        self.menu = QMenu(self._view)
        self.menu.setAccessibleName(row.param.label)
        values: list[Any] = list(row.param.widget.values)
        if row.param.nullable:
            values.insert(0, None)
        for value in values:
            action = QAction(value_text(row.param, value), self.menu, checkable=True)
            action.setChecked(value == row.value)
            action.triggered.connect(partial(self._chosen, item.id, row.name, value))
            self.menu.addAction(action)
        area = self.area(item, item.shape_.rows[row.name])
        self.menu.popup(self._view.viewport().mapToGlobal(area.bottomLeft() + QPoint(0, 2)))

    def _chosen(self, node_id: str, name: str, value: Any, _: bool = False) -> None:
        self.set(node_id, name, value)

    def area(self, item: NodeItem, rect: QRectF):
        """Where a part of a node is in the view, in pixels."""
        scene = rect.translated(item.pos())
        return self._view.mapFromScene(scene).boundingRect()


def _may_be_none(row: Row) -> bool:
    return row.param.nullable or row.sort == "seed"
