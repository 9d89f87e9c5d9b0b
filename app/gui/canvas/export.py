"""The graph as a picture in a file: PNG for pixels, SVG for lines.

A large graph is drawn a few items at a time, and what has many pixels is written in a thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from itertools import islice
from math import sqrt
from pathlib import Path

from PySide6.QtCore import QObject, QRectF, QSize, Signal
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem

from app.gui.language import tr
from app.gui.slices import Slices
from app.gui.theme import theme
from engine.graph.errors import LoomError

MARGIN = 40.0
SCALE = 2.0  # pixels for each scene unit
LARGEST = 16_000  # pixels of a side
MOST = 64_000_000  # pixels in all: 256 MB while it is drawn
SMALL = 100  # items that are drawn at once
STEP = 4

Said = Callable[[LoomError | None], object]


class Drawing(QObject):
    """Draws items into one `.png` or `.svg` file; `over` gets what went wrong, None for nothing."""

    _ready = Signal(object)
    _written = Signal(bool)

    def __init__(
        self,
        items: Sequence[QGraphicsItem],
        area: QRectF,
        path: Path,
        over: Said,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._area = area.adjusted(-MARGIN, -MARGIN, MARGIN, MARGIN)
        self._path, self._over = path, over
        self._items = iter(items)
        self._large = len(items) > SMALL
        self._painter = QPainter()
        self._image: QImage | None = None
        self._lines: QSvgGenerator | None = None
        self._slices = Slices(self._step, self)
        self._ready.connect(self._begin)
        self._written.connect(self._end)

    def start(self) -> None:
        """Draw: what is small before this returns."""
        if self._path.suffix.lower() == ".svg":
            self._begin_lines()
        elif self._large:
            self._beside(lambda: self._ready.emit(_blank(self._area)))
        else:
            self._begin(_blank(self._area))

    def _begin(self, image: QImage) -> None:
        self._image = image
        self._painter.begin(image)
        self._painter.scale(
            image.width() / self._area.width(), image.height() / self._area.height()
        )
        self._draw()

    def _begin_lines(self) -> None:
        try:
            self._path.open("wb").close()
        except OSError:
            self._end(False)
            return
        lines = self._lines = QSvgGenerator()
        lines.setFileName(str(self._path))
        lines.setSize(self._area.size().toSize())
        lines.setViewBox(QRectF(0, 0, self._area.width(), self._area.height()))
        lines.setTitle(tr("Workflow"))
        self._painter.begin(lines)
        whole = QRectF(0, 0, self._area.width(), self._area.height())
        self._painter.fillRect(whole, theme().colour("canvas"))
        self._draw()

    def _draw(self) -> None:
        self._painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._painter.translate(-self._area.topLeft())
        self._slices.start()
        if not self._large:
            self._slices.finish()

    def _step(self) -> bool:
        some = list(islice(self._items, STEP))
        for item in some:
            _paint(self._painter, item)
        if not some:
            self._finish()
        return bool(some)

    def _finish(self) -> None:
        self._painter.end()
        image, path = self._image, self._path
        if image is None:
            self._end(path.stat().st_size > 0)
        elif self._large:
            self._beside(lambda: self._written.emit(image.save(str(path))))
        else:
            self._end(image.save(str(path)))

    def _end(self, written: bool) -> None:
        error = LoomError(
            tr("{} can't be written.").format(self._path),
            remedy=tr("Choose another folder or name."),
        )
        self._over(None if written else error)
        self.deleteLater()

    def _beside(self, work: Callable[[], object]) -> None:
        def run() -> None:
            try:
                work()
            except RuntimeError:  # the window was closed meanwhile
                return

        threading.Thread(target=run, name="export", daemon=True).start()


def _blank(area: QRectF) -> QImage:
    """What an area is drawn on."""
    pixels = area.width() * area.height()
    scale = min(SCALE, LARGEST / max(area.width(), area.height()), sqrt(MOST / pixels))
    size = QSize(round(area.width() * scale), round(area.height() * scale))
    image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(theme().colour("canvas"))
    return image


def _paint(painter: QPainter, item: QGraphicsItem) -> None:
    painter.save()
    painter.translate(item.pos())
    option = QStyleOptionGraphicsItem()
    option.exposedRect = item.boundingRect()
    item.paint(painter, option, None)
    painter.restore()


def in_order(items: Sequence[QGraphicsItem]) -> list[QGraphicsItem]:
    """Items as they lie upon each other, the lowest first."""
    return sorted(items, key=lambda item: item.zValue())
