"""Every command of the canvas with its name and its key: menus and lists of shortcuts use them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from app.gui.canvas.commands import Commands
from app.gui.icons import names, set_icon
from app.gui.language import tr

Key = QKeySequence.StandardKey


@dataclass(frozen=True)
class Command:
    """One command: what it is called, what it does, and when it can."""

    name: str
    text: str
    keys: tuple[str | Key, ...]
    do: Callable[[], object]
    tip: str = ""
    icon: str = ""
    nodes: bool = False


def commands(to: Commands) -> list[Command]:
    """All commands, in the order of a menu; `nodes` ones need some that are selected."""
    return [
        Command("search", tr("Add a node…"), ("Tab",), to.search, icon="search"),
        Command("cut", tr("Cut"), (Key.Cut,), to.cut, nodes=True),
        Command("copy", tr("Copy"), (Key.Copy,), to.copy, nodes=True),
        Command("paste", tr("Paste"), (Key.Paste,), to.paste),
        Command("duplicate", tr("Duplicate"), ("Ctrl+D",), to.duplicate, nodes=True),
        Command("delete", tr("Delete"), (Key.Delete, "Backspace"), to.delete),
        Command("select_all", tr("Select all"), (Key.SelectAll,), to.select_all),
        Command("rename", tr("Rename…"), ("F2",), to.rename, icon="edit", nodes=True),
        Command(
            *("mute", tr("Mute"), ("M",), to.mute, tr("Leave nodes out")), icon="mute", nodes=True
        ),
        Command(
            *("bypass", tr("Bypass"), ("B",), to.bypass, tr("Hand on what nodes get")),
            icon="bypass",
            nodes=True,
        ),
        Command(
            *("lock", tr("Lock"), ("L",), to.lock, tr("Keep results whatever changes before")),
            icon="lock",
            nodes=True,
        ),
        Command("collapse", tr("Fold"), ("C", "H"), to.fold, icon="chevron-up", nodes=True),
        Command(
            *("output", tr("Ask for the result"), ("O",), to.mark_output),
            tr("Run up to these nodes when all is run"),
            icon="export",
            nodes=True,
        ),
        Command(
            *("join", tr("Join nodes"), ("J",), to.join),
            tr("Join the selected nodes from left to right by ports that fit"),
            icon="link",
            nodes=True,
        ),
        Command("menu", tr("Menu of what is selected"), ("Menu", "Shift+F10"), to.menu),
        Command("fit", tr("Zoom to fit"), ("F",), to.fit, icon="zoom-fit"),
        Command("zoom_in", tr("Zoom in"), (Key.ZoomIn,), to.zoom_in, icon="zoom-in"),
        Command("zoom_out", tr("Zoom out"), (Key.ZoomOut,), to.zoom_out, icon="zoom-out"),
        Command("zoom_reset", tr("Actual size"), ("Ctrl+0",), to.zoom_reset, icon="search"),
        Command("layout", tr("Lay out"), ("Ctrl+L",), to.lay_out, icon="layout"),
        Command("align_left", tr("Align left"), ("Shift+A",), to.align_left, icon="align"),
        Command("align_top", tr("Align top"), ("Shift+T",), to.align_top, icon="align"),
        Command("spread_across", tr("Spread across"), ("Shift+H",), to.spread_across),
        Command("spread_down", tr("Spread down"), ("Shift+V",), to.spread_down),
        Command("group", tr("Make a subgraph"), ("Ctrl+G",), to.group, icon="subgraph", nodes=True),
        Command(
            "enter",
            tr("Go inside or edit"),
            ("Return", "Enter"),
            to.enter,
            icon="enter",
            nodes=True,
        ),
        Command("leave", tr("Go out"), ("U",), to.leave, icon="leave"),
        Command("frame", tr("Frame with a comment"), ("Ctrl+Shift+C",), to.frame, icon="frame"),
        Command("loop", tr("Repeat these nodes"), ("Ctrl+R",), to.repeat, icon="repeat"),
        Command("minimap", tr("Minimap"), ("Shift+M",), to.minimap, icon="minimap"),
        *_arrows(to),
    ]


def _arrows(to: Commands) -> list[Command]:
    """Arrows move what is selected; with Alt they walk along links."""
    found: list[Command] = []
    for key, words, x, y in (
        ("Left", tr("left"), -1, 0),
        ("Right", tr("right"), 1, 0),
        ("Up", tr("up"), 0, -1),
        ("Down", tr("down"), 0, 1),
    ):
        name = key.lower()
        move, walk = tr("Move {}").format(words), tr("Walk {} along links").format(words)
        found += [
            Command(f"move_{name}", move, (key,), lambda x=x, y=y: to.nudge(8 * x, 8 * y)),
            Command(
                f"move_far_{name}",
                tr("Move far {}").format(words),
                (f"Shift+{key}",),
                lambda x=x, y=y: to.nudge(48 * x, 48 * y),
            ),
            Command(f"walk_{name}", walk, (f"Alt+{key}",), lambda x=x, y=y: to.walk(x, y)),
        ]
    return found


def make(to: Commands, widget: QWidget) -> dict[str, QAction]:
    """The actions by name, on a widget that has to have the focus for their keys to count."""
    found: dict[str, QAction] = {}
    icons = {*names()}
    for command in commands(to):
        action = QAction(command.text, widget)
        action.setObjectName(command.name)
        action.setShortcuts([QKeySequence(key) for key in command.keys])
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        words = command.tip or command.text.rstrip("…")
        action.setToolTip(f"{words} ({keys})" if keys else words)
        action.setData(command.nodes)
        action.triggered.connect(lambda _=False, do=command.do: do())
        icon = command.icon or command.name.replace("_", "-")
        if icon in icons:
            set_icon(action, icon)
        widget.addAction(action)
        found[command.name] = action
    return found
