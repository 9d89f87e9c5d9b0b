"""What presses, drags and drops on the canvas mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QMouseEvent

from app.gui.canvas import edits
from app.gui.canvas.cutting import Cutting
from app.gui.canvas.fit import End, Fitting
from app.gui.canvas.frame_item import FrameItem
from app.gui.canvas.gestures import ALT, CONTROL, SHIFT, Band, Gesture, Move
from app.gui.canvas.link_item import LinkItem, LinkKey
from app.gui.canvas.linking import Linking
from app.gui.canvas.mirror import Piece
from app.gui.canvas.offers import end_of, input_of, insertion
from app.gui.canvas.room import room_for
from app.gui.canvas.shape import Spot
from app.gui.canvas.zone_item import ZoneItem
from app.gui.language import tr
from engine.graph.graph import Source

if TYPE_CHECKING:
    from app.gui.canvas.canvas import Canvas


class Hands:
    """Begins the gesture that a press means, and does what comes of it."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.view = canvas.view
        self.mirror = canvas.mirror
        self.document = canvas.document
        self._over: LinkItem | None = None
        self._held: tuple[str, ...] = ()
        self._hovered: Piece | None = None

    # What is where

    def item_at(self, at: QPointF) -> Piece | None:
        """The node at a point of the scene, or whose port is there."""
        near = QRectF(at.x() - 1, at.y() - 1, 2, 2)
        found = self.view.scene().items(near, Qt.ItemSelectionMode.IntersectsItemBoundingRect)
        pieces = [item for item in found if isinstance(item, Piece) and self.mirror.holds(item)]
        covering = next((piece for piece in pieces if piece.covers(at)), None)
        if covering is not None and covering.port_at(at) is not None:
            return covering
        beside = next((piece for piece in pieces if piece.port_at(at) is not None), None)
        return beside or covering

    def link_at(self, at: QPointF) -> LinkItem | None:
        """The link at a point of the scene."""
        reach = 6.0 / self.view.transform().m11()
        area = QRectF(at.x() - reach, at.y() - reach, 2 * reach, 2 * reach)
        found = self.view.scene().items(area, Qt.ItemSelectionMode.IntersectsItemBoundingRect)
        near = [
            (item.distance(at), index, item)
            for index, item in enumerate(found)
            if isinstance(item, LinkItem) and self.mirror.links.get(item.key) is item
        ]
        gap, _, item = min(near, default=(reach + 1, 0, None))
        return item if gap <= reach else None

    def frame_at(self, at: QPointF) -> FrameItem | None:
        """The frame whose title, border or corner is at a point of the scene."""
        return next((item for item in self.mirror.frames.values() if item.covers(at)), None)

    # What a press begins

    def pressed(self, event: QMouseEvent) -> Gesture | None:
        """The gesture of a press, None for one that means nothing more."""
        at = self.view.mapToScene(event.position().toPoint())
        if event.button() == Qt.MouseButton.RightButton and event.modifiers() & CONTROL:
            return Cutting(self.view, event, partial(edits.disconnect, self.document))
        if event.button() == Qt.MouseButton.RightButton:
            self.canvas.menu_at(at, event.globalPosition().toPoint())
            return None
        if event.button() != Qt.MouseButton.LeftButton:
            return None
        piece = self.item_at(at)
        if piece is not None:
            return self._on_node(piece, at, event)
        link = self.link_at(at)
        if link is not None:
            return self._on_link(link, at, event)
        frame = self.frame_at(at)
        if frame is not None:
            return self._on_frame(frame, at, event)
        return Band(self.view, event, self.canvas.chosen(), self.canvas.select)

    def _on_node(self, piece: Piece, at: QPointF, event: QMouseEvent) -> Gesture | None:
        if spot := piece.port_at(at):
            return self._link_from(piece, spot, event)
        name = piece.shape_.row_at(at - piece.pos())
        plain = not event.modifiers() & (CONTROL | SHIFT)
        scrub = self.canvas.rows.gesture(piece, name, event) if name and plain else None
        if scrub is not None:
            if piece.id not in self.canvas.chosen():
                self.canvas.select([piece.id])
            return scrub
        click = partial(self.canvas.rows.click, piece, name, at - piece.pos())
        return self._grab(piece.id, event, click if name and plain else None)

    def _link_from(self, piece: Piece, spot: Spot, event: QMouseEvent) -> Gesture:
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

    def _on_link(self, link: LinkItem, at: QPointF, event: QMouseEvent) -> Gesture | None:
        chosen = self.canvas.links() if event.modifiers() & (CONTROL | SHIFT) else set()
        self.canvas.select((), {*chosen, link.key})
        dot = link.dot_at(at, 8.0 / self.view.transform().m11())
        if dot is None and event.modifiers() & ALT:
            dot = self.canvas.add_dot(link.key, at)
            link = self.mirror.links[link.key]
        if dot is None:
            return None
        self.canvas.hold_dot(link.key, dot)

        def show(places: Mapping[str, QPointF]) -> None:
            link.dots[dot] = places[""]
            self.mirror.lead({link.key.node})

        def done(places: Mapping[str, QPointF], _: QPointF) -> None:
            dots = [*link.dots]
            dots[dot] = places[""]
            edits.lead(self.document, link.key, dots)

        return Move(self.view, event, {"": link.dots[dot]}, show, done)

    def _on_frame(self, frame: FrameItem, at: QPointF, event: QMouseEvent) -> Gesture | None:
        if not frame.corner().contains(at):
            return self._grab(frame.id, event, None)
        self.canvas.select([frame.id])
        area = frame.box()

        def show(places: Mapping[str, QPointF]) -> None:
            end = places[""] - area.topLeft()
            frame.resize(max(96.0, end.x()), max(64.0, end.y()), 3)
            frame.update()

        def done(places: Mapping[str, QPointF], _: QPointF) -> None:
            edits.resize(self.document, frame.id, frame.width, frame.height)

        return Move(self.view, event, {"": area.bottomRight()}, show, done)

    # What the mouse is over

    def hover(self, at: QPointF) -> None:
        """Show what a press at a point of the view would be on."""
        place = self.view.mapToScene(at.toPoint())
        piece = self.item_at(place)
        spot = piece.port_at(place) if piece is not None else None
        if self._hovered is not None and self._hovered is not piece:
            self._hovered.point_at(None)
        self._hovered = piece
        if piece is not None:
            piece.point_at(spot)
        self.view.viewport().setCursor(self._shape(piece, spot, place))

    def _shape(self, piece: Piece | None, spot: Spot | None, at: QPointF) -> Qt.CursorShape:
        if spot is not None:
            return Qt.CursorShape.CrossCursor
        if piece is not None:
            name = piece.shape_.row_at(at - piece.pos())
            row = self.canvas.rows.row(piece, name)
            if row is not None and row.sort == "number" and not row.linked:
                return Qt.CursorShape.SizeHorCursor
            return Qt.CursorShape.ArrowCursor
        frame = self.frame_at(at)
        if frame is not None and frame.corner().contains(at):
            return Qt.CursorShape.SizeFDiagCursor
        return Qt.CursorShape.ArrowCursor

    # Moving nodes and frames

    def _grab(
        self, name: str, event: QMouseEvent, click: Callable[[], None] | None
    ) -> Gesture | None:
        chosen = set(self.canvas.chosen())
        if event.modifiers() & (CONTROL | SHIFT):
            chosen ^= {name}
            self.canvas.select(chosen)
            if name not in chosen:
                return None
        elif name not in chosen:
            self.canvas.select([name])
        places = self.canvas.places_of(self.canvas.chosen())
        self._held = tuple(places)
        return Move(self.view, event, places, self._show_moved, self._moved, click)

    def _show_moved(self, places: Mapping[str, QPointF]) -> None:
        moved: dict[str, QPointF] = {}
        for name, at in places.items():
            box = self.mirror.box(name)
            moved[name] = at - box.pos()
            box.setPos(at)
        self.mirror.fit_zones(but=self._held)
        self.mirror.carry(moved)
        self._mark(self._link_under(places))

    def _moved(self, places: Mapping[str, QPointF], at: QPointF) -> None:
        link = self._link_under(places)
        self._mark(None)
        zones = self._zones_of(places)
        names = [*places]
        self._held = ()
        room = dict[str, QPointF]()
        if link is not None:
            room = room_for(self.mirror, names[0], self.mirror.piece(names[0]).box(), link.key)

        def edit() -> None:
            with self.document.edit(tr("Move")) as graph:
                edits.put(graph, {**self.mirror.unplaced(), **places, **room})
                for zone in dict.fromkeys(zones.values()):
                    graph.set_zone(zone, *(name for name in zones if zones[name] == zone))
                if link is not None:
                    edits.insert(graph, names[0], link.key, *self._insertion(names[0], link))

        self.canvas.attempt(edit)
        self.mirror.fit_zones()

    def _zones_of(self, places: Mapping[str, QPointF]) -> dict[str, str]:
        """The nodes that are in another zone now, and which."""
        graph, found = self.document.graph, dict[str, str]()
        for name in places:
            if name not in graph.nodes or graph.nodes[name].zone in places:
                continue
            if edits.is_end(graph, name):
                continue
            inside = {*places} if isinstance(self.mirror.nodes[name], ZoneItem) else set[str]()
            zone = self.mirror.zone_at(self.mirror.box(name).box().center(), inside)
            if zone != graph.nodes[name].zone:
                found[name] = zone
        return found

    # Dropping a node on a link

    def _link_under(self, places: Mapping[str, QPointF]) -> LinkItem | None:
        """The link that a single free node is held over, when it fits in there."""
        if len(places) != 1:
            return None
        name = next(iter(places))
        piece = self.mirror.nodes.get(name)
        if piece is None or isinstance(piece, ZoneItem) or self.mirror.links_of(name):
            return None
        box = piece.box()
        inner = box.adjusted(box.width() / 8, 4, -box.width() / 8, -4)
        found = self.view.scene().items(inner, Qt.ItemSelectionMode.IntersectsItemBoundingRect)
        links = [item for item in found if isinstance(item, LinkItem) and item.key.node != name]
        crossing = [link for link in links if link.key in self.mirror.links and link.enters(inner)]
        crossing.sort(key=lambda link: link.distance(box.center()))
        return next((link for link in crossing if self._insertion(name, link)[0]), None)

    def _insertion(self, name: str, link: LinkItem) -> tuple[str, str]:
        return self.insertion(self.document.graph.nodes[name].type, link.key)

    def insertion(self, type_id: str, key: LinkKey) -> tuple[str, str]:
        """The ports by which a node type fits into a link, ("", "") when it does not."""
        source = end_of(self.document, key.source)
        target = input_of(self.document, key.node, key.port)
        if source is None or target is None:
            return "", ""
        return insertion(self.document, self.mirror.prefix, type_id, source, target)

    def _mark(self, link: LinkItem | None) -> None:
        if link is not self._over:
            for item, on in ((self._over, False), (link, True)):
                if item is not None:
                    item.marked = on
                    item.restyle()
            self._over = link

    # What becomes of a link that was drawn

    def join(self, source: End, target: End, instead: LinkKey | None) -> None:
        """Join two ports, once the whole graph was checked with that link."""
        ends = Source(source.node, source.port.name), Source(target.node, target.port.name)
        if instead is not None and (instead.source, instead.target) == (ends[0], str(ends[1])):
            return

        def told(reason: str) -> None:
            if reason:
                self.said(reason)
            elif {ends[0].node, ends[1].node} <= self.document.graph.nodes.keys():
                many = target.port.type.many
                self.canvas.attempt(
                    partial(edits.connect, self.document, *ends, append=many, instead=instead)
                )

        if source.port.new or target.port.new:
            told("")
        else:
            self.canvas.verifier.ask(self.document, str(ends[0]), str(ends[1]), told)

    def dropped(self, start: End, at: QPointF, instead: LinkKey | None) -> None:
        """A link was let go where there is no port."""
        if instead is not None:
            edits.disconnect(self.document, [instead])
        elif not start.port.new:
            self.canvas.adding.search_at(at, start)

    def said(self, words: str) -> None:
        """Say why something was not done."""
        self.canvas.said(words)
