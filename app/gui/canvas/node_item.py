"""One node on the canvas: a single item that knows its face, its shape and its status."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.gui.canvas import paint
from app.gui.canvas.face import Face
from app.gui.canvas.library import BoxItem
from app.gui.canvas.ports import PortFace
from app.gui.canvas.shape import MARGIN, Shape, Spot, shape_of
from app.gui.canvas.stamps import LARGEST, stamps
from app.gui.status import NOTHING, NodeStatus
from engine.graph.problems import Problem

Z_NODE = 10.0


class NodeItem(BoxItem):
    """The node `id`. Whoever owns it says what it shows; it never reads a graph itself."""

    def __init__(self, node_id: str) -> None:
        super().__init__(node_id)
        self.face: Face
        self.shape_: Shape
        self.status: NodeStatus = NOTHING
        self.problems: tuple[Problem, ...] = ()
        self.linked: set[Spot] = set()
        self.fits: frozenset[Spot] | None = None
        self.hovered: Spot | None = None
        self.plan = False
        self.setZValue(Z_NODE)

    def show_face(self, face: Face) -> None:
        """Show another face."""
        self.face = face
        self.name = face.id
        self.setToolTip("")
        self.relayout()

    def show_status(self, status: NodeStatus) -> None:
        """Show how it stands with it."""
        self.status = status
        self.relayout()

    def relayout(self) -> None:
        """Work out sizes anew and paint again."""
        picture = self.face.pictured or self.status.picture is not None
        self.shape_ = shape_of(self.face, picture, paint.footer_text(self.status) != "")
        if (self.width, self.height) != (self.shape_.width, self.shape_.height) or (
            self._bounds.isEmpty()
        ):
            self.resize(self.shape_.width, self.shape_.height, MARGIN)
        self.update()

    def update(self) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """It looks different now: paint it again."""
        stamps.forget(self)
        super().update()

    def port_pos(self, name: str, is_output: bool, inner: bool = False) -> QPointF:
        """Where a port is in the scene; the header's end for one that is not shown.

        `inner` asks for the side that faces the inside of a zone.
        """
        found = self.shape_.spots.get((name, is_output))
        if found is None:
            found = QPointF(self.width if is_output else 0.0, self.shape_.header.center().y())
        return self.pos() + found

    def port_at(self, at: QPointF) -> Spot | None:
        """The port at a point of the scene."""
        found = self.shape_.port_at(at - self.pos())
        if found is not None and self.face.collapsed:  # those of a side are all in one place
            shown = [spot for spot in ports_shown(self) if spot[1] == found[1]]
            return found if found in shown else next(iter(shown), None)
        if found is None:
            return None
        if not found[1] and found not in self.linked and self._hidden(found):
            return None
        return found

    def port(self, spot: Spot) -> PortFace | None:
        """A port by its spot."""
        return self.face.ports.find(*spot)

    def all_ports(self) -> list[PortFace]:
        """Every port of the node; of its parameters those whose rows are shown."""
        ports = self.face.ports
        params = ports.params or {}
        rows = [params[name] for name in self.shape_.rows if name in params]
        return [*ports.inputs, *rows, *ports.outputs]

    def fade(self, fits: frozenset[Spot] | None) -> None:
        """Fade all ports but those that fit, the whole node when none does; None ends that."""
        if fits != self.fits:
            as_a_whole = not fits and not self.fits
            self.fits = fits
            if as_a_whole:
                super().update()
            else:
                self.update()

    def point_at(self, spot: Spot | None) -> None:
        """Mark the port that the mouse is over."""
        if spot != self.hovered:
            self.hovered = spot
            self.update()

    def _hidden(self, spot: Spot) -> bool:
        """Whether a parameter's port does not show: nothing is joined, and no link is dragged."""
        is_param = self.face.ports.params is not None and spot[0] in self.face.ports.params
        return is_param and (self.fits is None or spot not in self.fits)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionGraphicsItem,
        widget: QWidget | None = None,
    ) -> None:
        detail = painter.worldTransform().m11()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint.stand_back(painter, self)
        if widget is None or detail > LARGEST:  # into a file, or near
            self.paint_whole(painter, detail)
        else:
            stamps.draw(self, painter, detail, widget.devicePixelRatioF())

    def paint_whole(self, painter: QPainter, detail: float) -> None:
        """Paint all of it, in as much detail as can be read at a zoom."""
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint.node(painter, self, detail)


def ports_shown(item: NodeItem) -> list[Spot]:
    """The ports that are painted: parameters' only when joined, or when what is dragged fits."""
    if item.face.collapsed:
        fits = item.fits or frozenset[Spot]()
        return [spot for spot in item.shape_.spots if spot in item.linked or spot in fits]
    return [spot for spot in item.shape_.spots if spot in item.linked or not item._hidden(spot)]
