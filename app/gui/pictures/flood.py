"""Flood fill: the area around a pixel that a mask's painted edges enclose, as a polygon."""

from __future__ import annotations

from PySide6.QtCore import QPointF
from PySide6.QtGui import QBitmap, QImage, QPainterPath, QRegion

HALF = 128


def flood(mask: QImage, x: int, y: int) -> list[QPointF]:
    """The corners of the area of pixels alike (painted or not) that are joined to (x, y).

    Holes in it are cut out by an edge there and back. `mask` is grey; nothing outside of it.
    """
    if not mask.valid(x, y):
        return []
    rows = _rows(mask)
    wanted = rows[y][x]
    found = [bytearray(mask.width()) for _ in rows]
    waiting = [(x, y)]
    while waiting:
        x, y = waiting.pop()
        row = rows[y]
        if found[y][x] or row[x] != wanted:
            continue
        start = row.rfind(1 - wanted, 0, x) + 1
        end = row.find(1 - wanted, x)
        end = len(row) if end < 0 else end
        found[y][start:end] = b"\xff" * (end - start)
        for beside in (y - 1, y + 1):
            if 0 <= beside < len(rows):
                at = start
                while (at := rows[beside].find(wanted, at, end)) >= 0:
                    waiting.append((at, beside))
                    stop = rows[beside].find(1 - wanted, at, end)
                    if stop < 0:
                        break
                    at = stop
    return _outline(found)


def _rows(mask: QImage) -> list[bytes]:
    """The mask's rows: 1 where it is painted, 0 elsewhere."""
    table = bytes(int(level >= HALF) for level in range(256))
    grey = mask.convertToFormat(QImage.Format.Format_Grayscale8)
    return [
        bytes(grey.constScanLine(y)[: grey.width()]).translate(table) for y in range(grey.height())
    ]


def _outline(rows: list[bytearray]) -> list[QPointF]:
    wide, high = len(rows[0]), len(rows)
    image = QImage(wide, high, QImage.Format.Format_Grayscale8)
    for y, row in enumerate(rows):
        image.scanLine(y)[:wide] = row
    image.invertPixels()  # a bitmap's ones are dark
    path = QPainterPath()
    path.addRegion(QRegion(QBitmap.fromImage(image)))
    polygon = path.simplified().toFillPolygon()
    return [polygon.value(corner) for corner in range(polygon.size())]
