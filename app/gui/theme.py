"""The colours of the editor: two themes, one of them current, which all that paints follows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from app.gui.sheet import sheet

Name = Literal["dark", "light"]


@dataclass(frozen=True)
class Theme:
    """Colours by what they are for, as `#rrggbb`."""

    name: Name
    window: str
    panel: str
    field: str
    canvas: str
    grid: str
    node: str
    header: str
    border: str
    text: str
    dim: str
    accent: str
    on_accent: str
    good: str
    warning: str
    error: str

    def colour(self, role: str, alpha: int = 255) -> QColor:
        """The colour of a role, `theme().colour("accent")`, with an opacity 0…255."""
        found = QColor(getattr(self, role))
        found.setAlpha(alpha)
        return found


DARK = Theme(
    name="dark",
    window="#1b1d22",
    panel="#22252b",
    field="#181a1f",
    canvas="#16181c",
    grid="#23262d",
    node="#2a2e36",
    header="#343943",
    border="#3d434e",
    text="#e6e8ec",
    dim="#9aa2b1",
    accent="#5aa2ff",
    on_accent="#08111f",
    good="#6cc58a",
    warning="#e8b45a",
    error="#f0706c",
)
LIGHT = Theme(
    name="light",
    window="#eef0f3",
    panel="#f8f9fb",
    field="#ffffff",
    canvas="#e4e7ec",
    grid="#d6dae1",
    node="#ffffff",
    header="#eceff4",
    border="#c2c8d2",
    text="#1c2026",
    dim="#5d6675",
    accent="#1b66c9",
    on_accent="#ffffff",
    good="#23804a",
    warning="#99660a",
    error="#c0332f",
)
THEMES: dict[str, Theme] = {"dark": DARK, "light": LIGHT}


class _Current(QObject):
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.theme = DARK
        self.follows = False
        self.listens = False

    def follow(self) -> None:
        """The desktop has another theme now."""
        if self.follows:
            use("system")


_current = _Current()
changed = _current.changed
"""Emitted after another theme has become current: repaint, build icons anew."""


def theme() -> Theme:
    """The current theme."""
    return _current.theme


def use(name: str) -> None:
    """Make a theme current, `dark` or `light`; "system" follows the desktop's from now on."""
    _current.follows = name not in THEMES
    if _current.follows:
        name = "light" if _scheme() == Qt.ColorScheme.Light else "dark"
        if not _current.listens:
            QGuiApplication.styleHints().colorSchemeChanged.connect(_current.follow)
            _current.listens = True
    _current.theme = THEMES[name]
    app = QApplication.instance()
    if isinstance(app, QApplication):
        # A style sheet hides the name of the style under it; to set that again dresses all anew.
        if not app.styleSheet() and app.style().objectName() != "fusion":
            app.setStyle("Fusion")
        app.setPalette(_palette(_current.theme))
        wanted = sheet(_current.theme)
        if app.styleSheet() != wanted:  # to set it again would dress every widget again
            app.setStyleSheet(wanted)
    _current.changed.emit()


def _scheme() -> Qt.ColorScheme:
    return QGuiApplication.styleHints().colorScheme()


def _palette(theme: Theme) -> QPalette:
    role = QPalette.ColorRole
    palette = QPalette()
    for one, name in (
        (role.Window, "window"),
        (role.Base, "field"),
        (role.AlternateBase, "panel"),
        (role.Button, "header"),
        (role.ToolTipBase, "panel"),
        (role.Mid, "border"),
        (role.Dark, "border"),
        (role.Light, "header"),
        (role.Highlight, "accent"),
        (role.Accent, "accent"),
        (role.Link, "accent"),
        (role.HighlightedText, "on_accent"),
        (role.WindowText, "text"),
        (role.Text, "text"),
        (role.ButtonText, "text"),
        (role.ToolTipText, "text"),
        (role.BrightText, "error"),
        (role.PlaceholderText, "dim"),
    ):
        palette.setColor(one, theme.colour(name))
    for one in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, one, theme.colour("dim", 140))
    return palette
