"""The graph as a picture in a file: PNG for pixels, SVG for lines."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QRectF, QSize
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QGraphicsScene

from app.gui.language import tr
from app.gui.theme import theme
from engine.graph.errors import LoomError

MARGIN = 40.0
SCALE = 2.0  # pixels for each scene unit
LARGEST = 16_000  # pixels of a side


def export(scene: QGraphicsScene, area: QRectF, path: Path) -> None:
    """Draw an area of a scene into a `.png` or `.svg` file; LoomError when it can't be written."""
    area = area.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
    done = _svg(scene, area, path) if path.suffix.lower() == ".svg" else _png(scene, area, path)
    if not done:
        raise LoomError(
            tr("{} can't be written.").format(path), remedy=tr("Choose another folder or name.")
        )


def _png(scene: QGraphicsScene, area: QRectF, path: Path) -> bool:
    scale = min(SCALE, LARGEST / max(area.width(), area.height()))
    size = QSize(round(area.width() * scale), round(area.height() * scale))
    image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(theme().colour("canvas"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    scene.render(painter, QRectF(image.rect()), area)
    painter.end()
    return image.save(str(path))


def _svg(scene: QGraphicsScene, area: QRectF, path: Path) -> bool:
    try:
        path.open("wb").close()
    except OSError:
        return False
    drawing = QSvgGenerator()
    drawing.setFileName(str(path))
    drawing.setSize(area.size().toSize())
    drawing.setViewBox(QRectF(0, 0, area.width(), area.height()))
    drawing.setTitle(tr("Workflow"))
    painter = QPainter(drawing)
    painter.fillRect(QRectF(0, 0, area.width(), area.height()), theme().colour("canvas"))
    scene.render(painter, QRectF(0, 0, area.width(), area.height()), area)
    painter.end()
    return path.stat().st_size > 0
