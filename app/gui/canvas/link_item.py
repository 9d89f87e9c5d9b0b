"""One link on the canvas: a curve in the colour of what it carries."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from app.gui.canvas.curves import curve, distance
from app.gui.canvas.library import CurveItem
from app.gui.theme import theme
from engine.graph.graph import Source
from engine.graph.types import Conversion

Z_LINK = 5.0
WEIGHT = 2.0
DOT = 5.0
WALK = 48  # points of a link that are looked at
LOZENGE = QPolygonF([QPointF(0, -6), QPointF(6, 0), QPointF(0, 6), QPointF(-6, 0), QPointF(0, -6)])


class LinkKey(NamedTuple):
    """A link on the canvas: where it comes from, where it goes, its place among those of a list."""

    source: Source
    node: str
    port: str
    place: int

    @property
    def target(self) -> str:
        """`node.port` that it goes into."""
        return f"{self.node}.{self.port}"


class LinkItem(CurveItem):
    """The link `key`. `dots` are the points that a person led it through."""

    def __init__(self, key: LinkKey) -> None:
        super().__init__()
        self.key = key
        self.dots: list[QPointF] = []
        self.held: int | None = None
        """The dot that is selected."""
        self.conversion: Conversion | None = None
        self.colour = QColor()
        self.rgb = 0
        self.middle = QPointF()
        self.line = QLineF()
        self.ends = (QPointF(), QPointF())
        self.faded = False
        self.marked = False
        self.setZValue(Z_LINK)
        self.setBrush(QBrush(Qt.BrushStyle.NoBrush))

    def carry(self, by: QPointF) -> None:
        """Go along with both ends, until it is led anew."""
        self.moveBy(by.x(), by.y())
        self.line.translate(by)
        self.ends = (self.ends[0] + by, self.ends[1] + by)

    def lead(self, start: QPointF, end: QPointF) -> None:
        """Go from one point to another, through the dots."""
        if not self.pos().isNull():
            self.setPos(0.0, 0.0)
        path = curve(start, end, self.dots)
        self.middle = path.pointAtPercent(0.5) if self.conversion else start
        for dot in self.dots:
            path.addEllipse(dot, DOT, DOT)
        if self.conversion:  # a small lozenge: what goes in is turned into something else here
            path.addPolygon(LOZENGE.translated(self.middle))
        self.setPath(path)
        self.line = QLineF(start, end)

    def tint(self, colour: QColor) -> None:
        """Take the colour of what it carries, and the weight that its state asks for."""
        self.colour = colour
        self.rgb = colour.rgb()
        shown = QColor(theme().colour("accent") if self.isSelected() or self.marked else colour)
        if self.faded:
            shown.setAlpha(60)
        pen = QPen(shown, WEIGHT + (1.5 if self.isSelected() or self.marked else 0))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        self.setPen(pen)

    def restyle(self) -> None:
        """Show a state that is another now."""
        self.tint(self.colour)

    def paint(self, painter: QPainter, option: object, widget: QWidget | None = None) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        super().paint(painter, option, widget)
        if self.held is not None and self.held < len(self.dots):
            painter.setBrush(theme().colour("accent"))
            painter.drawEllipse(self.dots[self.held], DOT, DOT)

    def distance(self, at: QPointF) -> float:
        """How far a point of the scene is from it."""
        return distance(self.path(), at)

    def enters(self, area: QRectF) -> bool:
        """Whether it leads through an area of the scene."""
        path = self.path()
        return any(area.contains(path.pointAtPercent(step / WALK)) for step in range(WALK + 1))

    def dot_at(self, at: QPointF, reach: float) -> int | None:
        """Which of its dots is at a point."""
        for index, dot in enumerate(self.dots):
            if (dot - at).manhattanLength() <= reach:
                return index
        return None
