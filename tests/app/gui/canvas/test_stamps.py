"""Nodes are painted once for what they look like, and copied from then on."""

from __future__ import annotations

import gc
from weakref import WeakKeyDictionary

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF
from PySide6.QtWidgets import QApplication

from app.gui.canvas import stamps as module
from app.gui.canvas.node_item import NodeItem
from app.gui.canvas.stamps import REST, stamps


@pytest.fixture
def painted(monkeypatch):
    """The nodes that were painted, in order."""
    found: list[str] = []
    paint = NodeItem.paint_whole

    def count(item, painter, detail):
        found.append(item.id)
        paint(item, painter, detail)

    monkeypatch.setattr(NodeItem, "paint_whole", count)
    return found


def see(canvas) -> None:
    canvas.view.viewport().update()
    QApplication.processEvents()


def test_a_node_is_painted_again_when_it_looks_different(pair, document, statuses, painted):
    canvas = pair
    canvas.view.zoom_at(1.0 / canvas.view.zoom, QPointF(400, 300))
    see(canvas)
    stamps._catch_up()
    see(canvas)
    painted.clear()
    see(canvas)
    canvas.view.pan(QPoint(7, 5))
    QApplication.processEvents()
    assert painted == []
    for change in (
        lambda: statuses.update("decode", state="done", seconds=1.0),
        lambda: canvas.select(["decode"]),
        lambda: canvas.select([]),
        lambda: canvas.mirror.nodes["decode"].point_at(("latents", False)),
        lambda: canvas.mirror.nodes["decode"].point_at(None),
    ):
        painted.clear()
        change()
        see(canvas)
        assert painted == ["decode"]
    document.change(lambda graph: graph.set_state("muted", "decode"))
    see(canvas)
    assert painted == ["decode", "decode"]


def test_nodes_that_nothing_fits_fade_as_they_are(pair, painted):
    see(pair)
    stamps._catch_up()
    see(pair)
    item = pair.mirror.nodes["decode"]
    at = pair.view.mapFromScene(item.box().center())
    clear = pair.view.viewport().grab().toImage().pixelColor(at)
    painted.clear()
    item.fade(frozenset())
    see(pair)
    faint = pair.view.viewport().grab().toImage().pixelColor(at)
    item.fade(None)
    see(pair)
    assert painted == [] and faint != clear
    item.fade(frozenset({("latents", False)}))
    see(pair)
    assert painted == ["decode"]
    item.fade(None)


def test_after_a_zoom_nodes_are_painted_anew_once_it_rests(pair, qtbot, painted):
    see(pair)
    painted.clear()
    for _ in range(3):
        pair.view.zoom_at(0.93, QPointF(400, 300))
        QApplication.processEvents()
    assert painted == []
    qtbot.waitUntil(lambda: sorted(painted) == ["decode", "model"], timeout=REST * 20)
    see(pair)
    assert len(painted) == 2


def test_near_and_in_files_nodes_are_painted_whole(pair, tmp_path, painted):
    pair.view.zoom_at(2.0 / pair.view.zoom, QPointF(400, 300))
    pair.view.centre_on(pair.mirror.nodes["decode"].box().center())
    see(pair)
    before = painted.count("decode")
    see(pair)
    assert painted.count("decode") == before + 1
    pair.export(tmp_path / "graph.png")
    assert painted.count("decode") == before + 2


def test_stamps_of_many_nodes_make_room_and_those_of_gone_nodes_go(pair, document, monkeypatch):
    monkeypatch.setattr(stamps, "_known", known := WeakKeyDictionary())
    monkeypatch.setattr(stamps, "_size", 0)
    see(pair)
    assert set(known) == set(pair.mirror.nodes.values())
    assert stamps._size == sum(one.size for one in known.values()) < 4 << 20
    monkeypatch.setattr(module, "BYTES", 1000)
    stamps._make(pair.mirror.nodes["model"], 1.0, 1.0)
    assert list(known) == [pair.mirror.nodes["model"]]
    document.new()
    gc.collect()
    assert list(known) == []


def test_a_copy_looks_as_the_node_does(pair):
    pair.map.hide()
    pair.view.zoom_at(1.0 / pair.view.zoom, QPointF(400, 300))
    see(pair)
    stamps._catch_up()
    item = pair.mirror.nodes["decode"]
    view = pair.view
    area = QRectF(
        view.mapFromScene(item.box().topLeft()), view.mapFromScene(item.box().bottomRight())
    )
    first = view.viewport().grab(area.toRect()).toImage()
    stamps.forget(item)
    assert view.viewport().grab(area.toRect()).toImage() == first
    middle = first.pixelColor(first.width() // 2, first.height() - 20)
    assert middle.alpha() == 255 and first.width() > 100
