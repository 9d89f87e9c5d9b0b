"""What the commands of the canvas do."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, QRectF
from PySide6.QtGui import QGuiApplication

from app.gui.canvas import arrange, clipboard, context_menu, drops, edits
from app.gui.canvas.joining import pair_of
from app.gui.canvas.layout import laid_out
from app.gui.canvas.view import STEP
from app.gui.language import tr
from engine.graph.errors import LoomError
from engine.graph.graph import Graph, State
from engine.graph.repeat import REPEAT, TIMES
from engine.graph.subgraph import collapse, used

if TYPE_CHECKING:
    from app.gui.canvas.canvas import Canvas

OFFSET = QPointF(32, 32)
TIMES_AT_FIRST = 4  # of a zone that is made around nodes


class Commands:
    """Edits of what is selected. What can't be done is said, and changes nothing."""

    def __init__(self, canvas: Canvas) -> None:
        self.canvas = canvas
        self.document = canvas.document

    @property
    def graph(self) -> Graph:
        """What is shown."""
        return self.document.graph

    # Add, copy, remove

    def search(self) -> None:
        self.canvas.adding.search_at(self.canvas.pointed())

    def copy(self) -> None:
        if names := self.canvas.chosen():
            part = clipboard.copied(self.document, names)
            QGuiApplication.clipboard().setText(clipboard.as_text(part))

    def cut(self) -> None:
        self.copy()
        names = edits.with_members(self.graph, self.canvas.chosen())
        edits.remove(self.document, names, label=tr("Cut"))

    def paste(self) -> None:
        held = QGuiApplication.clipboard().mimeData()
        if held is not None and drops.accepts(held):  # files that were copied elsewhere
            drops.drop(self.canvas, held, self.canvas.pointed())
            return
        text = QGuiApplication.clipboard().text()
        if not text.strip():
            return
        try:
            part = clipboard.from_text(self.document, text)
        except LoomError as error:
            ours = '"loom"' in text
            self.canvas.said(str(error) if ours else tr("What was copied holds no nodes."))
            return
        self.put(part, self._middle_of(part), tr("Paste"))

    def duplicate(self) -> None:
        part = clipboard.copied(self.document, self.canvas.chosen(), outer=True)
        self.put(part, OFFSET, tr("Duplicate"))

    def put(self, part: Graph, by: QPointF, label: str) -> None:
        """Add a part of a graph, and select it."""
        added: list[str] = []
        self.canvas.attempt(lambda: added.extend(clipboard.paste(self.document, part, by, label)))
        if added:
            self.canvas.select(added)

    def delete(self) -> None:
        self.canvas.delete()

    def _middle_of(self, part: Graph) -> QPointF:
        """How far to move a part so that its middle is under the mouse."""
        places = [
            view["at"] for view in part.view.values() if isinstance(view, dict) and "at" in view
        ]
        if not places:
            return self.canvas.pointed()
        x = (min(place[0] for place in places) + max(place[0] for place in places)) / 2
        y = (min(place[1] for place in places) + max(place[1] for place in places)) / 2
        off = self.canvas.pointed() - QPointF(x, y)
        return QPointF(round(off.x() / 4) * 4, round(off.y() / 4) * 4)

    # State

    def mute(self) -> None:
        self._toggle("muted")

    def bypass(self) -> None:
        self._toggle("bypassed")

    def _toggle(self, state: State) -> None:
        names = self._nodes()
        on = any(self.graph.nodes[name].state != state for name in names)
        label = {"muted": tr("Mute"), "bypassed": tr("Bypass")}[state]
        if names:
            with self.document.edit(label) as graph:
                graph.set_state(state if on else "", *names)

    def lock(self) -> None:
        if names := self._nodes():
            self.canvas.lock_asked.emit(tuple(names))

    def mark_output(self) -> None:
        names = self._nodes()
        if self.document.scope or not names:
            return
        outputs = self.graph.outputs
        new = [name for name in names if name not in outputs]
        kept = [name for name in outputs if new or name not in names]
        with self.document.edit(tr("Ask for results")) as graph:
            graph.set_outputs([*kept, *new])

    def fold(self) -> None:
        names = [name for name in self._nodes() if self.graph.nodes[name].type != REPEAT]
        on = any(not self.canvas.mirror.piece(name).face.collapsed for name in names)
        if names:
            with self.document.edit(tr("Fold")) as graph:
                for name in names:
                    at = self.canvas.mirror.piece(name).pos()
                    place = [at.x(), at.y()]
                    edits.place(graph, name, at=place, collapsed=True if on else None)

    def rename(self) -> None:
        if names := self.canvas.chosen():
            self.canvas.naming.rename(names[0])

    def join(self) -> None:
        """Join the selected nodes from left to right, each with the first port that fits."""
        pieces = [self.canvas.mirror.piece(name) for name in self._nodes()]
        pieces.sort(key=lambda piece: (piece.x(), piece.y()))
        if len(pieces) < 2:
            self.canvas.said(tr("Select two nodes to join them."))
            return
        prefix = self.canvas.mirror.prefix
        for left, right in pairwise(pieces):
            pair = pair_of(self.document, prefix, left, right) or pair_of(
                self.document, prefix, right, left
            )
            if pair is None:
                words = tr("No output of {} fits a free input of {}.")
                self.canvas.said(words.format(left.id, right.id))
            else:
                self.canvas.hands.join(*pair, None)

    # Subgraphs, zones, frames

    def group(self) -> None:
        self.canvas.attempt(partial(self._group, self._nodes()))

    def _group(self, names: list[str]) -> None:
        root, scope = self.document.root, self.document.scope
        chosen = edits.with_members(self.graph, names)
        names = [
            name
            for name in self.graph.nodes
            if name in chosen and not edits.is_end(self.graph, name)
        ]
        name = edits.free_name("group", root.definitions)
        where = self.canvas.area(names).topLeft()
        with self.document.edit_root(tr("Make a subgraph")):
            if scope:
                with root.editing(scope) as body:
                    instance = collapse(body, names, name)
                    made = body.definitions[name]
                    edits.place(body, instance.id, at=[where.x(), where.y()])
                root.define(name, made)
            else:
                instance = collapse(root, names, name)
                edits.place(root, instance.id, at=[where.x(), where.y()])
        self.canvas.select([instance.id])

    def enter(self) -> None:
        """Go into an instance; in any other node, edit what it shows first."""
        names = self._nodes()
        if not names:
            return
        piece = self.canvas.mirror.piece(names[0])
        if used(self.graph.nodes[names[0]]):
            self.canvas.go_inside(names[0])
        elif piece.shape_.rows:
            self.canvas.rows.edit(piece, next(iter(piece.shape_.rows)))

    def leave(self) -> None:
        self.canvas.go_outside()

    def frame(self) -> None:
        names = self.canvas.chosen()
        area = self.canvas.area(names) if names else QRectF()
        if area.isEmpty():
            at = self.canvas.pointed()
            area = QRectF(at.x(), at.y(), 320, 200)
        name = edits.free_name("frame:1", self.graph.view)
        with self.document.edit(tr("Frame")) as graph:
            edits.frame(graph, name, area.adjusted(-24, -56, 24, 24), tr("Comment"))
        self.canvas.select([name])
        self.canvas.naming.rename(name)

    def repeat(self) -> None:
        self.canvas.attempt(partial(self._repeat, self._nodes()))

    def _repeat(self, names: list[str]) -> None:
        zones = {self.graph.nodes[name].zone for name in names} - {*names}
        at = self.canvas.area(names).topLeft() if names else self.canvas.pointed()
        with self.document.edit(tr("Repeat")) as graph:
            zone = graph.add(REPEAT, params={TIMES: TIMES_AT_FIRST}).id
            if len(zones) == 1:
                graph.set_zone(zones.pop(), zone)
            edits.place(graph, zone, at=[at.x(), at.y()])
            inside = [name for name in names if graph.nodes[name].zone not in names]
            if inside:
                graph.set_zone(zone, *inside)
        self.canvas.select([zone])

    # Places

    def lay_out(self) -> None:
        chosen = self._nodes()
        names = chosen if len(chosen) > 1 else [*self.graph.nodes]
        places = laid_out(self.graph, self.canvas.mirror.sizes(), names)
        if not places:
            return
        area = self.canvas.area(names)
        new_left = min(at.x() for at in places.values())
        new_top = min(at.y() for at in places.values())
        off = QPointF(area.left() - new_left, area.top() - new_top)
        edits.move(self.document, {name: at + off for name, at in places.items()})

    def align_left(self) -> None:
        self._arrange(arrange.left)

    def align_top(self) -> None:
        self._arrange(arrange.top)

    def spread_across(self) -> None:
        self._arrange(arrange.across)

    def spread_down(self) -> None:
        self._arrange(arrange.down)

    def _arrange(self, way: Callable[[arrange.Boxes], arrange.Places]) -> None:
        names = [name for name in self._nodes() if self.graph.nodes[name].type != REPEAT]
        boxes = {name: self.canvas.mirror.piece(name).box() for name in names}
        if len(boxes) > 1:
            edits.move(self.document, way(boxes))

    def nudge(self, x: float, y: float) -> None:
        """Move what is selected; presses that follow each other are undone together.

        Where nothing is selected, look further that way.
        """
        if not self.canvas.chosen():
            self.canvas.view.pan(QPoint(round(-6 * x), round(-6 * y)))
            return
        places = self.canvas.places_of(self.canvas.chosen())
        moved = {name: at + QPointF(x, y) for name, at in places.items()}
        if moved:
            self.document.change(lambda graph: edits.put(graph, moved), tr("Move"))

    # Where to look

    def select_all(self) -> None:
        self.canvas.select([*self.graph.nodes, *self.canvas.mirror.frames])

    def walk(self, x: int, y: int) -> None:
        """Select the next node along links (left, right), or the nearest above or below."""
        chosen = self._nodes()
        mirror = self.canvas.mirror
        if not mirror.nodes:
            return
        if not chosen:
            middle = self.canvas.view.seen().center()
            self.canvas.reveal(self._nearest(mirror.nodes, middle))
            return
        here = mirror.piece(chosen[-1])
        if x:
            links = [item.key for item in mirror.links_of(here.id)]
            ahead = [
                key.node if x > 0 else key.source.node
                for key in links
                if here.id == (key.source.node if x > 0 else key.node)
            ]
        else:
            ahead = [
                name
                for name, item in mirror.nodes.items()
                if (item.y() - here.y()) * y > 0 and abs(item.x() - here.x()) < here.width
            ]
        ahead = [name for name in ahead if name != here.id]
        if ahead:
            self.canvas.reveal(self._nearest(ahead, here.box().center()))

    def _nearest(self, names: Iterable[str], at: QPointF) -> str:
        mirror = self.canvas.mirror
        return min(
            names, key=lambda name: (mirror.piece(name).box().center() - at).manhattanLength()
        )

    def fit(self) -> None:
        self.canvas.zoom_to_fit()

    def zoom_in(self) -> None:
        self._zoom(STEP)

    def zoom_out(self) -> None:
        self._zoom(1 / STEP)

    def zoom_reset(self) -> None:
        self._zoom(1 / self.canvas.view.zoom)

    def _zoom(self, factor: float) -> None:
        middle = self.canvas.view.viewport().rect().center()
        self.canvas.view.zoom_at(factor, QPointF(middle))

    def menu(self) -> None:
        """Open the menu of what is selected, else of the canvas."""
        view = self.canvas.view
        menu, at = context_menu.of_selected(self.canvas)
        inside, place = view.viewport().rect(), view.mapFromScene(at)
        place.setX(min(max(place.x(), inside.left()), inside.right()))
        place.setY(min(max(place.y(), inside.top()), inside.bottom()))
        self.canvas.open_menu(menu, view.viewport().mapToGlobal(place))

    def minimap(self) -> None:
        self.canvas.toggle_minimap()

    def _nodes(self) -> list[str]:
        """The selected nodes."""
        return [*self.canvas.selection()]
