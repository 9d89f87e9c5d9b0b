"""The menu of what the right button was pressed on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QIcon, QPixmap
from PySide6.QtWidgets import QMenu

from app.gui.canvas import edits, ends
from app.gui.canvas.face import row_of, view_of
from app.gui.canvas.frame_item import COLOURS, FrameItem
from app.gui.canvas.link_item import LinkItem
from app.gui.canvas.mirror import Piece
from app.gui.canvas.ports import NEW, runs_over_items
from app.gui.canvas.shape import HEADER, Spot
from app.gui.canvas.zone_item import ZoneItem
from app.gui.language import tr
from engine.graph.repeat import EACH, TIMES
from engine.graph.subgraph import used

if TYPE_CHECKING:
    from app.gui.canvas.canvas import Canvas


def build(canvas: Canvas, at: QPointF) -> QMenu:
    """The menu for a point of the scene; what is there is selected."""
    hands = canvas.hands
    if (piece := hands.item_at(at)) is not None:
        if piece.id not in canvas.chosen():
            canvas.select([piece.id])
        return _menu(canvas, at, piece)
    if (link := hands.link_at(at)) is not None:
        canvas.select((), [link.key])
        return _menu(canvas, at, link)
    if (frame := hands.frame_at(at)) is not None:
        canvas.select([frame.id])
        return _menu(canvas, at, frame)
    return _menu(canvas, at, None)


def of_selected(canvas: Canvas) -> tuple[QMenu, QPointF]:
    """The menu of what is selected, and a point of the scene that is on it."""
    names, links = canvas.chosen(), canvas.links()
    if names:
        box = canvas.mirror.box(names[0])
        at = box.pos() + QPointF(box.width / 2, HEADER / 2)
        item = box if isinstance(box, Piece | FrameItem) else None
        return _menu(canvas, at, item), at
    if links:
        link = canvas.mirror.links[next(iter(links))]
        at = link.path().pointAtPercent(0.5)
        return _menu(canvas, at, link), at
    at = canvas.view.seen().center()
    return _menu(canvas, at, None), at


def _menu(canvas: Canvas, at: QPointF, item: Piece | LinkItem | FrameItem | None) -> QMenu:
    menu = QMenu(canvas)
    menu.setToolTipsVisible(True)
    match item:
        case Piece():
            spot = item.port_at(at)
            if spot is not None and edits.is_end(canvas.document.graph, item.id):
                _of_port(canvas, menu, item.id, spot)
            _of_node(canvas, menu, item)
        case LinkItem():
            _of_link(canvas, menu, item, at)
        case FrameItem():
            _of_frame(canvas, menu, item)
        case _:
            _take(canvas, menu, "search", "paste", "", "select_all", "layout", "fit", "frame")
    return menu


def _take(canvas: Canvas, menu: QMenu, *names: str) -> None:
    known = canvas.actions_by_name()
    for name in names:
        if name:
            menu.addAction(known[name])
        else:
            menu.addSeparator()


def _of_node(canvas: Canvas, menu: QMenu, piece: Piece) -> None:
    ids = canvas.selection()
    menu.addAction(tr("Run to here")).triggered.connect(lambda: canvas.run_asked.emit(ids))
    _take(canvas, menu, "output", "", "mute", "bypass", "lock", "collapse", "")
    if used(canvas.document.graph.nodes[piece.id]):
        _take(canvas, menu, "enter")
        menu.addAction(tr("Rename the subgraph…")).triggered.connect(
            lambda: canvas.naming.rename_subgraph(piece.id)
        )
    _take(canvas, menu, "group", "loop", "frame", "")
    if isinstance(piece, ZoneItem):
        _times_or_items(canvas, menu, piece.id)
    _pins(canvas, menu, piece)
    _take(canvas, menu, "rename", "duplicate", "copy", "cut", "delete")


def _times_or_items(canvas: Canvas, menu: QMenu, zone: str) -> None:
    """How often a zone runs: a number of times, or once for each item of a list."""
    over = runs_over_items(canvas.document.graph.nodes[zone])

    def turn(_: bool = False) -> None:
        old, new, value = (EACH, TIMES, 4) if over else (TIMES, EACH, [1, 2, 3])
        with canvas.document.edit(tr("Repeat")) as graph:
            graph.disconnect(f"{zone}.{old}")
            graph.clear_param(zone, old)
            graph.set_param(zone, new, value)

    words = tr("Run a number of times") if over else tr("Run once for each item of a list")
    menu.addAction(words).triggered.connect(turn)


def _of_port(canvas: Canvas, menu: QMenu, name: str, spot: Spot) -> None:
    """A port of the subgraph that is shown."""
    if spot[0] == NEW:
        return
    menu.addAction(tr("Rename the port…")).triggered.connect(
        lambda: canvas.naming.rename_port(name, spot)
    )
    menu.addAction(tr("Remove the port")).triggered.connect(
        lambda: ends.remove_port(canvas.document, spot)
    )
    menu.addSeparator()


def _pins(canvas: Canvas, menu: QMenu, piece: Piece) -> None:
    """Which parameters the node shows."""
    node = canvas.document.graph.nodes[piece.id]
    spec = canvas.document.spec(piece.id)
    if spec is None or not spec.params or not piece.face.ports.params:
        return
    shown = [row.name for row in piece.face.rows]
    pins = menu.addMenu(tr("Parameters shown"))
    for name, param in spec.params.items():
        action = pins.addAction(param.label)
        action.setCheckable(True)
        action.setChecked(name in shown)
        action.setToolTip(row_of(node, param).text)
        action.toggled.connect(partial(_pin, canvas, piece.id, [*spec.params], shown, name))
    if "pins" in view_of(canvas.document, piece.id):
        pins.addSeparator()
        pins.addAction(tr("As usual")).triggered.connect(lambda: _set_pins(canvas, piece.id, None))


def _pin(
    canvas: Canvas, node_id: str, order: list[str], shown: list[str], name: str, on: bool
) -> None:
    pinned = [one for one in order if (on if one == name else one in shown)]
    _set_pins(canvas, node_id, pinned)


def _set_pins(canvas: Canvas, node_id: str, pins: list[str] | None) -> None:
    at = canvas.mirror.piece(node_id).pos()
    with canvas.document.edit(tr("Parameters shown")) as graph:
        edits.place(graph, node_id, at=[at.x(), at.y()], pins=pins)


def _of_link(canvas: Canvas, menu: QMenu, link: LinkItem, at: QPointF) -> None:
    menu.addAction(tr("Insert a node…")).triggered.connect(
        lambda: canvas.adding.search_for_link(at, link.key)
    )
    menu.addAction(tr("Lead through a dot")).triggered.connect(lambda: canvas.add_dot(link.key, at))
    dot = link.dot_at(at, 10.0)
    if dot is not None:
        rest = [point for index, point in enumerate(link.dots) if index != dot]
        menu.addAction(tr("Remove the dot")).triggered.connect(
            lambda: edits.lead(canvas.document, link.key, rest)
        )
    menu.addAction(tr("Go to where it comes from")).triggered.connect(
        lambda: canvas.reveal(link.key.source.node)
    )
    menu.addAction(tr("Go to where it leads")).triggered.connect(
        lambda: canvas.reveal(link.key.node)
    )
    _take(canvas, menu, "", "delete")


def _of_frame(canvas: Canvas, menu: QMenu, frame: FrameItem) -> None:
    colours = menu.addMenu(tr("Colour"))
    words = (tr("Blue"), tr("Green"), tr("Amber"), tr("Red"), tr("Violet"), tr("Grey"))
    for colour, name in zip(COLOURS, words, strict=True):
        sample = QPixmap(32, 32)
        sample.fill(QColor(colour))
        action = colours.addAction(QIcon(sample), name)
        action.triggered.connect(partial(_set_colour, canvas, frame.id, colour))
    _take(canvas, menu, "rename", "duplicate", "copy", "", "delete")


def _set_colour(canvas: Canvas, name: str, colour: str, _: bool = False) -> None:
    with canvas.document.edit(tr("Colour")) as graph:
        edits.place(graph, name, colour=colour)
