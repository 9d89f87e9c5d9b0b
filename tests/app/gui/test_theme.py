"""The two themes: legible, and dressed in one style sheet."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import pytest
from PySide6.QtCore import Qt

from app.gui import theme
from app.gui.sheet import sheet


def luminance(colour: str) -> float:
    """Relative luminance, by WCAG 2.1."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    first, second = sorted((luminance(one), luminance(other)), reverse=True)
    return (first + 0.05) / (second + 0.05)


@pytest.mark.parametrize("colours", theme.THEMES.values(), ids=theme.THEMES)
@pytest.mark.parametrize(
    "text, ground, least",
    [
        ("text", "window", 7),
        ("text", "panel", 7),
        ("text", "node", 7),
        ("dim", "window", 4.5),
        ("dim", "panel", 4.5),
        ("error", "window", 4.5),
        ("warning", "window", 4.0),
        ("on_accent", "accent", 4.5),
        ("accent", "window", 3),
    ],
)
def test_what_is_read_stands_out(colours, text, ground, least):
    assert contrast(getattr(colours, text), getattr(colours, ground)) >= least


@pytest.mark.parametrize("colours", theme.THEMES.values(), ids=theme.THEMES)
def test_the_sheet_names_no_colour_of_its_own_and_no_file_that_is_not_there(colours):
    text = sheet(colours)
    assert set(re.findall(r"#[0-9a-fA-F]{6}", text)) <= set(asdict(colours).values())
    assert "$" not in text
    for path in re.findall(r'url\("([^"]+)"\)', text):
        assert Path(path).is_file()


def test_one_is_current_and_the_other_follows(qapp):
    told: list[str] = []
    theme.changed.connect(lambda: told.append(theme.theme().name))
    theme.use("light")
    assert theme.theme() is theme.LIGHT and theme.LIGHT.window in qapp.styleSheet()
    theme.use("dark")
    assert told == ["light", "dark"]
    assert qapp.palette().window().color().name() == theme.DARK.window
    theme.use("system")
    assert theme.theme().name in theme.THEMES
    theme.use("dark")


def test_the_desktops_theme_is_followed_only_where_it_was_chosen(qapp, monkeypatch):
    schemes = iter([Qt.ColorScheme.Light, Qt.ColorScheme.Dark, Qt.ColorScheme.Unknown])
    monkeypatch.setattr(theme, "_scheme", lambda: next(schemes))
    theme.use("system")
    assert theme.theme() is theme.LIGHT
    theme._current.follow()
    assert theme.theme() is theme.DARK
    theme.use("light")
    theme._current.follow()
    assert theme.theme() is theme.LIGHT
    theme.use("system")
    assert theme.theme() is theme.DARK
