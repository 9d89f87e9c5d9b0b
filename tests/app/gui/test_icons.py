"""Icons are there, drawn, and follow the theme."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QSize
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
