"""A canvas on a document of its own, and hands to use it with."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.gui.canvas.canvas import Canvas
from app.gui.document import Document
from app.gui.status import Statuses
from app.session import open_registry
from tests.app.gui.mirrored import differences

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture(scope="session")
def registry():
    return open_registry()


@pytest.fixture
def document(qapp, registry):
    return Document(registry)


@pytest.fixture
def statuses(qapp):
    return Statuses()


@pytest.fixture
def canvas(qtbot, document, statuses):
    canvas = Canvas(document, statuses)
    qtbot.addWidget(canvas)
    canvas.resize(1200, 800)
    canvas.show()
    canvas.activateWindow()  # keys reach the window that is active
    qtbot.waitUntil(lambda: QApplication.activeWindow() is canvas)
    canvas.view.setFocus()
    yield canvas
    assert differences(canvas.mirror) == []


@pytest.fixture
def hand(canvas):
    return Hand(canvas)


@pytest.fixture
def pair(canvas, document):
    """A loader of models, and a decoder that nothing is joined to."""
    with document.edit("Build") as graph:
        graph.add("load.pipeline", "model")
        graph.add("vae.decode", "decode")
        graph.place("model", {"at": [0, 0]})
        graph.place("decode", {"at": [400, 0]})
    document.wait_checked()
    canvas.view.show_area(canvas.area())
    return canvas


class Hand:
    """A mouse on the viewport of a canvas, that goes by what is in the scene."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.viewport = canvas.view.viewport()

    def at(self, scene: QPointF) -> QPoint:
        return self.canvas.view.mapFromScene(scene)

    def port(self, node: str, port: str, *, output: bool = False) -> QPoint:
        return self.at(self.canvas.mirror.port_pos(node, (port, output), QPointF()))

    def header(self, node: str) -> QPoint:
        return self.at(self.canvas.mirror.piece(node).pos() + QPointF(40, 12))

    def row(self, node: str, name: str, share: float = 0.5) -> QPoint:
        item = self.canvas.mirror.nodes[node]
        rect = item.shape_.rows[name]
        return self.at(item.pos() + QPointF(rect.left() + share * rect.width(), rect.center().y()))

    def press(self, at: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> None:
        QTest.mousePress(self.viewport, LEFT, modifiers, at)

    def move(self, at: QPoint) -> None:
        QTest.mouseMove(self.viewport, at)

    def release(self, at: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> None:
        QTest.mouseRelease(self.viewport, LEFT, modifiers, at)

    def drag(self, start: QPoint, end: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> None:
        self.press(start, modifiers)
        for step in range(1, 6):
            self.move(start + (end - start) * step / 5)
        self.release(end, modifiers)

    def click(self, at: QPoint, modifiers: Qt.KeyboardModifier = NONE) -> None:
        QTest.mouseClick(self.viewport, LEFT, modifiers, at)

    def double_click(self, at: QPoint) -> None:
        QTest.mouseDClick(self.viewport, LEFT, NONE, at)

    def key(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
        QTest.keyClick(self.canvas.view, key, modifiers)
