"""Our own icons: one SVG each under `resources/icons`, in the colours of the current theme."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import QByteArray, QObject, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QAction, QColor, QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton

from app.gui import theme

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "icons"
FAINT = 0.4  # how much is seen of an icon of what can't be done


@cache
def names() -> tuple[str, ...]:
    """Every icon there is."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.svg")))


def icon(name: str, colour: str = "text") -> QIcon:
    """The icon `name` in a colour of the theme (`text`, `accent`, …) or as `#rrggbb`."""
    if not colour.startswith("#"):
        colour = theme.theme().colour(colour).name()
    return _icon(name, colour, theme.theme().on_accent)


def pixmap(name: str, size: float, ratio: float = 1.0, colour: str = "text") -> QPixmap:
    """The icon drawn at `size` logical pixels for a screen with `ratio` pixels each."""
    if not colour.startswith("#"):
        colour = theme.theme().colour(colour).name()
    drawn = QPixmap(_draw(name, round(size * ratio), colour))
    drawn.setDevicePixelRatio(ratio)
    return drawn


def set_icon(target: QAbstractButton | QAction, name: str, colour: str = "text") -> None:
    """Give a button or an action an icon that follows the theme."""
    old = target.findChild(_Follower, options=Qt.FindChildOption.FindDirectChildrenOnly)
    follower = old or _Follower(target)
    follower.take(name, colour)


class _Follower(QObject):
    """Draws the icon of what owns it anew after another theme has become current."""

    def __init__(self, target: QAbstractButton | QAction) -> None:
        super().__init__(target)
        self._target = target
        self._name, self._colour = "", ""
        theme.changed.connect(self._draw)

    def take(self, name: str, colour: str) -> None:
        if (name, colour) != (self._name, self._colour):
            self._name, self._colour = name, colour
            self._draw()

    def _draw(self) -> None:
        self._target.setIcon(icon(self._name, self._colour))


@cache
def _source(name: str) -> str:
    return (FOLDER / f"{name}.svg").read_text(encoding="utf-8")


@cache
def _icon(name: str, colour: str, selected: str) -> QIcon:
    return QIcon(_Engine(name, colour, selected))


class _Engine(QIconEngine):
    """Draws an icon when it is seen, at the size it is seen in: most menus are never opened."""

    copies: ClassVar[list[QIconEngine]] = []  # what `clone` gives out, Qt alone keeps alive

    def __init__(self, name: str, colour: str, selected: str) -> None:
        super().__init__()
        self._name, self._colour, self._selected = name, colour, selected

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        side = min(size.width(), size.height())
        colour = self._selected if mode == QIcon.Mode.Selected else self._colour
        return _draw(self._name, side, colour, FAINT if mode == QIcon.Mode.Disabled else 1.0)

    def paint(self, painter: QPainter, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        ratio = painter.device().devicePixelRatio()
        painter.drawPixmap(rect, self.pixmap(rect.size() * ratio, mode, state))

    def clone(self) -> QIconEngine:
        made = _Engine(self._name, self._colour, self._selected)
        self.copies.append(made)
        return made


@lru_cache(maxsize=1024)
def _draw(name: str, size: int, colour: str, opacity: float = 1.0) -> QPixmap:
    if size < 1:  # of a button that has no room
        return QPixmap()
    drawn = QPixmap(size, size)
    drawn.fill(Qt.GlobalColor.transparent)
    source = _source(name).replace("currentColor", colour)
    painter = QPainter(drawn)
    QSvgRenderer(QByteArray(source.encode())).render(painter, QRectF(0, 0, size, size))
    if opacity < 1:  # of the whole: strokes lie over each other
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
        painter.fillRect(drawn.rect(), QColor.fromRgbF(0, 0, 0, opacity))
    painter.end()
    return drawn
