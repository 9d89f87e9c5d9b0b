"""Where everything of a face is: sizes in scene units, which are pixels at 100 %."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QFont, QFontMetricsF

from app.gui.canvas.face import Face, Row

WIDTH = 208.0
HEADER = 26.0
LINE = 20.0  # a row of ports
ROW = 22.0  # a row of a parameter
LINES = 58.0  # a text of several lines
PICTURE = 144.0  # a preview: the same for all, so that nothing moves when pictures come
PAD = 8.0
GAP = 4.0
FOOTER = 18.0
RADIUS = 6.0
PORT = 4.5  # the radius of a port
SMALL = 3.5
MARGIN = 10.0  # what is painted beside the box: ports, the ring of a selection
REACH = 11.0  # how near to a port a press is on it

Spot = tuple[str, bool]
"""A port by its name and whether it is an output."""


def scene_font(bold: bool = False, small: bool = False) -> QFont:
    """The font of the canvas, in scene units: it grows with the zoom, not with the screen."""
    font = QFont()
    font.setPixelSize(10 if small else 12)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return font


@lru_cache(maxsize=4096)
def text_width(text: str, bold: bool = False) -> float:
    """How wide a text is on the canvas."""
    return QFontMetricsF(scene_font(bold)).horizontalAdvance(text)


@dataclass(frozen=True)
class Shape:
    """The rectangles and points of one node, from its top left corner."""

    width: float
    height: float
    spots: Mapping[Spot, QPointF]
    rows: Mapping[str, QRectF] = field(default_factory=dict[str, QRectF])
    picture: QRectF = field(default_factory=QRectF)
    footer: QRectF = field(default_factory=QRectF)

    @property
    def header(self) -> QRectF:
        """The bar with the name."""
        return QRectF(0, 0, self.width, HEADER)

    def port_at(self, at: QPointF) -> Spot | None:
        """The port that a press at a point means."""
        near = [
            ((spot - at).manhattanLength(), key)
            for key, spot in self.spots.items()
            if abs(spot.y() - at.y()) <= REACH and abs(spot.x() - at.x()) <= REACH
        ]
        return min(near)[1] if near else None

    def row_at(self, at: QPointF) -> str:
        """The parameter at a point, "" for none."""
        return next((name for name, rect in self.rows.items() if rect.contains(at)), "")


def shape_of(face: Face, picture: bool = False, footer: bool = False) -> Shape:
    """The shape of a face; `picture` says that it has a place for a preview."""
    width = _width(face)
    if face.collapsed:
        return _collapsed(face, width)
    spots: dict[Spot, QPointF] = {}
    top = HEADER + GAP
    for ports, is_output, x in (
        (face.ports.inputs, False, 0.0),
        (face.ports.outputs, True, width),
    ):
        for index, port in enumerate(ports):
            spots[port.name, is_output] = QPointF(x, top + LINE * (index + 0.5))
    top += LINE * max(len(face.ports.inputs), len(face.ports.outputs))
    rows: dict[str, QRectF] = {}
    top += GAP if face.rows else 0
    for row in face.rows:
        height = row_height(row)
        rows[row.name] = QRectF(PAD, top, width - 2 * PAD, height - 2)
        if face.ports.params and row.name in face.ports.params:
            spots[row.name, False] = QPointF(0, top + (min(height, ROW) - 2) / 2)
        top += height
    top += GAP
    shown = QRectF()
    if picture:
        shown = QRectF(PAD, top, width - 2 * PAD, PICTURE)
        top = shown.bottom() + PAD
    foot = QRectF()
    if footer:
        foot = QRectF(PAD, top - GAP, width - 2 * PAD, FOOTER)
        top += FOOTER - GAP
    return Shape(width, max(top, HEADER + 2 * GAP), spots, rows, shown, foot)


def row_height(row: Row) -> float:
    """The height of a parameter's row, and the gap under it."""
    return LINES if row.sort == "lines" and not row.linked else ROW


def _collapsed(face: Face, width: float) -> Shape:
    """Only the header; every port is in the middle of its side."""
    middle = HEADER / 2
    spots = {(port.name, False): QPointF(0, middle) for port in face.ports.inputs}
    spots |= {(row.name, False): QPointF(0, middle) for row in face.rows if row.linked}
    spots |= {(port.name, True): QPointF(width, middle) for port in face.ports.outputs}
    return Shape(width, HEADER, spots)


def _width(face: Face) -> float:
    """Wide enough for the longest pair of ports."""
    inputs = [text_width(port.label) for port in face.ports.inputs]
    outputs = [text_width(port.label) for port in face.ports.outputs]
    count = min(len(inputs), len(outputs))
    pairs = [inputs[i] + outputs[i] for i in range(count)] + inputs[count:] + outputs[count:]
    widest = max(pairs, default=0.0) + 4 * PAD
    return min(max(WIDTH, widest), 1.5 * WIDTH)
