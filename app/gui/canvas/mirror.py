"""Keeps the items of a scene as the graph is: what came, went, moved or changed, and no more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable
from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QGraphicsScene

from app.gui.canvas.colours import kind_colour
from app.gui.canvas.face import face_of, view_of
from app.gui.canvas.fit import zones_around
from app.gui.canvas.frame_item import FrameItem, frame_area, is_frame
from app.gui.canvas.layout import free_places, laid_out
from app.gui.canvas.library import BoxItem
from app.gui.canvas.link_item import LinkItem, LinkKey
from app.gui.canvas.node_item import NodeItem
from app.gui.canvas.shape import Spot
from app.gui.canvas.zone_item import LEAST, ZoneItem
from app.gui.document import Document
from app.gui.status import Statuses
from engine.graph.graph import Source
from engine.graph.repeat import REPEAT

Piece = NodeItem


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
        self._of_node: dict[str, set[LinkKey]] = defaultdict(set)
        self._read: dict[str, set[str]] = defaultdict(set)  # the outputs that links come from

    def rebuild(self) -> None:
        """Show another graph."""
        for item in (*self.nodes.values(), *self.links.values(), *self.frames.values()):
            self.scene.removeItem(item)
        self.nodes.clear()
        self.frames.clear()
        self.links.clear()
        self._of_node.clear()
        self.update([*self.document.graph.nodes, *self.document.graph.view])

    def update(self, ids: Iterable[str]) -> None:
        """Show what is different about these nodes."""
        graph = self.document.graph
        ids = list(ids)
        for name in ids:
            if name not in graph.nodes and name in self.nodes:
                self.scene.removeItem(self.nodes.pop(name))
        links = self._links()
        self._drop_links(links)
        read: dict[str, set[str]] = defaultdict(set)
        for key in links:
            read[key.source.node].add(key.source.port)
        fresh = [name for name in graph.nodes if name not in self.nodes]
        moved: set[str] = set()
        other = [name for name in graph.nodes if read[name] != self._read[name]]
        for name in dict.fromkeys([*ids, *fresh, *other]):
            if name in graph.nodes:
                self._show(name, read[name])
                moved.add(name)
        self._read = read
        for name in ids:
            if is_frame(name):
                self._show_frame(name)
        self._place(fresh)
        self.fit_zones()
        self._match_links(links, moved)

    def show_status(self, ids: Iterable[str]) -> None:
        """Show how it stands with nodes, by their ids in the whole workflow."""
        for full in ids:
            name = full.removeprefix(self.prefix)
            item = self.nodes.get(name)
            if item is not None and full.startswith(self.prefix):
                item.show_status(self.statuses[full])

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
        found_ways = {}
        for link, way in (report.conversions if report else {}).items():
            found_ways[str(link.source), link.node, link.port] = way
        for key, item in self.links.items():
            source = f"{self.prefix}{key.source}"
            way = found_ways.get((source, f"{self.prefix}{key.node}", key.port))
            if way != item.conversion:
                item.conversion = way
                item.setToolTip(str(way) if way else "")
                self._lead(item)

    def lead(self, names: Iterable[str]) -> None:
        """Let the links of nodes follow where these are now."""
        for key in {key for name in names for key in self._of_node.get(name, ())}:
            self._lead(self.links[key])

    def pieces(self) -> list[Piece]:
        """All that has ports."""
        return list(self.nodes.values())

    def boxes(self) -> list[BoxItem]:
        """All that can be selected and moved."""
        return [*self.nodes.values(), *self.frames.values()]

    def box(self, name: str) -> BoxItem:
        """A node, or a frame."""
        return self.nodes[name] if name in self.nodes else self.frames[name]

    def piece(self, name: str) -> Piece:
        """What stands for a node."""
        return self.nodes[name]

    def port_pos(self, name: str, spot: Spot, towards: QPointF) -> QPointF:
        """Where a link to a port hangs that comes from a point of the scene."""
        piece = self.piece(name)
        return piece.port_pos(*spot, isinstance(piece, ZoneItem) and piece.holds(towards))

    def links_of(self, name: str) -> list[LinkItem]:
        """The links into and out of a node."""
        return [self.links[key] for key in self._of_node.get(name, ())]

    def restyle(self) -> None:
        """Take the colours of another theme."""
        for item in (*self.nodes.values(), *self.frames.values()):
            item.update()
        for item in self.links.values():
            self._tint(item)

    def differences(self) -> list[str]:
        """Where the view is not as the graph is: nothing, ever. For tests."""
        graph = self.document.graph
        found: list[str] = []
        if self.nodes.keys() != graph.nodes.keys():
            found.append(f"nodes: {self.nodes.keys() ^ graph.nodes.keys()}")
        if self.links.keys() != set(self._links()):
            found.append(f"links: {self.links.keys() ^ set(self._links())}")
        read: dict[str, set[str]] = defaultdict(set)
        for key in self._links():
            read[key.source.node].add(key.source.port)
        for name, item in self.nodes.items():
            if name not in graph.nodes:
                continue
            if item.face != face_of(self.document, graph.nodes[name], read[name]):
                found.append(f"face of {name}")
            at = view_of(self.document, name).get("at")
            free = not self._members(name)
            if at is not None and free and [item.x(), item.y()] != [float(part) for part in at]:
                found.append(f"place of {name}")
        for key, item in self.links.items():
            if self._ends(key) != item.ends:
                found.append(f"way of {key}")
        if self.frames.keys() != {name for name in graph.view if is_frame(name)}:
            found.append("frames")
        for name, item in self.frames.items():
            if item.box() != frame_area(view_of(self.document, name)):
                found.append(f"place of {name}")
        return found

    def _show(self, name: str, read: Iterable[str]) -> None:
        face = face_of(self.document, self.document.graph.nodes[name], sorted(read))
        item = self.nodes.get(name)
        if item is None:
            zone = self.document.graph.nodes[name].type == REPEAT
            item = self.nodes[name] = (ZoneItem if zone else NodeItem)(name)
            item.status = self.statuses[self.prefix + name]
            item.problems = self.document.problems(name)
            item.plan = self.plan
            item.show_face(face)
            self.scene.addItem(item)
        elif item.face != face:
            item.show_face(face)
        at = place_of(self.document, name)
        if at is not None and not self._members(name):  # a point at the origin counts as false
            item.setPos(at)

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

    def _members(self, zone: str) -> list[str]:
        """What is in a zone."""
        if zone not in self.nodes or not isinstance(self.nodes[zone], ZoneItem):
            return []
        return [node.id for node in self.document.graph.nodes.values() if node.zone == zone]

    def zones(self) -> list[ZoneItem]:
        """The zones, the innermost first."""
        found = [item for item in self.nodes.values() if isinstance(item, ZoneItem)]
        return sorted(found, key=lambda item: -len(zones_around(self.document.graph, item.id)))

    def fit_zones(self, but: Container[str] = ()) -> None:
        """Let zones lie around their members; those that are dragged about don't count."""
        for item in self.zones():
            members = [name for name in self._members(item.id) if name not in but]
            area = QRectF()
            for name in members:
                if name in self.nodes:
                    area = area.united(self.nodes[name].box())
            kept = item.id not in but and not members and bool(self._members(item.id))
            before = item.box()
            if not kept:
                item.fit(area, len(zones_around(self.document.graph, item.id)))
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
        lost = [name for name in self.nodes if place_of(self.document, name) is None]
        return {name: self.nodes[name].pos() for name in lost}

    def sizes(self) -> dict[str, tuple[float, float]]:
        """How large nodes are; a zone with members as large as its bars alone."""
        return {
            name: LEAST if isinstance(item, ZoneItem) else (item.width, item.height)
            for name, item in self.nodes.items()
        }

    def _place(self, fresh: list[str]) -> None:
        """Find places for nodes whose file says none."""
        lost = [name for name in fresh if place_of(self.document, name) is None]
        if not lost:
            return
        sizes = self.sizes()
        if len(lost) == len(self.nodes):
            places = laid_out(self.document.graph, sizes)
        else:
            taken = [item.box() for name, item in self.nodes.items() if name not in lost]
            places = free_places(self.document.graph, lost, sizes, taken, self._at)
        for name in lost:
            self.nodes[name].setPos(places[name])

    def _at(self, name: str) -> QPointF:
        return self.nodes[name].pos()

    def _links(self) -> dict[LinkKey, None]:
        graph = self.document.graph
        return {
            LinkKey(source, node.id, port, place): None
            for node in graph.nodes.values()
            for port, sources in node.inputs.items()
            for place, source in enumerate(sources)
            if source.node in graph.nodes
        }

    def _drop_links(self, links: Container[LinkKey]) -> None:
        for key in [key for key in self.links if key not in links]:
            item = self.links.pop(key)
            self.scene.removeItem(item)
            for name in (key.node, key.source.node):
                self._of_node[name].discard(key)

    def _match_links(self, links: Iterable[LinkKey], moved: set[str]) -> None:
        touched = set(moved)
        for key in links:
            if key not in self.links:
                item = self.links[key] = LinkItem(key)
                for name in (key.node, key.source.node):
                    self._of_node[name].add(key)
                touched |= {key.node, key.source.node}
                self.scene.addItem(item)
                self._tint(item)
        self._mark_linked()
        self._show_dots(touched)
        self.lead(touched)

    def _mark_linked(self) -> None:
        linked: dict[str, set[Spot]] = defaultdict(set)
        for key in self.links:
            linked[key.node].add((key.port, False))
            linked[key.source.node].add((key.source.port, True))
        for name, item in self.nodes.items():
            if item.linked != linked[name]:
                item.linked = linked[name]
                item.update()

    def _show_dots(self, names: Iterable[str]) -> None:
        for name in names:
            routes = view_of(self.document, name).get("routes")
            for key in self._of_node.get(name, ()):
                if key.node == name:
                    self.links[key].dots = dots_of(routes, key)

    def _lead(self, item: LinkItem) -> None:
        item.ends = self._ends(item.key)
        item.lead(*item.ends)

    def _ends(self, key: LinkKey) -> tuple[QPointF, QPointF]:
        inside = key.source.node in zones_around(self.document.graph, key.node)
        start = self.nodes[key.source.node].port_pos(
            key.source.port, True, inside or key.source.node == key.node
        )
        return start, self.nodes[key.node].port_pos(key.port, False)

    def _tint(self, item: LinkItem) -> None:
        item.tint(self.link_colour(item.key.source))

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
