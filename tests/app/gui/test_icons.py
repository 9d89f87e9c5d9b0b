"""Icons are there, drawn, and follow the theme."""

from __future__ import annotations

import gc

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QIcon, QPixmap
from PySide6.QtWidgets import QToolButton

from app.gui import icons, theme


def colours(picture) -> set[str]:
    found = picture.toImage()
    points = [(x, y) for x in range(found.width()) for y in range(found.height())]
    pixels = [found.pixelColor(x, y) for x, y in points]
    return {pixel.name() for pixel in pixels if pixel.alpha() == 255}


@pytest.mark.parametrize("name", icons.names())
def test_every_icon_is_drawn_in_the_colour_asked_for(qapp, name):
    drawn = icons.pixmap(name, 24, 2.0, "#ff0000")
    assert drawn.size() == QSize(48, 48) and drawn.devicePixelRatio() == 2
    assert colours(drawn) == {"#ff0000"}


def test_a_button_follows_the_theme(qtbot):
    button = QToolButton()
    qtbot.addWidget(button)
    theme.use("dark")
    icons.set_icon(button, "run")
    assert theme.DARK.text in colours(button.icon().pixmap(24))
    theme.use("light")
    assert theme.LIGHT.text in colours(button.icon().pixmap(24))
    icons.set_icon(button, "run", "accent")
    assert theme.LIGHT.accent in colours(button.icon().pixmap(24))
    theme.use("dark")


def test_icons_are_drawn_when_they_are_seen(qapp, monkeypatch):
    monkeypatch.setattr(icons, "_draw", drawn := Drawn())
    icons.icon("run", "#123456")
    assert drawn.sizes == []
    assert icons.icon("run", "#123456").pixmap(QSize(20, 20), 2.0).width() == 40
    assert drawn.sizes == [40]


def test_what_is_selected_or_disabled_looks_so(qapp):
    shown = icons.icon("run", "#00ff00")
    selected = shown.pixmap(QSize(24, 24), QIcon.Mode.Selected)
    assert colours(selected) == {theme.theme().on_accent}
    faint = shown.pixmap(QSize(24, 24), QIcon.Mode.Disabled).toImage()
    alphas = {faint.pixelColor(x, y).alpha() for x in range(24) for y in range(24)}
    assert 90 < max(alphas) < 115


def test_a_copy_that_qt_makes_of_an_icon_lives_on(qapp):
    copy = QIcon(icons.icon("run", "#00ff00"))
    copy.setIsMask(True)  # detaches it from the first
    gc.collect()
    assert colours(copy.pixmap(24)) == {"#00ff00"}


class Drawn:
    """Counts what is drawn."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def __call__(self, name: str, size: int, colour: str, opacity: float) -> QPixmap:
        self.sizes.append(size)
        return QPixmap(size, size)
