"""Our own icons: one SVG each under `resources/icons`, in the colours of the current theme."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt
from PySide6.QtGui import QAction, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton

from app.gui import theme

FOLDER = Path(__file__).resolve().parents[2] / "resources" / "icons"
SIZES = (16, 20, 24, 32, 48)  # pixels; Qt takes the next larger one


def names() -> list[str]:
    """Every icon there is."""
    return sorted(path.stem for path in FOLDER.glob("*.svg"))


def icon(name: str, colour: str = "text") -> QIcon:
    """The icon `name` in a colour of the theme (`text`, `accent`, …) or as `#rrggbb`."""
    if not colour.startswith("#"):
        colour = theme.theme().colour(colour).name()
    return _icon(name, colour, theme.theme().on_accent)


def pixmap(name: str, size: float, ratio: float = 1.0, colour: str = "text") -> QPixmap:
    """The icon drawn at `size` logical pixels for a screen with `ratio` pixels each."""
    if not colour.startswith("#"):
        colour = theme.theme().colour(colour).name()
    drawn = _draw(name, round(size * ratio), colour)
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
    made = QIcon()
    for size in SIZES:
        made.addPixmap(_draw(name, size, colour))
    for size in SIZES[:3]:
        made.addPixmap(_draw(name, size, selected), QIcon.Mode.Selected)
    return made


def _draw(name: str, size: int, colour: str) -> QPixmap:
    drawn = QPixmap(size, size)
    drawn.fill(Qt.GlobalColor.transparent)
    source = _source(name).replace("currentColor", colour)
    painter = QPainter(drawn)
    QSvgRenderer(QByteArray(source.encode())).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return drawn
