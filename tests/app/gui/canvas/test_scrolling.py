"""What is painted again while the canvas is dragged: only what comes into sight."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QApplication

from app.gui.canvas.view import View
from engine.graph.subgraph import collapse


@pytest.fixture
def painted(monkeypatch):
    """The pixels of each paint of a canvas that is made after this."""
    found: list[int] = []
    paint = View.paintEvent

    def count(view, event):
        found.append(sum(part.width() * part.height() for part in event.region()))
        paint(view, event)

    monkeypatch.setattr(View, "paintEvent", count)
    return found


@pytest.mark.parametrize("inside", [False, True])
def test_little_is_painted_while_the_canvas_is_dragged(painted, canvas, document, qtbot, inside):
    with document.edit_root("Build") as graph:
        for place in range(4):
            graph.add("filter.sharpen", f"sharpen{place}")
            graph.place(f"sharpen{place}", {"at": [place * 240, 0]})
        node = collapse(graph, ["sharpen1", "sharpen2"], "part")
    if inside:
        canvas.go_inside(node.id)
        assert canvas.crumbs.isVisible()
    canvas.zoom_to_fit()
    qtbot.wait(200)  # the minimap settles
    painted.clear()
    for _ in range(3):
        canvas.view.pan(QPoint(6, 3))
        QApplication.processEvents()
    size = canvas.view.viewport().size()
    assert len(painted) == 3
    assert max(painted) < 0.1 * size.width() * size.height()
