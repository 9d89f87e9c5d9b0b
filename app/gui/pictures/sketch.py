"""The mask painter's drawing: shapes as the file format has them, and what they look like.

The format is that of `engine.diffusion.images.drawing`; this is the editor's own reading of it,
which needs no torch and keeps what it does not know.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from app.gui.pictures.blur import blurred

Shape = dict[str, Any]
INSIDE, OUTSIDE = 255, 0
DIGITS = 1  # of a coordinate, after the point
HALF = 128
LEAST = 0.5  # pixels of blur that can be seen


@dataclass(frozen=True)
class Sketch:
    """Shapes in the order they are painted, on a canvas of `size` pixels, blurred by `feather`."""

    size: QSize
    shapes: tuple[Shape, ...] = ()
    feather: float = 0.0

    @classmethod
    def read(cls, text: str, size: QSize) -> Sketch:
        """The drawing in a parameter, on a canvas of `size` where it names none.

        What is no drawing is an empty one: the check of the graph says what is wrong with it.
        """
        try:
            data = json.loads(text) if text.strip() else {}
            wide, high = data.get("size", (size.width(), size.height()))
            shapes = tuple(dict(shape) for shape in data.get("shapes", ()))
            return cls(QSize(int(wide), int(high)), shapes, float(data.get("feather", 0)))
        except (ValueError, TypeError, AttributeError, RecursionError):
            return cls(size)

    def text(self) -> str:
        """The parameter's text; "" for nothing drawn."""
        if not self.shapes:
            return ""
        data: Shape = {"size": [self.size.width(), self.size.height()]}
        if self.feather:
            data["feather"] = self.feather
        return json.dumps({**data, "shapes": list(self.shapes)})

    def with_shape(self, shape: Shape) -> Sketch:
        """One more shape on top."""
        return replace(self, shapes=(*self.shapes, shape))

    def inverted(self) -> Sketch:
        """What is painted taken away, and the rest painted."""
        whole = box("rectangle", QRectF(0, 0, self.size.width(), self.size.height()), 1)
        turned = tuple(_valued(shape, _round(1 - _value(shape))) for shape in self.shapes)
        if self.shapes and self.shapes[0] == whole:
            return replace(self, shapes=turned[1:])
        return replace(self, shapes=(whole, *turned))

    def scaled_to(self, size: QSize) -> Sketch:
        """The same drawing on a canvas of another size."""
        if size == self.size or self.size.isEmpty():
            return self
        across, down = size.width() / self.size.width(), size.height() / self.size.height()
        mean = (across * down) ** 0.5
        shapes = tuple(_scaled(shape, across, down, mean) for shape in self.shapes)
        return Sketch(size, shapes, round(self.feather * mean, DIGITS))

    def image(self, scale: float = 1.0) -> QImage:
        """The mask in grey, not blurred, its sides `scale` times as long."""
        wide, high = round(self.size.width() * scale), round(self.size.height() * scale)
        found = QImage(max(1, wide), max(1, high), QImage.Format.Format_Grayscale8)
        found.fill(0)
        for shape in self.shapes:
            paint_shape(found, shape, scale)
        return found

    def soft_image(self, scale: float = 1.0) -> QImage:
        """The mask about as the engine blurs it, to look at."""
        sharp = self.image(scale)
        radius = self.feather * scale
        return blurred(sharp, radius) if radius >= LEAST else sharp


def stroke(points: list[QPointF], width: float, value: float) -> Shape:
    """A line of round ends through points."""
    return _valued({"shape": "stroke", "points": _told(points), "width": _round(width)}, value)


def polygon(points: list[QPointF], value: float) -> Shape:
    """An area with these corners."""
    return _valued({"shape": "polygon", "points": _told(points)}, value)


def box(sort: str, frame: QRectF, value: float) -> Shape:
    """A `rectangle` or an `ellipse` in a frame."""
    sides = (frame.x(), frame.y(), frame.width(), frame.height())
    return _valued({"shape": sort, "box": [_round(side) for side in sides]}, value)


def paint_shape(mask: QImage, shape: Shape, scale: float = 1.0, ink: QColor | None = None) -> None:
    """Paint one shape on a mask; a shape that can't be read paints nothing.

    With `ink` it is painted in that colour, and what takes away makes transparent.
    """
    painter = QPainter(mask)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.scale(scale, scale)
    try:
        level = round(255 * _value(shape))
        colour = ink or QColor(level, level, level)
        if ink and level < HALF:
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationOut)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        match shape.get("shape"):
            case "stroke":
                pen = QPen(colour, float(shape["width"]))
                pen.setCapStyle(Qt.PenCapStyle.RoundCap)
                pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
                painter.setPen(pen)
                points = [QPointF(*point) for point in shape["points"]]
                if len(points) == 1:
                    painter.drawPoint(points[0])
                else:
                    painter.drawPolyline(QPolygonF(points))
            case "polygon":
                painter.drawPolygon(QPolygonF([QPointF(*point) for point in shape["points"]]))
            case "ellipse":
                painter.drawEllipse(QRectF(*shape["box"]))
            case "rectangle":
                painter.drawRect(QRectF(*shape["box"]))
    except (KeyError, TypeError, ValueError):
        pass
    finally:
        painter.end()


def _scaled(shape: Shape, across: float, down: float, mean: float) -> Shape:
    found = dict(shape)
    if "points" in found:
        found["points"] = [[_round(x * across), _round(y * down)] for x, y in found["points"]]
    if "box" in found:
        x, y, wide, high = found["box"]
        found["box"] = [_round(v) for v in (x * across, y * down, wide * across, high * down)]
    if "width" in found:
        found["width"] = _round(found["width"] * mean)
    return found


def _value(shape: Shape) -> float:
    return float(shape.get("value", 1))


def _valued(shape: Shape, value: float) -> Shape:
    plain = {name: given for name, given in shape.items() if name != "value"}
    return plain if value == 1 else {**plain, "value": value}


def _told(points: list[QPointF]) -> list[list[float]]:
    return [[_round(point.x()), _round(point.y())] for point in points]


def _round(number: float) -> float:
    found = round(number, DIGITS)
    return int(found) if found == int(found) else found
