"""The window: panels around the canvas, and the signals that join them."""

from __future__ import annotations

import importlib.metadata
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import QByteArray, QPoint, QStandardPaths, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QImage
from PySide6.QtWidgets import QDockWidget, QLabel, QMainWindow, QMessageBox, QVBoxLayout, QWidget

from app.gui import settings, theme
from app.gui.canvas.canvas import Canvas
from app.gui.document import Document
from app.gui.files.files import STARTER, Files
from app.gui.files.missing import MissingFiles
from app.gui.files.recovery import Keeper, Session, Sessions
from app.gui.inspector.panel import Inspector
from app.gui.inspector.widgets.base import Answer as TokenAnswer
from app.gui.inspector.widgets.base import TokenCount
from app.gui.language import tr
from app.gui.menus import Menus
from app.gui.palette.panel import Palette
from app.gui.pictures.gallery import Gallery
from app.gui.pictures.grid import SweepGrid
from app.gui.pictures.loaded import Loaded
from app.gui.pictures.painter import MaskPainter
from app.gui.pictures.showing import Showing
from app.gui.pictures.viewer import Viewer
from app.gui.runs.bar import RunBar
from app.gui.runs.problems_panel import ProblemsPanel
from app.gui.runs.queue_panel import QueuePanel
from app.gui.runs.runs import Runs
from app.gui.settings_dialog import SettingsDialog
from app.gui.shortcuts import ShortcutsDialog
from app.gui.status import Statuses
from app.gui.worker.client import Worker
from engine.graph.errors import LoomError
from engine.graph.registry import Registry
from engine.graph.workflow import to_json

NOTE_SECONDS = 8
SOON_SECONDS = 2  # without an edit, and what is not saved is kept
LAYOUT = 1  # rises when panels come or go: an older arrangement of them is not restored
Side = Qt.DockWidgetArea
HORIZONTAL, VERTICAL = Qt.Orientation.Horizontal, Qt.Orientation.Vertical


class Window(QMainWindow):
    """One workflow, on a canvas, with all there is to say about it around it.

    Windows of one program share its `worker`; the last one that is closed ends it.
    """

    opened: ClassVar[list[Window]] = []

    def __init__(
        self, registry: Registry, sessions: Sessions, worker: Worker | None = None
    ) -> None:
        super().__init__()
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.opened.append(self)
        self.registry = registry
        self.sessions = sessions
        self.document = Document(registry, self)
        self.statuses = Statuses(self)
        self.worker = worker or Worker()
        self.runs = Runs(self.document, self.statuses, self.worker)
        self.files = Files(self.document, self)
        self.canvas = Canvas(self.document, self.statuses)
        self.palette_panel = Palette(self.document)
        self.inspector = Inspector(self.document, self.statuses)
        self.problems = ProblemsPanel(self.document, self.statuses)
        self.queue = QueuePanel(self.runs)
        self.bar = RunBar(self.runs, self.statuses)
        self.viewer = Viewer()
        self.showing = Showing(self.document, self.statuses, self.runs, self.viewer, self)
        self.gallery = Gallery()
        self.loaded = Loaded(self.document, self.statuses, self.gallery.thumbnails, self)
        self.grid = SweepGrid(self.gallery.thumbnails)
        self.missing = MissingFiles(self.document)
        self.docks: dict[str, QDockWidget] = {}
        self._arrange()
        self._note = QLabel()
        self._unsay = QTimer(self, singleShot=True, interval=NOTE_SECONDS * 1000)
        self._unsay.timeout.connect(self._note.clear)
        self.statusBar().addWidget(self._note, 1)
        self.statusBar().addPermanentWidget(self.bar)
        self.menus = Menus(self)
        self._join()
        self._device, self._live = settings.choices().device, False
        self._keeper = Keeper(self.sessions, self)
        self._keeper.failed.connect(self._say_unkept)
        self._autosave = QTimer(self)
        self._autosave.timeout.connect(self._keep_beside)
        self._soon = QTimer(self, singleShot=True, interval=SOON_SECONDS * 1000)
        self._soon.timeout.connect(self._keep_beside)
        self.document.titled.connect(self._keep_soon)
        self._follow_settings()

    def _arrange(self) -> None:
        """The canvas in the middle, the panels around it."""
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.missing)
        column.addWidget(self.canvas, 1)
        self.setCentralWidget(middle)
        left, right, below = (
            Side.LeftDockWidgetArea,
            Side.RightDockWidgetArea,
            Side.BottomDockWidgetArea,
        )
        self._dock("palette", tr("Nodes"), self.palette_panel, left)
        self._dock("viewer", tr("Picture"), self.viewer, right)
        self._dock("inspector", tr("Inspector"), self.inspector, right)
        for name, title, panel in (
            ("gallery", tr("Gallery"), self.gallery),
            ("grid", tr("Sweep"), self.grid),
            ("queue", tr("Queue"), self.queue),
            ("problems", tr("Problems"), self.problems),
        ):
            self._dock(name, title, panel, below)
            if name != "gallery":
                self.tabifyDockWidget(self.docks["gallery"], self.docks[name])
            self.docks[name].hide()
        self.setCorner(Qt.Corner.BottomRightCorner, right)
        self.setCorner(Qt.Corner.BottomLeftCorner, left)
        self.resize(1440, 900)
        self.resizeDocks([self.docks["palette"], self.docks["viewer"]], [230, 360], HORIZONTAL)
        self.resizeDocks([self.docks["viewer"], self.docks["inspector"]], [4, 5], VERTICAL)

    # Beginning and ending

    def begin(self, file: Path | None = None) -> None:
        """Show `file`, else what a crash left, else the last session, else the starter workflow."""
        left = self.sessions.left_behind()
        last = self.sessions.last()
        if last is not None:
            self._lay_out(last)
        if file is not None:
            self.files.open(file)
            if left:
                self.new_window().recover(left, self.sessions)
        elif left:
            self.recover(left, self.sessions)
        elif last is None or not self._restore(last):
            self.files.open(STARTER, template=True)
        self.canvas.zoom_to_fit()
        # The worker loads torch while the person looks at the window.
        QTimer.singleShot(0, self.worker.start)

    def keep(self) -> None:
        """Keep what is not saved against a crash."""
        try:
            self.sessions.keep(self._session())
        except OSError as error:
            self._say_unkept(error.strerror or str(error))

    def _keep_soon(self) -> None:
        """Something was edited: keep it when the person pauses."""
        if self._autosave.isActive():
            self._soon.start()

    def _keep_beside(self) -> None:
        root, state = self.document.root.copy(), self._session(light=True)
        if self.document.modified:
            self._keeper.keep(lambda: replace(state, workflow=to_json(root)))
        else:
            self._keeper.keep(lambda: state)

    def _say_unkept(self, reason: str) -> None:
        self.say(tr("Unsaved work can't be kept: {}.").format(reason))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask about unsaved work, leave the session for the next start, end the worker."""
        if not self.files.may_leave():
            event.ignore()
            return
        self._autosave.stop()
        self._soon.stop()
        self._keeper.close()
        session = self._session()
        if session.workflow is not None:  # the person let it go
            session = Session(session.path, None, session.layout)
        try:
            self.sessions.close(session)
        except OSError as error:
            self.say(str(error))
        self.gallery.close_down()
        self.runs.close()
        self.opened.remove(self)
        if not any(window.worker is self.worker for window in self.opened):
            self.worker.close()
        event.accept()

    # What happens

    def say(self, sentence: str) -> None:
        """Show a sentence in the status bar for a while."""
        self._note.setText(sentence)
        self._unsay.start()

    def new_window(self) -> Window:
        """Open another window, empty, on the same worker."""
        window = Window(self.registry, Sessions(self.sessions.folder), self.worker)
        window.move(self.pos() + QPoint(32, 32))
        window.resize(self.size())
        window.show()
        return window

    def run_selected(self) -> None:
        """Run up to the selected nodes; the whole workflow when none is."""
        self.runs.run(self.canvas.selection())

    def ask_settings(self) -> None:
        """Let the person choose."""
        SettingsDialog(self).exec()

    def show_shortcuts(self) -> None:
        """List every command with its key."""
        ShortcutsDialog(self).exec()

    def about(self) -> None:
        """Say what this is."""
        version = importlib.metadata.version("latent-loom")
        text = tr("Latent Loom {}: a node editor for diffusion models.").format(version)
        QMessageBox.about(self, tr("About Latent Loom"), text)

    def show_panel(self, name: str) -> None:
        """Bring a panel to the front."""
        self.docks[name].show()
        self.docks[name].raise_()

    def _join(self) -> None:
        """Let each panel's signals reach the others."""
        self.document.titled.connect(self._retitle)
        self.files.opened.connect(self._remember)
        self.files.said.connect(self.say)
        self.canvas.selection_changed.connect(self.inspector.follow)
        self.canvas.run_asked.connect(self.runs.run)
        self.canvas.lock_asked.connect(self.runs.lock)
        self.canvas.file_dropped.connect(self.files.open)
        self.canvas.note.connect(self.say)
        self.palette_panel.add_asked.connect(self.canvas.add_node)
        self.palette_panel.left.connect(self.canvas.setFocus)
        self.inspector.left.connect(self.canvas.setFocus)
        self.problems.selected.connect(self.canvas.go_to)
        self.queue.open_asked.connect(self._open_workflow)
        self.worker.died.connect(self.say)
        self.runs.said.connect(self.say)
        self.inspector.edit_drawing.connect(self._paint_mask)
        self.inspector.select_asked.connect(self.canvas.reveal)
        self.inspector.lock_asked.connect(self.runs.lock)
        self.inspector.file_asked.connect(lambda path: self._show_files([path]))
        self.inspector.count_tokens = self._count_tokens
        self.canvas.edit_asked.connect(self.inspector.edit)
        self.canvas.selection_changed.connect(self.showing.select)
        self.viewer.open_asked.connect(self.files.open)
        self.viewer.said.connect(self.say)
        self.gallery.show_asked.connect(self._show_files)
        self.gallery.open_asked.connect(self.files.open)
        self.gallery.said.connect(self.say)
        self.grid.show_asked.connect(self._show_files)
        self.grid.filled.connect(lambda: self.show_panel("grid"))
        self.grid.take_asked.connect(self._take_values)
        self.runs.made.connect(self._made)
        settings.failed.connect(self.say)
        settings.changed.connect(self._follow_settings)
        theme.changed.connect(self.update)

    def _dock(self, name: str, title: str, panel: QWidget, area: Side) -> None:
        dock = QDockWidget(title, self)
        dock.setObjectName(name)
        dock.setWidget(panel)
        self.addDockWidget(area, dock)
        self.docks[name] = dock

    def _retitle(self) -> None:
        self.setWindowTitle(f"{self.files.title()}[*]")
        self.setWindowModified(self.document.modified)
        self.setWindowFilePath(str(self.document.path or ""))

    def _remember(self, path: Path) -> None:
        settings.put(settings.choices().with_file(path))

    def _open_workflow(self, data: dict[str, object]) -> None:
        if self.files.may_leave():
            try:
                self.document.restore(data, None)
            except LoomError as error:
                self.files.say(str(error))

    def _follow_settings(self) -> None:
        """Do as the person has chosen."""
        chosen = settings.choices()
        if chosen.autosave:
            self._autosave.start(chosen.autosave * 1000)
        else:
            self._autosave.stop()
        if chosen.device != self._device and self.worker.pid:
            self.runs.restart()
        self._device = chosen.device
        self.document.look_in(chosen.model_folders, chosen.output_folder or usual_output())
        self.gallery.look_in([self.document.settings.output_folder])
        if chosen.live != self._live:
            self.runs.set_live(chosen.live)
        self._live = chosen.live

    def _made(self, files: list[str]) -> None:
        """A run is over: show the table of its sweep, if it was one."""
        self.gallery.refresh()
        if self.document.root.sweep:
            self.grid.show_files([Path(name) for name in files])

    def _count_tokens(self, node: str, name: str, text: str, answer: TokenAnswer) -> None:
        asked = self.runs.tokens(node, text)
        if asked is not None:
            asked.then(lambda said: answer(TokenCount(**said)))

    def _show_files(self, files: list[Path]) -> None:
        self.viewer.show_files(files)
        self.docks["viewer"].show()

    def _take_values(self, values: Mapping[str, object]) -> None:
        """Give parameters the values of a sweep's cell, and end the sweep over them."""
        with self.document.edit_root(tr("Use a cell's values")) as graph:
            for target, value in values.items():
                node, _, name = target.partition(".")
                if node in graph.nodes:
                    graph.set_param(node, name, value)
                    graph.set_axis(target, None)

    def _paint_mask(self, node_id: str, name: str) -> None:
        """Let the person paint the drawing of a node over the picture it is for."""
        scope = self.document.scope

        def paint(picture: QImage, is_blank: bool) -> None:
            nodes = self.document.graph.nodes
            if self.document.scope != scope or node_id not in nodes:
                return
            drawn = str(nodes[node_id].params.get(name, ""))
            painter = MaskPainter(picture, drawn, self, is_blank=is_blank)
            if painter.exec():
                with self.document.edit(tr("Paint {}").format(node_id)) as graph:
                    graph.set_param(node_id, name, painter.drawing)

        self.showing.picture_for(node_id, paint)

    # Sessions

    def _session(self, *, light: bool = False) -> Session:
        """What the window shows; `light` without the workflow."""
        document = self.document
        unsaved = to_json(document.root) if document.modified and not light else None
        layout = {
            "geometry": _text(self.saveGeometry()),
            "docks": _text(self.saveState(LAYOUT)),
        }
        return Session(str(document.path or ""), unsaved, layout)

    def _lay_out(self, session: Session) -> None:
        layout = session.layout
        if isinstance(text := layout.get("geometry"), str):
            self.restoreGeometry(QByteArray(b64decode(text)))
        if isinstance(text := layout.get("docks"), str):
            self.restoreState(QByteArray(b64decode(text)), LAYOUT)

    def _restore(self, session: Session) -> bool:
        """Show what a session showed; False when there is nothing of it."""
        path = Path(session.path) if session.path else None
        try:
            if session.workflow is not None:
                self.document.restore(session.workflow, path)
            elif path is not None:
                self.document.open(path)
            else:
                return False
        except LoomError as error:
            self.say(str(error))
            return False
        return True

    def recover(self, left: list[Session], found_by: Sessions) -> None:
        """Bring back what a crash left: the newest here, the others beside their files.

        They are let go where they were found as soon as all are safe.
        """
        restored = self._restore(left[0])
        try:
            aside = [self.sessions.put_aside(session) for session in left[restored:]]
            if restored:
                self.sessions.keep(self._session())
        except OSError as error:
            aside = []
            self._say_unkept(error.strerror or str(error))
        else:
            found_by.let_go()
        if not restored:
            self.files.open(STARTER, template=True)
        text = tr("The program ended unexpectedly.")
        if restored:
            here = tr("{} is here again as it was, and is not saved.").format(self.files.title())
            text = f"{text} {here}"
        if aside:
            also = tr("Other work that was not saved is in these files:")
            text = "\n".join([text, "", also, *map(str, aside)])
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Information)
        box.setWindowTitle(tr("Recovered"))
        box.setText(text)
        box.open()  # the window comes up beside it


def usual_output() -> str:
    """Where pictures go when nothing is chosen: a folder of their own among the person's."""
    pictures = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.PicturesLocation)
    return str(Path(pictures) / "Latent Loom")


def _text(data: QByteArray) -> str:
    return b64encode(data.data()).decode()
