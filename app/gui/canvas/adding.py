"""New nodes: from a search, from the end of a link, into a link, from a palette."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

from app.gui import settings
from app.gui.canvas import edits
from app.gui.canvas.fit import End, known_type
from app.gui.canvas.link_item import LinkKey
from app.gui.canvas.offers import offers
from app.gui.canvas.room import free_place, room_for
from app.gui.canvas.search import Offer, Search
from app.gui.canvas.shape import HEADER, WIDTH
from app.gui.language import tr
from engine.graph.graph import Source

if TYPE_CHECKING:
    from app.gui.canvas.canvas import Canvas


class Adding:
    """The quick search, and what becomes of what is chosen in it."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._from: tuple[QPointF, End | None] = (QPointF(), None)
        self.search = Search(canvas)
        self.search.chosen.connect(self._found)

    def add(self, type_id: str, at: QPointF | None = None, apart: bool = False) -> str:
        """Add a node, at a point of the scene or in the middle of what is seen; its id.

        At a point on a link that it fits into, the link goes through it. `apart` moves it right
        of what is there already.
        """
        where = self._free_place() if at is None else at
        through = None
        link = self._canvas.hands.link_at(at) if at is not None else None
        if link is not None and (ports := self._canvas.hands.insertion(type_id, link.key))[0]:
            through = (link.key, *ports)
            where -= QPointF(WIDTH / 2, HEADER)
        added: list[str] = []
        zone = self._canvas.mirror.zone_at(where)
        document, mirror = self._canvas.document, self._canvas.mirror

        def edit() -> None:
            with document.edit(tr("Add {}").format(document.registry.get(type_id).label)):
                name = edits.add(document, type_id, where, through=through, zone=zone)
                box, moved = mirror.piece(name).box(), dict[str, QPointF]()
                if through is not None:
                    moved = {**mirror.unplaced(), **room_for(mirror, name, box, through[0])}
                elif apart:
                    moved = {name: free_place(mirror, name, box)}
                if moved:
                    with document.edit("") as graph:
                        edits.put(graph, moved)
            added.append(name)

        self._canvas.attempt(edit)
        self._added(type_id, added)
        return "".join(added)

    def search_at(self, at: QPointF, start: End | None = None) -> None:
        """Open the quick search; with the end of a link, for what can be joined to it."""
        self._from = (at, start)
        hint = ""
        if start is not None:
            kind = known_type(self._canvas.document, self._canvas.mirror.prefix, start)
            words = tr("Nodes that take {}") if start.port.is_output else tr("Nodes that give {}")
            hint = words.format(kind.describe())
        place = self._canvas.view.viewport().mapToGlobal(self._canvas.view.mapFromScene(at))
        found = offers(self._canvas.document, self._canvas.mirror.prefix, start)
        self.search.open_at(place, found, hint)

    def search_for_link(self, at: QPointF, key: LinkKey) -> None:
        """Open the quick search for what can be put into a link."""
        self._from = (at, None)
        every = offers(self._canvas.document, self._canvas.mirror.prefix)
        fit = [offer for offer in every if self._canvas.hands.insertion(offer.spec.id, key)[0]]
        place = self._canvas.view.viewport().mapToGlobal(self._canvas.view.mapFromScene(at))
        self.search.open_at(place, fit, tr("Nodes that fit in between"))

    def _found(self, offer: Offer) -> None:
        """Add what was chosen in the search, joined to the link that was let go."""
        at, start = self._from
        if start is None:
            name = self.add(offer.spec.id, at, apart=True)
            if name and not self._canvas.view.seen().contains(self._canvas.mirror.box(name).box()):
                self._canvas.reveal(name)
            return
        where = at - QPointF(0 if start.port.is_output else WIDTH, HEADER + 14)
        added: list[str] = []
        self._canvas.attempt(
            lambda: added.append(
                edits.add(
                    *(self._canvas.document, offer.spec.id, where),
                    join=Source(start.node, start.port.name),
                    port=offer.port,
                    append=start.port.type.many,
                    zone=self._canvas.mirror.zone_at(at),
                )
            )
        )
        self._added(offer.spec.id, added)

    def _added(self, type_id: str, added: list[str]) -> None:
        """Select what was added, and offer its type first from now on."""
        if added:
            self._canvas.select(added)
            settings.put(settings.choices().with_node(type_id))

    def _free_place(self) -> QPointF:
        """A point in the middle of what is seen, where no node begins."""
        at = self._canvas.view.seen().center() - QPointF(WIDTH / 2, 60)
        places = [item.pos() for item in self._canvas.mirror.boxes()]
        while any((place - at).manhattanLength() < 24 for place in places):
            at += QPointF(24, 24)
        return at
