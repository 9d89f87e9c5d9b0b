"""The canvas of the editor: the graph as nodes and links, to be seen and edited by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QPainter
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.gui import theme
from app.gui.canvas import edits, far
from app.gui.canvas.fit import End, Fitting
from app.gui.canvas.gestures import CONTROL, SHIFT, Band, Gesture, Move
from app.gui.canvas.link_item import LinkItem, LinkKey
from app.gui.canvas.linking import Linking
from app.gui.canvas.mirror import Mirror, Piece
from app.gui.canvas.shape import WIDTH
from app.gui.canvas.verify import Verifier
from app.gui.canvas.view import View
from app.gui.document import Document
from app.gui.language import tr
from app.gui.status import Statuses
from engine.graph.errors import LoomError
from engine.graph.graph import Source
from engine.graph.subgraph import used


class Canvas(QWidget):
    """Shows `document.graph`, and edits it through `document` alone."""

    selection_changed = Signal(tuple)
    """Other nodes are selected: their ids."""
    run_asked = Signal(tuple)
    """The person asks to run up to these nodes; none stands for all."""
    lock_asked = Signal(tuple)
    """The person asks to lock or unlock these nodes."""
    opened = Signal(str)
    """A node was double-clicked."""
    file_dropped = Signal(Path)
    """A file was dropped that is no picture to use in the graph."""
    note = Signal(str)
    """Something to say in a status bar."""

    def __init__(
        self, document: Document, statuses: Statuses, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.document = document
        self.statuses = statuses
        self.view = View(self._pressed, self)
        self.view.paint_far = self._paint_far
        self.mirror = Mirror(self.view.scene(), document, statuses)
        self._verifier = Verifier(self)
        self._selected: tuple[str, ...] = ()
        self._links_selected: set[LinkKey] = set()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)
        self.setFocusProxy(self.view)
        self.setAccessibleName(tr("Canvas"))
        self.view.setAccessibleName(tr("Canvas"))
        self.view.double_clicked.connect(self._double_clicked)
        document.changed.connect(self._changed)
        document.titled.connect(self.mirror.show_outputs)
        document.shown.connect(self._shown)
        document.checked.connect(lambda _: self.mirror.show_problems())
        statuses.changed.connect(self.mirror.show_status)
        theme.changed.connect(self._restyle)
        self._shown()

    # What is selected

    def selection(self) -> tuple[str, ...]:
        """The ids of the selected nodes, in the order of the graph."""
        return self._selected

    def select(self, names: Iterable[str], links: Iterable[LinkKey] = ()) -> None:
        """Select these nodes and links, and nothing else."""
        wanted, keys = set(names), set(links)
        for piece in self.mirror.pieces():
            if piece.isSelected() != (piece.id in wanted):
                piece.setSelected(piece.id in wanted)
                piece.update()
        for key in keys ^ self._links_selected:
            if item := self.mirror.links.get(key):
                item.setSelected(key in keys)
                item.restyle()
        self._links_selected = keys & self.mirror.links.keys()
        now = tuple(name for name in self.document.graph.nodes if name in wanted)
        if now != self._selected:
            self._selected = now
            self.selection_changed.emit(now)

    def add_node(self, type_id: str, at: QPointF | None = None) -> str:
        """Add a node, at a point of the scene or in the middle of what is seen; its id."""
        where = self._free_place() if at is None else at
        try:
            name = edits.add(self.document, type_id, where)
        except LoomError as error:
            self.said(str(error))
            return ""
        self.select([name])
        return name

    def go_to(self, full: str) -> None:
        """Show a node by its id in the whole workflow: `denoise`, `fix/denoise`."""
        name = full.removeprefix(self.mirror.prefix)
        self.reveal(name.partition("/")[0].partition("#")[0])

    def _free_place(self) -> QPointF:
        """A point in the middle of what is seen, where no node begins."""
        at = self.view.seen().center() - QPointF(WIDTH / 2, 60)
        places = [piece.pos() for piece in self.mirror.pieces()]
        while any((place - at).manhattanLength() < 24 for place in places):
            at += QPointF(24, 24)
        return at

    def reveal(self, name: str) -> None:
        """Select a node that is shown, and bring it into sight."""
        if name in self.mirror.nodes:
            self.select([name])
            box = self.mirror.piece(name).box()
            if not self.view.seen().contains(box):
                self.view.centre_on(box.center())

    # What is seen

    def zoom_to_fit(self) -> None:
        """Show the selected nodes, or all."""
        self.view.show_area(self.area(self._selected or None))

    def area(self, names: Iterable[str] | None = None) -> QRectF:
        """What nodes cover, all of them for None."""
        found = QRectF()
        for piece in self.mirror.pieces():
            if names is None or piece.id in names:
                found = found.united(piece.box())
        return found

    # What the mouse does

    def item_at(self, at: QPointF) -> Piece | None:
        """The node at a point of the scene, or whose port is there."""
        near = QRectF(at.x() - 1, at.y() - 1, 2, 2)
        found = self.view.scene().items(near, Qt.ItemSelectionMode.IntersectsItemBoundingRect)
        pieces = [item for item in found if isinstance(item, Piece)]
        for piece in pieces:
            if piece.port_at(at) is not None:
                return piece
        return next((piece for piece in pieces if piece.box().contains(at)), None)

    def link_at(self, at: QPointF) -> LinkItem | None:
        """The link at a point of the scene."""
        reach = 6.0 / self.view.transform().m11()
        area = QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach)
        found = self.view.scene().items(area, Qt.ItemSelectionMode.IntersectsItemBoundingRect)
        near = [
            (item.distance(at), index, item)
            for index, item in enumerate(found)
            if isinstance(item, LinkItem)
        ]
        gap, _, item = min(near, default=(reach + 1, 0, None))
        return item if gap <= reach else None

    def _pressed(self, event: QMouseEvent) -> Gesture | None:
        at = self.view.mapToScene(event.position().toPoint())
        if event.button() != Qt.MouseButton.LeftButton:
            return None
        piece = self.item_at(at)
        if piece is None:
            link = self.link_at(at)
            if link is not None:
                kept = self._links_selected if event.modifiers() & (CONTROL | SHIFT) else set()
                self.select((), {*kept, link.key})
                return None
            return Band(self.view, event, self._selected, self.select)
        if spot := piece.port_at(at):
            return self._link_from(piece, spot, event)
        return self._grab(piece, event)

    def _link_from(self, piece: Piece, spot: tuple[str, bool], event: QMouseEvent) -> Gesture:
        """Begin a link at a port; one that a link goes into lets go of it."""
        port = piece.port(spot)
        assert port is not None
        start, loose = End(piece.id, port), None
        keys = [
            key
            for key in self.mirror.links
            if not spot[1] and (key.node, key.port) == (piece.id, spot[0])
        ]
        if keys and not event.modifiers() & SHIFT:
            loose = max(keys, key=lambda key: key.place)
            source = self.mirror.piece(loose.source.node).port((loose.source.port, True))
            if source is not None:
                start = End(loose.source.node, source)
        fitting = Fitting(self.document, self.mirror.prefix, start)
        return Linking(self, start, event.position(), fitting, loose)

    def _grab(self, piece: Piece, event: QMouseEvent) -> Gesture | None:
        more = event.modifiers() & (CONTROL | SHIFT)
        if more:
            chosen = set(self._selected) ^ {piece.id}
            self.select(chosen)
            if piece.id not in chosen:
                return None
        elif piece.id not in self._selected:
            self.select([piece.id])
        places = {name: self.mirror.piece(name).pos() for name in self._selected}
        return Move(self.view, event, places, self._show_moved, self._moved)

    def _show_moved(self, places: Mapping[str, QPointF]) -> None:
        for name, at in places.items():
            self.mirror.piece(name).setPos(at)
        self.mirror.lead(places)

    def _moved(self, places: Mapping[str, QPointF], at: QPointF) -> None:
        edits.move(self.document, places)

    def _double_clicked(self, at: QPointF) -> None:
        piece = self.item_at(self.view.mapToScene(at.toPoint()))
        if piece is None:
            return
        name = used(self.document.graph.nodes[piece.id])
        if name:
            self.document.enter(name)
        self.opened.emit(piece.id)

    # What becomes of a link that was drawn

    def join(self, source: End, target: End, instead: LinkKey | None) -> None:
        """Join two ports, once the whole graph was checked with that link."""
        ends = Source(source.node, source.port.name), Source(target.node, target.port.name)
        if instead is not None and (instead.source, instead.target) == (ends[0], str(ends[1])):
            return
        append = target.port.type.many

        def told(reason: str) -> None:
            if reason:
                self.said(reason)
            elif ends[0].node in self.document.graph.nodes:
                self._edit(
                    lambda: edits.connect(self.document, *ends, append=append, instead=instead)
                )

        if source.port.new or target.port.new:
            told("")
        else:
            self._verifier.ask(self.document, str(ends[0]), str(ends[1]), told)

    def dropped(self, start: End, at: QPointF, instead: LinkKey | None) -> None:
        """A link was let go where there is no port."""
        if instead is not None:
            edits.disconnect(self.document, [instead])

    def said(self, words: str) -> None:
        """Say something to the person."""
        self.note.emit(words)

    def delete(self) -> None:
        """Remove what is selected."""
        if self._selected or self._links_selected:
            edits.remove(self.document, self._selected, self._links_selected)

    def _edit(self, edit) -> None:
        try:
            edit()
        except LoomError as error:
            self.said(str(error))

    # Following the document

    def _changed(self, ids: frozenset[str]) -> None:
        self.mirror.update(ids)
        gone = [name for name in self._selected if name not in self.document.graph.nodes]
        if gone or self._links_selected - self.mirror.links.keys():
            self.select(
                [name for name in self._selected if name not in gone],
                self._links_selected & self.mirror.links.keys(),
            )

    def _shown(self) -> None:
        self._links_selected = set()
        self.mirror.rebuild()
        self.mirror.show_problems()
        self.select(())
        QTimer.singleShot(0, self.zoom_to_fit)

    def _restyle(self) -> None:
        self.mirror.restyle()
        self.view.viewport().update()

    def _paint_far(self, painter: QPainter, area: QRectF) -> None:
        far.paint(painter, area, self.mirror)
