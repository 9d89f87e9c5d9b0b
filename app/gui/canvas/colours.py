"""Colours of kinds, legible on both themes."""

from __future__ import annotations

from functools import cache

from PySide6.QtGui import QColor

from app.gui.theme import theme
from engine.graph.types import Kind


def kind_colour(kind: Kind | None) -> QColor:
    """The colour of a kind's ports and links, to be changed freely; dim for one not known yet."""
    if kind is None:
        return theme().colour("dim")
    return QColor(_toned(kind.colour, theme().name))


@cache
def _toned(colour: str, name: str) -> QColor:
    found = QColor(colour)
    if name == "light":  # the kinds' colours are made for a dark canvas
        hue, saturation, _, _ = found.getHslF()
        found.setHslF(hue, min(1.0, saturation * 1.05), 0.42)
    return found


def mix(first: QColor, second: QColor, share: float) -> QColor:
    """A colour between two: `share` 0 is the first, 1 the second."""
    one, two = first.getRgbF(), second.getRgbF()
    return QColor.fromRgbF(*(a + (b - a) * share for a, b in zip(one, two, strict=True)))
