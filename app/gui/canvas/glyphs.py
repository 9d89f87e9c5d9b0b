"""The small signs on nodes, drawn as paths in a square from -1 to 1."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF


def draw(painter: QPainter, name: str, centre: QPointF, size: float, colour: QColor) -> None:
    """Draw the sign called `name`, `size` wide, with lines of one weight."""
    path, filled = _path(name)
    painter.save()
    painter.translate(centre)
    painter.scale(size / 2, size / 2)
    if filled:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
    else:
        pen = QPen(colour, 2.6 / size)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(path)
    painter.restore()


@cache
def _path(name: str) -> tuple[QPainterPath, bool]:
    """A sign, and whether it is filled."""
    path = QPainterPath()
    match name:
        case "lock":
            path.addRoundedRect(QRectF(-0.75, -0.1, 1.5, 1.05), 0.2, 0.2)
            path.moveTo(-0.45, -0.1)
            path.lineTo(-0.45, -0.45)
            path.arcTo(QRectF(-0.45, -0.9, 0.9, 0.9), 180, -180)
            path.lineTo(0.45, -0.1)
        case "unlock":
            path.addRoundedRect(QRectF(-0.75, -0.1, 1.5, 1.05), 0.2, 0.2)
            path.moveTo(-0.45, -0.1)
            path.lineTo(-0.45, -0.45)
            path.arcTo(QRectF(-0.45, -0.9, 0.9, 0.9), 180, -150)
        case "dice":
            path.addRoundedRect(QRectF(-0.85, -0.85, 1.7, 1.7), 0.35, 0.35)
            for x, y in ((-0.4, -0.4), (0.4, -0.4), (0, 0), (-0.4, 0.4), (0.4, 0.4)):
                path.addEllipse(QPointF(x, y), 0.07, 0.07)
        case "cached":
            path.addEllipse(QPointF(0, 0), 0.9, 0.9)
            path.moveTo(-0.4, 0.02)
            path.lineTo(-0.1, 0.35)
            path.lineTo(0.42, -0.32)
        case "needed":
            path.addEllipse(QPointF(0, 0), 0.85, 0.85)
        case "waiting":
            path.addEllipse(QPointF(0, 0), 0.9, 0.9)
            path.moveTo(0, -0.5)
            path.lineTo(0, 0)
            path.lineTo(0.35, 0.2)
        case "running":
            path.addPolygon(QPolygonF([QPointF(-0.55, -0.8), QPointF(0.8, 0), QPointF(-0.55, 0.8)]))
            return path, True
        case "error":
            path.addEllipse(QPointF(0, 0), 0.9, 0.9)
            path.moveTo(-0.32, -0.32)
            path.lineTo(0.32, 0.32)
            path.moveTo(0.32, -0.32)
            path.lineTo(-0.32, 0.32)
        case "warning":
            path.addPolygon(
                QPolygonF(
                    [QPointF(0, -0.85), QPointF(0.95, 0.8), QPointF(-0.95, 0.8), QPointF(0, -0.85)]
                )
            )
            path.moveTo(0, -0.3)
            path.lineTo(0, 0.2)
            path.moveTo(0, 0.5)
            path.lineTo(0, 0.52)
        case "muted":
            path.addEllipse(QPointF(0, 0), 0.9, 0.9)
            path.moveTo(-0.62, 0.62)
            path.lineTo(0.62, -0.62)
        case "bypassed":
            path.moveTo(-0.95, 0.3)
            path.cubicTo(-0.5, -0.9, 0.5, -0.9, 0.9, 0.2)
            path.moveTo(0.95, -0.35)
            path.lineTo(0.9, 0.25)
            path.lineTo(0.35, 0.05)
        case "inside":
            path.addRoundedRect(QRectF(-0.9, -0.6, 1.3, 1.3), 0.2, 0.2)
            path.moveTo(-0.2, -0.9)
            path.lineTo(0.9, -0.9)
            path.lineTo(0.9, 0.2)
        case "output":
            path.moveTo(-0.6, -0.9)
            path.lineTo(-0.6, 0.95)
            path.moveTo(-0.6, -0.85)
            path.lineTo(0.75, -0.85)
            path.lineTo(0.4, -0.4)
            path.lineTo(0.75, 0.05)
            path.lineTo(-0.6, 0.05)
        case "picture":
            path.addRoundedRect(QRectF(-0.95, -0.75, 1.9, 1.5), 0.2, 0.2)
            path.addEllipse(QPointF(-0.45, -0.3), 0.16, 0.16)
            path.moveTo(-0.9, 0.5)
            path.lineTo(-0.3, 0.05)
            path.lineTo(0.05, 0.35)
            path.lineTo(0.5, -0.15)
            path.lineTo(0.93, 0.25)
        case "unfold":
            path.moveTo(-0.5, -0.25)
            path.lineTo(0, 0.3)
            path.lineTo(0.5, -0.25)
        case "fold":
            path.moveTo(-0.25, -0.5)
            path.lineTo(0.3, 0)
            path.lineTo(-0.25, 0.5)
        case _:
            path.addEllipse(QPointF(0, 0), 0.4, 0.4)
    return path, False
