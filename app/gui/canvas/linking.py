"""Drawing a link from port to port: what can't take it fades, and says why when pointed at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QLabel

from app.gui.canvas.colours import kind_colour
from app.gui.canvas.fit import End, Fitting
from app.gui.canvas.gestures import Gesture
from app.gui.canvas.link_item import LinkItem, LinkKey
from app.gui.canvas.ports import PortFace
from app.gui.language import tr
from app.gui.theme import theme
from engine.graph.graph import Source

if TYPE_CHECKING:
    from app.gui.canvas.mirror import Mirror, Piece
    from app.gui.canvas.shape import Spot
    from app.gui.canvas.view import View

Z_DRAGGED = 20.0
NEAR = 3  # pixels that a press may shake without being a drag


class Linker(Protocol):
    """What a drawn link is handed to."""

    view: View
    mirror: Mirror

    def item_at(self, at: QPointF) -> Piece | None: ...
    def join(self, source: End, target: End, instead: LinkKey | None) -> None: ...
    def dropped(self, start: End, at: QPointF, instead: LinkKey | None) -> None: ...
    def said(self, words: str) -> None: ...


class Linking(Gesture):
    """A link that hangs on one end, and follows the mouse with the other.

    `loose` is the link that was taken off a port by this; it goes when it is not joined again.
    """

    def __init__(
        self, owner: Linker, start: End, at: QPointF, fitting: Fitting, loose: LinkKey | None
    ) -> None:
        self._owner = owner
        self._start = start
        self._fitting = fitting
        self._loose = loose
        self._press = at
        self._far = False
        self._target: End | None = None
        self._words = ""
        self._item = LinkItem(LinkKey(Source("", ""), "", "", 0))
        self._item.tint(kind_colour(start.port.type.kind))
        self._item.setZValue(Z_DRAGGED)
        self._hint = Hint(owner.view)

    def move(self, event: QMouseEvent) -> None:
        if not self._far:
            if (event.position() - self._press).manhattanLength() < NEAR:
                return
            self._begin()
        at = self._owner.view.mapToScene(event.position().toPoint())
        self._point_at(at)
        end = at
        if self._target is not None and not self._words:
            end = self._place(self._target, at)
        start = self._place(self._start, at)
        self._item.lead(*((start, end) if self._start.port.is_output else (end, start)))
        self._hint.say(self._words, event.position())

    def end(self, event: QMouseEvent) -> None:
        if not self._far:
            return
        self.move(event)
        target, words = self._target, self._words
        self._close()
        at = self._owner.view.mapToScene(event.position().toPoint())
        if words:
            self._owner.said(words)
        elif target is not None:
            ends = (self._start, target) if self._start.port.is_output else (target, self._start)
            self._owner.join(*ends, self._loose)
        elif self._owner.item_at(at) is None or self._loose is not None:
            self._owner.dropped(self._start, at, self._loose)

    def cancel(self) -> None:
        if self._far:
            self._close()

    def _begin(self) -> None:
        self._far = True
        mirror = self._owner.mirror
        mirror.scene.addItem(self._item)
        for piece in mirror.pieces():
            piece.fade(frozenset(self._takers(piece)))
        if self._loose is not None and self._loose in mirror.links:
            mirror.links[self._loose].hide()

    def _takers(self, piece: Piece) -> list[Spot]:
        """The ports of an item that the link can go to, and the one it hangs on."""
        found: list[Spot] = []
        for port in piece.all_ports():
            end = End(piece.id, port)
            if end == self._start or (
                port.is_output != self._start.port.is_output and not self._fitting.refusal(end)
            ):
                found.append((port.name, port.is_output))
        return found

    def _close(self) -> None:
        mirror = self._owner.mirror
        mirror.scene.removeItem(self._item)
        for piece in mirror.pieces():
            piece.fade(None)
            piece.point_at(None)
        if self._loose is not None and self._loose in mirror.links:
            mirror.links[self._loose].show()
        self._hint.close_()

    def _point_at(self, at: QPointF) -> None:
        """Find what the link would go to, and say why it can't."""
        target, words = None, ""
        piece = self._owner.item_at(at)
        spot = piece.port_at(at) if piece else None
        if piece and (spot is None or piece.face.collapsed):  # all ports are in one place
            spot = self._best(piece)
        if piece and spot is None and piece.id != self._start.node:
            words = self._none_fits(piece)
        if piece and spot and (port := piece.port(spot)):
            target = End(piece.id, port)
            if target == self._start:
                target = None
            else:
                words = self._fitting.refusal(target)
        before = self._target
        if before and (target is None or before.node != target.node):
            self._owner.mirror.piece(before.node).point_at(None)
        if piece and target:
            piece.point_at(spot)
        self._target, self._words = target, words

    def _best(self, piece: Piece) -> Spot | None:
        """The port that a link means which is let go on the middle of a node: the first that fits,
        best a free one."""
        fits = [
            (port.name, port.is_output)
            for port in piece.all_ports()
            if not (port.param or port.new)
            and port.is_output != self._start.port.is_output
            and not self._fitting.refusal(End(piece.id, port))
        ]
        free = [spot for spot in fits if spot not in piece.linked or spot[1]]
        return next(iter([*free, *fits]), None)

    def _none_fits(self, piece: Piece) -> str:
        """Why a link can go nowhere on a node."""
        others = [
            End(piece.id, port)
            for port in piece.all_ports()
            if port.is_output != self._start.port.is_output and not (port.param or port.new)
        ]
        reasons = {self._fitting.refusal(end) for end in others}
        if len(reasons) == 1:
            return reasons.pop()
        kind = self._fitting.kind.describe()
        if self._start.port.is_output:
            return tr("{} has no input that takes {}.").format(piece.face.title, kind)
        return tr("{} has no output that gives {}.").format(piece.face.title, kind)

    def _place(self, end: End, towards: QPointF) -> QPointF:
        return self._owner.mirror.port_pos(end.node, _spot(end.port), towards)


class Hint(QLabel):
    """Words beside the mouse."""

    def __init__(self, view: View) -> None:
        super().__init__(view)
        self._view = view
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setWordWrap(True)
        colours = theme()
        self.setStyleSheet(
            f"background: {colours.panel}; color: {colours.error}; padding: 6px 8px;"
            f"border: 1px solid {colours.border}; border-radius: 6px;"
        )
        self.hide()

    def say(self, words: str, at: QPointF) -> None:
        """Show words beside a point of the view, nothing for ""."""
        if not words:
            self.hide()
            return
        if words != self.text() or not self.isVisible():
            self.setText(words)
            wide = min(
                self.fontMetrics().horizontalAdvance(words) + 24, 22 * self.font().pointSize()
            )
            self.setFixedWidth(max(80, wide))
            self.adjustSize()
            self.show()
        place = at.toPoint()
        box = QRect(place.x() + 18, place.y() + 18, self.width(), self.height())
        inside = self._view.rect()
        box.moveLeft(min(box.left(), inside.right() - box.width() - 4))
        if box.bottom() > inside.bottom():
            box.moveBottom(place.y() - 12)
        self.move(box.topLeft())

    def close_(self) -> None:
        """Go away for good."""
        self.hide()
        self.deleteLater()


def _spot(port: PortFace) -> Spot:
    return (port.name, port.is_output)
