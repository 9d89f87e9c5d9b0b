"""Keeps the items of a scene as the graph is: what came, went, moved or changed, and no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Container, Iterable, Mapping
from dataclasses import replace
from itertools import islice

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene

from app.gui.canvas.colours import kind_colour
from app.gui.canvas.face import face_of, view_of
from app.gui.canvas.fit import zones_around
from app.gui.canvas.frame_item import FrameItem, is_frame
from app.gui.canvas.layout import free_places, laid_out
from app.gui.canvas.library import BoxItem
from app.gui.canvas.link_item import LinkItem, LinkKey
from app.gui.canvas.node_item import NodeItem
from app.gui.canvas.shape import WIDTH, Spot
from app.gui.canvas.wiring import Wiring
from app.gui.canvas.zone_item import LEAST, ZoneItem
from app.gui.document import Document
from app.gui.slices import Slices
from app.gui.status import Statuses
from engine.graph.graph import Source
from engine.graph.repeat import REPEAT
from engine.graph.types import Conversion

Piece = NodeItem

AT_ONCE = 60
"""So many nodes are shown at once; of more, `STEP` at a time."""
STEP = 6
USUAL = (WIDTH, 160.0)
"""About the size of a node that has no item yet."""


class Mirror:
    """The items by what they stand for: nodes by id, links by their ends."""

    def __init__(self, scene: QGraphicsScene, document: Document, statuses: Statuses) -> None:
        self.scene = scene
        self.document = document
        self.statuses = statuses
        self.prefix = ""
        self.nodes: dict[str, NodeItem] = {}
        self.links: dict[LinkKey, LinkItem] = {}
        self.frames: dict[str, FrameItem] = {}
        self.plan = False
        self.chosen: Container[str] = ()
        """What is selected, whether or not it has its item already."""
        self.made: Callable[[], object] | None = None
        """Called when the last of many items was made."""
        self.extent = QRectF()
        """About the area that all nodes are in, or have been in."""
        self.wiring = Wiring()
        self._ways: dict[tuple[str, str, str], Conversion] = {}
        self._zones: dict[str, ZoneItem] = {}
        self._waiting: dict[str, None] = {}
        self._dead: list[QGraphicsItem] = []
        self._homeless: dict[str, None] = {}  # nodes that nobody has placed, until they are
        self._slices = Slices(self._step, scene)

    def rebuild(self) -> None:
        """Show another graph."""
        self._bury([*self.nodes.values(), *self.links.values(), *self.frames.values()])
        self.nodes.clear()
        self._zones.clear()
        self.frames.clear()
        self.links.clear()
        self.wiring.clear()
        self._waiting.clear()
        self._homeless.clear()
        self.extent = QRectF()
        self.update([*self.document.graph.nodes, *self.document.graph.view])

    def update(self, ids: Iterable[str]) -> None:
        """Show what is different about these nodes: of many, a few at a time."""
        graph = self.document.graph
        ids = list(ids)
        names = [name for name in ids if not is_frame(name)]
        gone, fresh = self.wiring.follow(graph, names)
        dead: list[QGraphicsItem] = [self.links.pop(key) for key in gone if key in self.links]
        for name in names:
            if name not in graph.nodes:
                dead += self._forget(name)
        self._bury(dead)
        ends = (end for key in (*gone, *fresh) for end in (key.node, key.source.node))
        touched = [name for name in dict.fromkeys((*names, *ends)) if name in graph.nodes]
        for name in ids:
            if is_frame(name):
                self._show_frame(name)
        if not self._put_off(touched):
            self._show_all(touched)
            if not self._waiting:
                self._end()
            self.fit_zones()
            self._settle(touched)

    @property
    def busy(self) -> bool:
        """Whether items are still to be made, brought up to date or taken away."""
        return bool(self._waiting or self._dead)

    def finish(self) -> None:
        """Make all items now that are still to be made."""
        self._slices.finish()

    def expected(self) -> dict[str, QRectF]:
        """About where those nodes will be that have no items yet, as far as their file says."""
        found: dict[str, QRectF] = {}
        for name in self._waiting:
            at = None if name in self.nodes else place_of(self.document, name)
            if at is not None:
                found[name] = QRectF(at.x(), at.y(), *USUAL)
        return found

    def show_status(self, ids: Iterable[str]) -> None:
        """Show how it stands with nodes, by their ids in the whole workflow."""
        names = [full.removeprefix(self.prefix) for full in ids if full.startswith(self.prefix)]
        names = [name for name in names if name in self.nodes]
        if not self._put_off(names):
            for name in names:
                self.nodes[name].show_status(self.statuses[self.prefix + name])

    def show_plan(self, on: bool) -> None:
        """Tint nodes by whether they would run, or no longer."""
        self.plan = on
        for item in self.nodes.values():
            item.plan = on
            item.update()

    def show_outputs(self) -> None:
        """Show which nodes' results are asked for."""
        wanted = set(self.document.graph.outputs)
        for name, item in self.nodes.items():
            if item.face.wanted != (name in wanted):
                item.show_face(replace(item.face, wanted=name in wanted))

    def show_problems(self) -> None:
        """Show what the last check found, and which links convert."""
        for name, item in self.nodes.items():
            found = self.document.problems(name)
            if found != item.problems:
                item.problems = found
                item.update()
        report = self.document.report
        ways = report.conversions if report else {}
        self._ways = {(str(link.source), link.node, link.port): way for link, way in ways.items()}
        for item in self.links.values():
            if self._convert(item):
                self._lead(item)

    def lead(self, names: Iterable[str]) -> None:
        """Let the links of nodes follow where these are now."""
        for key in dict.fromkeys(key for name in names for key in self.wiring.of.get(name, ())):
            if item := self.links.get(key):
                self._lead(item)

    def carry(self, moved: Mapping[str, QPointF]) -> None:
        """Let links follow nodes that were moved by these distances, as while they are dragged."""
        nowhere = QPointF()
        for key in dict.fromkeys(key for name in moved for key in self.wiring.of.get(name, ())):
            item = self.links.get(key)
            if item is None:
                continue
            by = moved.get(key.node, nowhere)
            if by == moved.get(key.source.node, nowhere) and not item.dots:
                item.carry(by)
            else:
                self._lead(item)

    def pieces(self) -> list[Piece]:
        """All that has ports."""
        return list(self.nodes.values())

    def boxes(self) -> list[BoxItem]:
        """All that can be selected and moved."""
        return [*self.nodes.values(), *self.frames.values()]

    def box(self, name: str) -> BoxItem:
        """A node, or a frame."""
        return self.frames[name] if name in self.frames else self.piece(name)

    def piece(self, name: str) -> Piece:
        """What stands for a node, made now if it was still to be made."""
        if name in self._waiting:
            self._show_all([name])
            self._settle([name])
        return self.nodes[name]

    def port_pos(self, name: str, spot: Spot, towards: QPointF) -> QPointF:
        """Where a link to a port hangs that comes from a point of the scene."""
        piece = self.piece(name)
        return piece.port_pos(*spot, isinstance(piece, ZoneItem) and piece.holds(towards))

    def links_of(self, name: str) -> list[LinkItem]:
        """The links into and out of a node."""
        return [self.links[key] for key in self.wiring.of.get(name, ()) if key in self.links]

    def restyle(self) -> None:
        """Take the colours of another theme."""
        for item in (*self.nodes.values(), *self.frames.values()):
            item.update()
        for item in self.links.values():
            if item.isSelected():
                item.restyle()
        if not self._put_off(self.nodes):
            self._settle(self.nodes)

    def _put_off(self, names: Collection[str]) -> bool:
        """Let so many nodes be shown a few at a time; False when they are few."""
        if len(names) <= AT_ONCE:
            return False
        self._waiting.update(dict.fromkeys(names))
        self._slices.start()
        return True

    def _step(self) -> bool:
        """Take away or make some of the items that wait for it; whether there are more."""
        if self._dead:
            for item in self._dead[-STEP:]:
                self.scene.removeItem(item)
            del self._dead[-STEP:]
            return self.busy
        some = list(islice(self._waiting, STEP))
        self._show_all(some)
        self._settle(some)
        if not self._waiting:
            self._end()
            self.fit_zones()
            self.lead(item.id for item in self.zones())
            if self.made is not None:
                self.made()
        return self.busy

    def _end(self) -> None:
        """All items are there: find places for nodes whose file says none."""
        homeless, self._homeless = [*self._homeless], {}
        if homeless:
            self._place(homeless)
            self._settle(homeless)

    def _forget(self, name: str) -> list[NodeItem]:
        """What stands for a node that is gone: one item or none."""
        self._waiting.pop(name, None)
        self._homeless.pop(name, None)
        self._zones.pop(name, None)
        item = self.nodes.pop(name, None)
        return [item] if item is not None else []

    def _bury(self, items: list[QGraphicsItem]) -> None:
        """Take items out of the scene: of many a few at a time."""
        if len(items) <= AT_ONCE:
            for item in items:
                self.scene.removeItem(item)
        else:
            self._dead += items
            self._slices.start()

    def holds(self, item: NodeItem) -> bool:
        """Whether an item stands for a node still."""
        return self.nodes.get(item.id) is item

    def _show_all(self, names: Iterable[str]) -> None:
        for name in names:
            self._waiting.pop(name, None)
            self._show(name)

    def _show(self, name: str) -> None:
        read = self.wiring.read(name)
        face = face_of(self.document, self.document.graph.nodes[name], read)
        item = self.nodes.get(name)
        if item is None:
            zone = self.document.graph.nodes[name].type == REPEAT
            item = self.nodes[name] = ZoneItem(name) if zone else NodeItem(name)
            if isinstance(item, ZoneItem):
                self._zones[name] = item
            item.status = self.statuses[self.prefix + name]
            item.problems = self.document.problems(name)
            item.plan = self.plan
            item.show_face(face)
            item.setSelected(name in self.chosen)
            if place_of(self.document, name) is None:
                self._homeless[name] = None
            self.scene.addItem(item)
        else:
            if item.face != face:
                item.show_face(face)
            if item.status is not (status := self.statuses[self.prefix + name]):
                item.show_status(status)
        at = place_of(self.document, name)
        if at is not None and not self.members(name):  # a point at the origin counts as false
            item.setPos(at)
        self.extent |= item.box()

    def _show_frame(self, name: str) -> None:
        view = view_of(self.document, name)
        item = self.frames.get(name)
        if not view:
            if item is not None:
                self.scene.removeItem(self.frames.pop(name))
            return
        if item is None:
            item = self.frames[name] = FrameItem(name)
            self.scene.addItem(item)
        item.show_view(view)

    def members(self, zone: str) -> list[str]:
        """What is in a zone."""
        if zone not in self._zones:
            return []
        return [node.id for node in self.document.graph.nodes.values() if node.zone == zone]

    def zones(self) -> list[ZoneItem]:
        """The zones, the innermost first."""
        found = self._zones.values()
        return sorted(found, key=lambda item: -len(zones_around(self.document.graph, item.id)))

    def fit_zones(self, but: Container[str] = ()) -> None:
        """Let zones lie around their members; those that are dragged about don't count."""
        zones = self.zones()
        inside: dict[str, list[str]] = defaultdict(list)
        for node in self.document.graph.nodes.values() if zones else ():
            inside[node.zone].append(node.id)
        for item in zones:
            members = [name for name in inside[item.id] if name not in but]
            area = QRectF()
            for name in members:
                if name in self.nodes:
                    area = area.united(self.nodes[name].box())
            kept = item.id not in but and not members and bool(inside[item.id])
            before = item.box()
            if not kept:
                item.fit(area, len(zones_around(self.document.graph, item.id)))
            at = place_of(self.document, item.id)
            if at is not None and not inside[item.id] and item.id not in but:
                item.setPos(at)  # nothing that is inside says where it is any more
            if item.box() != before:
                self.lead({item.id})

    def zone_at(self, at: QPointF, but: Container[str] = ()) -> str:
        """The innermost zone at a point, "" for none."""
        for item in self.zones():
            if item.id not in but and item.holds(at):
                return item.id
        return ""

    def unplaced(self) -> dict[str, QPointF]:
        """Where nodes are that nobody has placed: once one is moved, all keep their places."""
        self.finish()
        lost = [name for name in self.nodes if place_of(self.document, name) is None]
        return {name: self.nodes[name].pos() for name in lost}

    def sizes(self) -> dict[str, tuple[float, float]]:
        """How large nodes are; a zone with members as large as its bars alone."""
        self.finish()
        return {
            name: LEAST if isinstance(item, ZoneItem) else (item.width, item.height)
            for name, item in self.nodes.items()
        }

    def _place(self, lost: list[str]) -> None:
        """Find places for nodes that nobody has placed."""
        sizes = self.sizes()
        if len(lost) == len(self.nodes):
            places = laid_out(self.document.graph, sizes)
        else:
            among = {*lost}
            taken = [item.box() for name, item in self.nodes.items() if name not in among]
            places = free_places(self.document.graph, lost, sizes, taken, self._at)
        for name in lost:
            self.nodes[name].setPos(places[name])
            self.extent |= self.nodes[name].box()

    def _at(self, name: str) -> QPointF:
        return self.nodes[name].pos()

    def _settle(self, names: Iterable[str]) -> None:
        """Let nodes have the links that they should, as far as both ends are there."""
        names = list(names)
        keys = dict.fromkeys(key for name in names for key in self.wiring.of.get(name, ()))
        for key in keys:
            if key.node in self.nodes and key.source.node in self.nodes:
                item = self.links.get(key) or self._link(key)
                routes = view_of(self.document, key.node).get("routes")
                item.dots = dots_of(routes, key) if routes else []
                self._lead(item)
                self._tint(item)
        for name in names:
            item = self.nodes.get(name)
            if item is not None and item.linked != (linked := self.wiring.spots(name)):
                item.linked = linked
                item.update()

    def _link(self, key: LinkKey) -> LinkItem:
        item = self.links[key] = LinkItem(key)
        self._convert(item)
        self.scene.addItem(item)
        return item

    def _convert(self, item: LinkItem) -> bool:
        """Show into what the last check says that a link turns things; whether that is new."""
        key = item.key
        name = (f"{self.prefix}{key.source}", f"{self.prefix}{key.node}", key.port)
        way = self._ways.get(name)
        if way == item.conversion:
            return False
        item.conversion = way
        item.setToolTip(str(way) if way else "")
        return True

    def _lead(self, item: LinkItem) -> None:
        item.ends = self.ends_of(item.key)
        item.lead(*item.ends)

    def ends_of(self, key: LinkKey) -> tuple[QPointF, QPointF]:
        """The points that a link goes between."""
        inside = key.source.node in zones_around(self.document.graph, key.node)
        start = self.nodes[key.source.node].port_pos(
            key.source.port, True, inside or key.source.node == key.node
        )
        return start, self.nodes[key.node].port_pos(key.port, False)

    def _tint(self, item: LinkItem) -> None:
        colour = self.link_colour(item.key.source)
        if colour != item.colour:
            item.tint(colour)

    def link_colour(self, source: Source) -> QColor:
        """The colour of what an output gives."""
        port = self.nodes[source.node].face.ports.find(source.port, True)
        return kind_colour(port.type.kind if port else None)


def place_of(document: Document, name: str) -> QPointF | None:
    """Where a node was put, None for one that nobody has placed."""
    match view_of(document, name).get("at"):
        case [int() | float() as x, int() | float() as y]:
            return QPointF(x, y)
        case _:
            return None


def dots_of(routes: object, key: LinkKey) -> list[QPointF]:
    """The points that a link is led through: view data of the node that it goes into.

    `{"latents": [[[x, y], …]]}`: by port, then one list for each link of the port.
    """
    try:
        points = routes[key.port][key.place]  # type: ignore[index]
        return [QPointF(float(x), float(y)) for x, y in points]
    except (KeyError, IndexError, TypeError, ValueError):
        return []
