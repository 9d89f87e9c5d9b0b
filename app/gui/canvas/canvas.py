"""The canvas of the editor: the graph as nodes and links, to be seen and edited by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, QRectF, QTimer, Signal
from PySide6.QtGui import QAction, QCursor, QMouseEvent, QPainter
from PySide6.QtWidgets import QMenu, QVBoxLayout, QWidget

from app.gui import theme
from app.gui.canvas import actions, context_menu, drops, edits, far, tips
from app.gui.canvas.adding import Adding
from app.gui.canvas.commands import Commands
from app.gui.canvas.crumbs import Crumbs
from app.gui.canvas.curves import place_of_dot
from app.gui.canvas.export import Drawing, in_order
from app.gui.canvas.gestures import Gesture
from app.gui.canvas.hands import Hands
from app.gui.canvas.link_item import LinkItem, LinkKey
from app.gui.canvas.minimap import Minimap
from app.gui.canvas.mirror import Mirror
from app.gui.canvas.naming import Naming
from app.gui.canvas.rows import RowHands
from app.gui.canvas.verify import Verifier
from app.gui.canvas.view import View
from app.gui.canvas.way import Way
from app.gui.canvas.zone_item import ZoneItem
from app.gui.document import Document
from app.gui.language import tr
from app.gui.status import Statuses
from engine.graph.errors import LoomError
from engine.graph.graph import Graph
from engine.graph.subgraph import used

INSET = 10  # of what lies over the canvas, from its border


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
    edit_asked = Signal(str, str)
    """A parameter of a node that needs more room than a line: a model, a file, a drawing."""
    file_dropped = Signal(Path)
    """A file was dropped that carries a workflow."""
    note = Signal(str)
    """Something to say in a status bar."""

    def __init__(
        self, document: Document, statuses: Statuses, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.document = document
        self.statuses = statuses
        self.way = Way(document)
        self.view = View(self._pressed, self)
        self.mirror = Mirror(self.view.scene(), document, statuses)
        self.hands = Hands(self)
        self.rows = RowHands(document, self.view)
        self.verifier = Verifier(self)
        self.commands = Commands(self)
        self.naming = Naming(self)
        self.adding = Adding(self)
        self.search = self.adding.search
        self.crumbs = Crumbs(self)
        self.map = Minimap(self.view, self.mirror, self)
        self._actions = actions.make(self.commands, self)
        self._chosen: set[str] = set()
        self._selected: tuple[str, ...] = ()
        self._links: set[LinkKey] = set()
        self._stood: QRectF | None = None
        self._drawing: Drawing | None = None
        self._held: LinkItem | None = None  # whose dot is selected
        self._gone: set[str] = set()  # what was removed since this is shown
        self._root: Graph | None = None
        self._views: dict[str, tuple[QPointF, float]] = {}  # where one looked, by prefix
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view)
        self.setFocusProxy(self.view)
        self.setAccessibleName(tr("Canvas"))
        self.view.setAccessibleName(tr("Canvas"))
        self._join()
        self._shown()

    def _join(self) -> None:
        self.view.overlay(self.crumbs, lambda size: QPoint(INSET, INSET))
        self.view.overlay(
            self.map,
            lambda size: QPoint(
                size.width() - self.map.width() - INSET, size.height() - self.map.height() - INSET
            ),
        )
        self.view.tip = self._tip
        self.view.paint_far = self._paint_far
        self.mirror.made = self._made
        self.view.double_clicked.connect(self._double_clicked)
        self.view.hovered.connect(self.hands.hover)
        self.view.given_up.connect(self._given_up)
        self.view.accepts = drops.accepts
        self.view.dropped.connect(self._dropped)
        self.rows.larger_asked.connect(self.edit_asked)
        self.rows.refused.connect(self.said)
        self.crumbs.asked.connect(self.way.out_to)
        self.document.changed.connect(self._changed)
        self.document.shown.connect(self._shown)
        self.document.titled.connect(self._titled)
        self.document.checked.connect(self._checked)
        self.statuses.changed.connect(self._status_changed)
        theme.changed.connect(self._restyle)

    # What is selected

    def selection(self) -> tuple[str, ...]:
        """The ids of the selected nodes, in the order of the graph."""
        return self._selected

    def chosen(self) -> list[str]:
        """The selected nodes and frames."""
        return [*self._selected, *(name for name in self._chosen if name not in self._selected)]

    def links(self) -> set[LinkKey]:
        """The selected links."""
        return set(self._links)

    def select(self, names: Iterable[str], links: Iterable[LinkKey] = ()) -> None:
        """Select these nodes, frames and links, and nothing else."""
        wanted, keys = set(names), set(links)
        self.hold_dot(None)
        for item in self.mirror.boxes():
            if item.isSelected() != (item.id in wanted):
                item.setSelected(item.id in wanted)
                item.update()
        for key in keys ^ self._links:
            if item := self.mirror.links.get(key):
                item.setSelected(key in keys)
                item.restyle()
        self._links = keys & self.mirror.links.keys()
        there = self.document.graph.nodes.keys() | self.mirror.frames.keys()
        self._chosen = self.mirror.chosen = wanted & there
        now = tuple(name for name in self.document.graph.nodes if name in wanted)
        if self.view.far:
            self.view.viewport().update()
        self.view.setAccessibleDescription(tips.in_words(self.document, self.mirror, now))
        if now != self._selected:
            self._selected = now
            self.selection_changed.emit(now)

    def hold_dot(self, key: LinkKey | None, dot: int | None = None) -> None:
        """Select one dot of a link, which is then what is removed; none of them for None."""
        for item, held in ((self._held, None), (self.mirror.links.get(key) if key else None, dot)):
            if item is not None:
                item.held = held
                item.update()
        self._held = self.mirror.links.get(key) if key else None

    def reveal(self, name: str) -> None:
        """Select a node that is shown, and bring it into sight."""
        if name in self.document.graph.nodes:
            self.select([name])
            box = self.mirror.piece(name).box()
            if not self.view.seen().contains(box):
                self.view.centre_on(box.center())

    def go_to(self, full: str) -> None:
        """Show a node by its id in the whole workflow: `denoise`, `fix/denoise`.

        `subgraph:name/denoise` is one inside a subgraph, whichever instance it is in.
        """
        self.reveal(self.way.go_to(full))

    # What is seen

    def zoom_to_fit(self) -> None:
        """Show the selected nodes, or all."""
        self.view.show_area(self.area(self._chosen or None))

    def area(self, names: Iterable[str] | None = None) -> QRectF:
        """What nodes and frames cover, all of them for None."""
        wanted = None if names is None else set(names)
        found = QRectF()
        for item in self.mirror.boxes():
            if wanted is None or item.id in wanted:
                found = found.united(item.box())
        for name, box in self.mirror.expected().items():
            if wanted is None or name in wanted:
                found = found.united(box)
        return found

    def pointed(self) -> QPointF:
        """The point of the scene under the mouse, else the middle of what is seen."""
        at = self.view.viewport().mapFromGlobal(QCursor.pos())
        if not self.view.viewport().rect().contains(at):
            return self.view.seen().center()
        return self.view.mapToScene(at)

    def show_plan(self, on: bool) -> None:
        """Tint nodes by whether they would run, or no longer."""
        self.mirror.show_plan(on)
        self.view.viewport().update()

    def export(self, path: Path, failed: Callable[[str], object] | None = None) -> None:
        """Draw the graph into a `.png` or `.svg` file; LoomError when it can't be written.

        A large one is drawn while the window goes on; `failed` is then told what went wrong.
        """
        chosen, links = self._chosen, self._links
        self.mirror.finish()
        self.select(())
        refused: list[LoomError] = []
        returned = False

        def over(error: LoomError | None) -> None:
            self._drawing = None
            if not self._chosen and not self._links:
                self.select(chosen, links)
            if error is not None and returned:
                (failed or self.said)(str(error))
            elif error is not None:
                refused.append(error)

        mirror = self.mirror
        items = [*mirror.frames.values(), *mirror.links.values(), *mirror.nodes.values()]
        self._drawing = Drawing(in_order(items), self.area(), path, over, self)
        self._drawing.start()
        returned = True
        if refused:
            raise refused[0]

    @property
    def busy(self) -> bool:
        """Whether something is still being drawn."""
        return self.mirror.busy or self.map.busy or self._drawing is not None

    def toggle_minimap(self) -> None:
        """Show or hide the minimap."""
        self.map.setVisible(self.map.isHidden())

    # Edits

    def actions_by_name(self) -> dict[str, QAction]:
        """Every command, in the order of a menu."""
        return dict(self._actions)

    def attempt(self, edit: Callable[[], object]) -> None:
        """Edit; what can't be done is said, and changes nothing."""
        try:
            edit()
        except LoomError as error:
            self.said(str(error))

    def said(self, words: str) -> None:
        """Say something to the person."""
        self.note.emit(words)

    def add_node(self, type_id: str, at: QPointF | None = None) -> str:
        """Add a node, at a point of the scene or in the middle of what is seen; its id."""
        return self.adding.add(type_id, at)

    def delete(self) -> None:
        """Remove what is selected: a dot rather than its link."""
        held = self._held
        if held is not None and held.held is not None and held.key in self.mirror.links:
            rest = [dot for index, dot in enumerate(held.dots) if index != held.held]
            edits.lead(self.document, held.key, rest)
            self.hold_dot(None)
        elif self._chosen or self._links:
            edits.remove(self.document, self._chosen, self._links)

    def places_of(self, names: Iterable[str]) -> dict[str, QPointF]:
        """Where nodes and frames are that move together: zones with members, frames with nodes."""
        found: dict[str, QPointF] = {}
        stack = list(names)
        while stack:
            name = stack.pop()
            if name in found:
                continue
            item = self.mirror.box(name)
            found[name] = item.pos()
            if isinstance(item, ZoneItem):
                nodes = self.document.graph.nodes.values()
                stack += [node.id for node in nodes if node.zone == name]
            elif name in self.mirror.frames:
                self.mirror.finish()
                inside = self.mirror.boxes()
                stack += [other.id for other in inside if item.box().contains(other.box())]
        return found

    def add_dot(self, key: LinkKey, at: QPointF) -> int:
        """Lead a link through another dot; its place among the link's dots."""
        item = self.mirror.links[key]
        place = place_of_dot(item.ends, item.dots, at)
        edits.lead(self.document, key, [*item.dots[:place], at, *item.dots[place:]])
        return place

    def menu_at(self, at: QPointF, place: QPoint) -> None:
        """Open the menu of what is at a point of the scene, at a point of the screen."""
        self.open_menu(context_menu.build(self, at), place)

    def open_menu(self, menu: QMenu, place: QPoint) -> None:
        """Open a menu at a point of the screen."""
        self.menu = menu
        menu.popup(place)

    def go_inside(self, name: str) -> None:
        """Show the inside of an instance of a subgraph."""
        self.way.into(name)

    def go_outside(self) -> None:
        """Show what is around the subgraph that is shown."""
        self.way.out()

    # What the person does

    def _pressed(self, event: QMouseEvent) -> Gesture | None:
        return self.hands.pressed(event)

    def _double_clicked(self, at: QPointF) -> None:
        place = self.view.mapToScene(at.toPoint())
        piece = self.hands.item_at(place)
        if piece is not None:
            if row := piece.shape_.row_at(place - piece.pos()):
                self.rows.edit(piece, row)
                return
            if used(self.document.graph.nodes[piece.id]):
                self.go_inside(piece.id)
            self.opened.emit(piece.id)
        elif (link := self.hands.link_at(place)) is not None:
            self.add_dot(link.key, place)
        elif (frame := self.hands.frame_at(place)) is not None:
            self.naming.rename(frame.id)
        else:
            self.adding.search_at(place)

    def _given_up(self) -> None:
        """Escape: nothing is selected any more; when nothing was, go out of the subgraph."""
        if self._chosen or self._links:
            self.select(())
        else:
            self.go_outside()

    def _dropped(self, data: QMimeData, at: QPointF) -> None:
        drops.drop(self, data, at)

    # Following the document

    def _changed(self, ids: frozenset[str]) -> None:
        before = {item.id for item in self.mirror.boxes()}
        self.mirror.update(ids)
        self.map.refresh()
        there = self.document.graph.nodes.keys() | self.mirror.frames.keys()
        back = (there - before) & self._gone
        self._gone |= before - there
        if back:  # undo brought it
            self.select(back)
        elif not self._chosen <= there or not self._links <= self.mirror.links.keys():
            self.select(self._chosen & there, self._links & self.mirror.links.keys())

    def _shown(self) -> None:
        left = self.mirror.prefix
        if self._root is self.document.root:
            self._views[left] = self.view.seen().center(), self.view.zoom
        else:
            self._root, left = self.document.root, ""
            self._views.clear()
        self._links, self._gone = set(), set()
        self.way.follow()
        self.mirror.prefix = self.way.prefix
        self.mirror.rebuild()
        self.mirror.show_problems()
        self.crumbs.show_steps(self.way.names)
        self.select([left.removeprefix(self.way.prefix).partition("/")[0]])
        if self._selected:  # others forget what is selected when something else is shown
            QTimer.singleShot(0, self, lambda: self.selection_changed.emit(self._selected))
        self.map.refresh()
        if self.way.prefix in self._views:
            centre, zoom = self._views[self.way.prefix]
            self.view.zoom_at(zoom / self.view.zoom, QPointF())
            self.view.centre_on(centre)
        else:
            QTimer.singleShot(0, self, self._fit)

    def _fit(self) -> None:
        """Show all of what was opened, and again when all of it is there."""
        self.zoom_to_fit()
        self._stood = self.view.seen() if self.mirror.busy else None

    def _made(self) -> None:
        """The last of many items was made."""
        if self._stood == self.view.seen():  # nobody has looked elsewhere meanwhile
            self.zoom_to_fit()
        self._stood = None
        self.map.refresh()
        self.view.viewport().update()

    def _titled(self) -> None:
        self.mirror.show_outputs()

    def _checked(self) -> None:
        self.mirror.show_problems()

    def _status_changed(self, ids: frozenset[str]) -> None:
        self.mirror.show_status(ids)
        self.map.refresh()
        if self.view.far:
            self.view.viewport().update()

    def _restyle(self) -> None:
        self.mirror.restyle()
        self.crumbs.restyle()
        self.map.refresh()
        self.view.viewport().update()

    def _tip(self, at: QPointF) -> str:
        prefix = self.mirror.prefix
        piece = self.hands.item_at(at)
        if piece is not None:
            return tips.of_node(self.document, prefix, piece, at)
        link = self.hands.link_at(at)
        return tips.of_link(self.document, prefix, link) if link is not None else ""

    def _paint_far(self, painter: QPainter, areas: list[QRectF]) -> None:
        far.paint(painter, areas, self.mirror)
