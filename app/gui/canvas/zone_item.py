"""A Repeat zone: a region behind its members, with its states on a bar at either side.

What comes in from outside is joined to the outer side of the left bar, and goes on from its inner
side; what an iteration hands on is joined to the inner side of the right bar, and leaves by the
outer one.
"""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from app.gui.canvas import paint
from app.gui.canvas.colours import kind_colour, mix
from app.gui.canvas.node_item import NodeItem
from app.gui.canvas.ports import PortFace
from app.gui.canvas.shape import (
    HEADER,
    LINE,
    MARGIN,
    PAD,
    PORT,
    ROW,
    Shape,
    Spot,
    scene_font,
    text_width,
)
from app.gui.language import tr
from app.gui.theme import theme
from engine.graph.repeat import EACH, GATHER, INDEX, ITEM, NEXT, TIMES

Z_ZONE = 1.0
BAR = 96.0
INSIDE = 28.0  # between the bars and the members
LEAST = (2 * BAR + 200.0, 150.0)
GRIP = 6.0  # how wide the border is under the mouse


class ZoneItem(NodeItem):
    """The zone `id`. It is as large as its members ask for."""

    def __init__(self, node_id: str) -> None:
        super().__init__(node_id)
        self.members = QRectF()
        self.inner: dict[Spot, QPointF] = {}
        self.outer: dict[Spot, QPointF] = {}
        self.depth = 0

    def fit(self, members: QRectF, depth: int) -> None:
        """Lie around an area of the scene; an empty one leaves it where it is."""
        self.depth = depth
        self.setZValue(Z_ZONE + depth * 0.1)
        self.members = members
        self.relayout()

    def around(self, members: QRectF) -> QRectF:
        """What it covers when its members cover an area."""
        return members.adjusted(-BAR - INSIDE, -HEADER - INSIDE, BAR + INSIDE, INSIDE)

    def relayout(self) -> None:
        if not self.members.isEmpty():
            area = self.around(self.members)
            self.setPos(area.topLeft())
        else:
            area = QRectF(0, 0, *LEAST)
        rows = max(len(self._left()[0]) + len(self._left()[1]), len(self._right()), 2)
        high = max(area.height(), HEADER + (rows + 0.5) * LINE + PAD)
        self._place(area.width(), high)
        self.resize(area.width(), high, MARGIN)
        self.update()

    def _place(self, width: float, height: float) -> None:
        """Put the ports on the bars, and the count into the title."""
        self.inner, self.outer = {}, {}
        given, own = self._left()
        y = HEADER + LINE * 0.75
        for port in given:
            self.outer[port.name, False] = QPointF(0, y)
            if self.face.ports.find(port.name, True):
                self.inner[port.name, True] = QPointF(BAR, y)
            y += LINE
        for port in own:
            self.inner[port.name, True] = QPointF(BAR, y)
            y += LINE
        y = HEADER + LINE * 0.75
        for port in self._right():
            self.inner[port.name, False] = QPointF(width - BAR, y)
            name = port.name.removeprefix(NEXT).removeprefix(GATHER)
            if self.face.ports.find(name, True):
                self.outer[name, True] = QPointF(width, y)
            y += LINE
        start = PAD + text_width(self.face.title, True) + 2 * PAD
        rows = {row.name: QRectF(start, 3, 140, ROW - 2) for row in self.face.rows}
        self.shape_ = Shape(width, height, {**self.outer, **self.inner}, rows)

    def _left(self) -> tuple[list[PortFace], list[PortFace]]:
        """What comes in from outside, and what there is only inside."""
        ports = self.face.ports
        given = [port for port in ports.inputs if not port.name.startswith((NEXT, GATHER))]
        given.sort(key=lambda port: port.new)
        return given, [port for port in ports.outputs if port.name in (INDEX, ITEM)]

    def _right(self) -> list[PortFace]:
        """What each iteration hands on, or gives to a list."""
        return [port for port in self.face.ports.inputs if port.name.startswith((NEXT, GATHER))]

    # Under the mouse

    def port_pos(self, name: str, is_output: bool, inner: bool = False) -> QPointF:
        first, second = (self.inner, self.outer) if inner else (self.outer, self.inner)
        spot = (name, is_output)
        found = first.get(spot, second.get(spot))
        if found is None:
            found = QPointF(self.width if is_output else 0.0, HEADER / 2)
        return self.pos() + found

    def port_at(self, at: QPointF) -> Spot | None:
        for spots in (self.inner, self.outer):
            shape = Shape(self.width, self.height, spots)
            if (found := shape.port_at(at - self.pos())) is not None:
                return found
        return None

    def covers(self, at: QPointF) -> bool:
        """On its title, its bars or its border; the inside belongs to its members."""
        box = self.box()
        if not box.contains(at):
            return False
        inside = box.adjusted(BAR, HEADER, -BAR, -GRIP)
        return not inside.contains(at)

    def holds(self, at: QPointF) -> bool:
        """Whether a point of the scene is inside of it."""
        return self.box().contains(at)

    def banded(self, area: QRectF) -> bool:
        return area.contains(self.box())

    # What it looks like

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        detail = option.levelOfDetailFromTransform(painter.worldTransform())
        if self.face.state:
            painter.setOpacity(0.5)
        box = QRectF(0, 0, self.width, self.height)
        self._region(painter, box)
        if detail >= paint.NEAR:
            self._title(painter)
            self._labels(painter)
        for spots in (self.outer, self.inner):
            for spot, at in spots.items():
                self._dot(painter, spot, at)

    def _region(self, painter: QPainter, box: QRectF) -> None:
        colours = theme()
        tone = colours.colour("accent")
        whole = QPainterPath()
        whole.addRoundedRect(box, 8, 8)
        fill = QColor(tone)
        fill.setAlpha(14)
        painter.fillPath(whole, fill)
        painter.save()
        painter.setClipPath(whole, Qt.ClipOperation.IntersectClip)
        side = mix(colours.colour("canvas"), tone, 0.12)
        for bar in (
            QRectF(0, 0, box.width(), HEADER),
            QRectF(0, HEADER, BAR, box.height()),
            QRectF(box.width() - BAR, HEADER, BAR, box.height()),
        ):
            painter.fillRect(bar, side)
        painter.restore()
        selected = self.isSelected()
        edge = QPen(colours.colour("accent", 255 if selected else 90), 2 if selected else 1.2)
        if self.status.state == "failed":
            edge.setColor(colours.colour("error"))
        painter.setPen(edge)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box, 8, 8)

    def _title(self, painter: QPainter) -> None:
        painter.setFont(scene_font(True))
        painter.setPen(theme().colour("text"))
        painter.drawText(QRectF(PAD, 0, 200, HEADER), paint.LEFT, self.face.title)
        for row in self.face.rows:
            paint.row(painter, row, self.shape_.rows[row.name])
        right = self.width - PAD
        for name, colour in paint.badges(self):
            paint.glyphs.draw(painter, name, QPointF(right - 6, HEADER / 2), 11, colour)
            right -= 16
        words = self._over()
        if words:
            painter.setFont(scene_font())
            painter.setPen(theme().colour("dim"))
            start = max((rect.right() for rect in self.shape_.rows.values()), default=80.0) + PAD
            painter.drawText(QRectF(start, 0, right - start, HEADER), paint.LEFT, words)

    def _over(self) -> str:
        """How often it runs, where no row says so."""
        if any(port.name == EACH for port in self.face.ports.inputs):
            return tr("once for each item")
        if (TIMES, False) in self.linked:
            return tr("as often as its input says")
        return ""

    def _labels(self, painter: QPainter) -> None:
        painter.setFont(scene_font())
        given, own = self._left()
        spots = [(port, self.shape_.spots.get((port.name, port.is_output))) for port in own]
        spots += [(port, self.outer.get((port.name, False))) for port in given]
        spots += [(port, self.inner.get((port.name, False))) for port in self._right()]
        for port, at in spots:
            if at is None:
                continue
            left = PAD + 2 if at.x() <= BAR else self.width - BAR + PAD + 2
            area = QRectF(left, at.y() - LINE / 2, BAR - 2 * PAD - 4, LINE)
            painter.setPen(theme().colour("dim" if port.new or port.param else "text"))
            flag = paint.RIGHT if port.is_output else paint.LEFT
            painter.drawText(area, flag, paint.elided(port.label, int(area.width())))

    def _dot(self, painter: QPainter, spot: Spot, at: QPointF) -> None:
        port = self.face.ports.find(*spot)
        if port is None:
            return
        colour = kind_colour(port.type.kind)
        if self.fits is not None and spot not in self.fits:
            colour.setAlphaF(paint.FADED)
        radius = PORT + (2 if spot == self.hovered else 0)
        paint.dot(painter, at, radius, colour, spot in self.linked, port.type.many)
        if port.new:
            painter.setPen(QPen(colour, 1.2))
            painter.drawLine(at - QPointF(2, 0), at + QPointF(2, 0))
            painter.drawLine(at - QPointF(0, 2), at + QPointF(0, 2))
