"""The menus and the tool bar of a window: every command, with its key."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QToolBar

from app.gui import settings
from app.gui.files.files import GALLERY
from app.gui.icons import set_icon
from app.gui.language import tr
from app.gui.panels import go_on

if TYPE_CHECKING:
    from app.gui.window import Window

Keys = QKeySequence.StandardKey


class Menus(QObject):
    """Makes the actions of a window, and keeps those that change up to date."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self.window = window
        self.actions: dict[str, QAction] = {}
        self._file()
        self._edit()
        self._graph()
        self._run()
        self._view()
        self._help()
        self._tool_bar()
        window.document.titled.connect(self._refresh)
        window.runs.changed.connect(self._refresh)
        window.runs.live_changed.connect(self.actions["live"].setChecked)
        settings.changed.connect(self.show_recent)
        self._refresh()
        self.show_recent()

    def show_recent(self) -> None:
        """Fill the menu of recent files."""
        self._recent.clear()
        for name in settings.choices().recent_files:
            path = Path(name)
            action = self._recent.addAction(path.name)
            action.setToolTip(name)
            action.triggered.connect(lambda _, path=path: self.window.files.open(path))
        self._recent.setEnabled(bool(settings.choices().recent_files))

    def _file(self) -> None:
        files, menu = self.window.files, self._menu(tr("&File"))
        self._add(menu, "new", tr("New"), Keys.New, files.new)
        self._add(menu, "window", tr("New window"), "Ctrl+Shift+N", self.window.new_window)
        self._add(menu, "open", tr("Open…"), Keys.Open, files.ask_open)
        self._recent = menu.addMenu(tr("Open recent"))
        self._recent.setToolTipsVisible(True)
        self._examples(menu.addMenu(tr("Gallery of workflows")))
        menu.addSeparator()
        self._add(menu, "save", tr("Save"), Keys.Save, files.save)
        self._add(menu, "save_as", tr("Save as…"), Keys.SaveAs, files.ask_save, icon="")
        self._add(menu, "pack", tr("Pack a bundle…"), None, files.pack, icon="")
        export = menu.addMenu(tr("Export"))
        draw = self.window.canvas.export
        self._add(
            export,
            "export_picture",
            tr("Picture of the graph…"),
            None,
            lambda: files.export_picture(draw),
            icon="",
        )
        self._add(export, "export_script", tr("Python script…"), None, files.export_script, icon="")
        menu.addSeparator()
        self._add(
            menu, "settings", tr("Settings…"), Keys.Preferences, self.window.ask_settings
        ).setMenuRole(QAction.MenuRole.PreferencesRole)
        self._add(menu, "quit", tr("Quit"), Keys.Quit, self.window.close, icon="").setMenuRole(
            QAction.MenuRole.QuitRole
        )

    def _examples(self, menu: QMenu) -> None:
        for folder, into in (
            (GALLERY, menu),
            (GALLERY / "published", menu.addMenu(tr("For published models"))),
        ):
            for path in sorted(folder.glob("*.json")):
                action = into.addAction(path.stem.replace("_", " ").capitalize())
                action.triggered.connect(
                    lambda _, path=path: self.window.files.open(path, template=True)
                )

    def _edit(self) -> None:
        document, menu = self.window.document, self._menu(tr("&Edit"))
        self._add(menu, "undo", tr("Undo"), Keys.Undo, document.undo)
        redo = self._add(menu, "redo", tr("Redo"), Keys.Redo, document.redo)
        both = (redo.shortcut(), QKeySequence("Ctrl+Y"))  # desktops have one or the other
        redo.setShortcuts([*{key.toString(): key for key in both}.values()])
        menu.addSeparator()
        self._take(menu, "cut", "copy", "paste", "duplicate", "delete", "select_all")

    def _graph(self) -> None:
        menu = self._menu(tr("&Graph"))
        rest = [name for name in self.window.canvas.actions_by_name() if name not in self.actions]
        self._take(menu, *rest)

    def _run(self) -> None:
        runs, menu = self.window.runs, self._menu(tr("&Run"))
        self._add(menu, "run", tr("Run"), "Ctrl+Return", lambda: runs.run())
        self._add(
            menu,
            "run-to-here",
            tr("Run to the selected nodes"),
            "Ctrl+Shift+Return",
            self.window.run_selected,
        )
        several = menu.addMenu(tr("Run several times"))
        for count in (2, 4, 8, 16):
            action = several.addAction(tr("{} times").format(count))
            action.triggered.connect(lambda _, count=count: runs.run(count=count))
        self._add(
            menu, "fresh", tr("Run all anew"), None, lambda: runs.run(fresh=True), icon="reset"
        )
        self._add(menu, "stop", tr("Cancel"), "Ctrl+.", lambda: runs.cancel())
        self._add(menu, "restart", tr("Restart the engine"), None, runs.restart, icon="repeat")
        menu.addSeparator()
        live = self._add(menu, "live", tr("Run on every change"), "Ctrl+Shift+L", lambda: None)
        live.setCheckable(True)
        live.toggled.connect(runs.set_live)
        plan = self._add(menu, "plan", tr("Show what would run"), "Ctrl+P", lambda: None)
        plan.setCheckable(True)
        plan.toggled.connect(self.window.canvas.show_plan)

    def _view(self) -> None:
        menu = self._menu(tr("&View"))
        for dock in self.window.docks.values():
            menu.addAction(dock.toggleViewAction())
        menu.addSeparator()
        panels = [self.window.canvas, *(dock.widget() for dock in self.window.docks.values())]
        for name, text, key, step in (
            ("next_panel", tr("Next panel"), "F6", 1),
            ("previous_panel", tr("Previous panel"), "Shift+F6", -1),
        ):
            self._add(menu, name, text, key, partial(go_on, panels, step), icon="")
        menu.addSeparator()
        self._add(menu, "full_screen", tr("Full screen"), "F11", self._full_screen, icon="")

    def _help(self) -> None:
        menu = self._menu(tr("&Help"))
        self._add(menu, "keyboard", tr("Keyboard shortcuts"), "F1", self.window.show_shortcuts)
        about = self._add(menu, "info", tr("About Latent Loom"), None, self.window.about)
        about.setMenuRole(QAction.MenuRole.AboutRole)

    def _tool_bar(self) -> None:
        bar = QToolBar(tr("Tools"))
        bar.setObjectName("tools")
        bar.setMovable(False)
        for name in ("new", "open", "save", "", "undo", "redo", "", "run", "run-to-here", "stop"):
            if name:
                bar.addAction(self.actions[name])
            else:
                bar.addSeparator()
        bar.addSeparator()
        bar.addAction(self.actions["live"])
        bar.addAction(self.actions["plan"])
        self.window.addToolBar(bar)

    def _menu(self, title: str) -> QMenu:
        return self.window.menuBar().addMenu(title)

    def _add(
        self,
        menu: QMenu,
        name: str,
        text: str,
        key: Keys | str | None,
        do: Callable[[], object],
        icon: str | None = None,
    ) -> QAction:
        """An action with a tooltip that tells its key; `icon` is its name's unless said."""
        action = QAction(text, self.window)
        if key is not None:
            action.setShortcut(QKeySequence(key))
        keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
        action.setToolTip(f"{text.rstrip('…')} ({keys})" if keys else text.rstrip("…"))
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(lambda: do())
        if icon is None or icon:
            set_icon(action, icon or name)
        menu.addAction(action)
        self.actions[name] = action
        return action

    def _take(self, menu: QMenu, *names: str) -> None:
        """Put actions of the canvas into a menu."""
        known = self.window.canvas.actions_by_name()
        for name in names:
            menu.addAction(known[name])
            self.actions[name] = known[name]

    def _full_screen(self) -> None:
        window = self.window
        window.setWindowState(window.windowState() ^ Qt.WindowState.WindowFullScreen)

    def _refresh(self) -> None:
        root = self.window.document.root
        for name, text, label in (
            ("undo", tr("Undo"), root.undo_label),
            ("redo", tr("Redo"), root.redo_label),
        ):
            self.actions[name].setText(f"{text}: {label}" if label else text)
            self.actions[name].setEnabled(bool(label))
        self.actions["stop"].setEnabled(self.window.runs.is_busy)
