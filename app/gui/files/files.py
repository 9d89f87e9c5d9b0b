"""Open, save, export: what the File menu does, with its questions to the person."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from app.gui.document import Document, Opened
from app.gui.files.reading import Reading
from app.gui.language import tr
from app.script import script
from engine.diffusion.images.choices import READ_SUFFIXES
from engine.graph import bundle
from engine.graph.errors import LoomError
from engine.graph.files import write_atomically

GALLERY = Path(__file__).resolve().parents[3] / "workflows"
STARTER = GALLERY / "text_to_image.json"
SMALL = 100_000
"""Bytes of a file that is read at once: some hundred nodes, within a few milliseconds."""


class Files(QObject):
    """The file of a window's workflow: `parent` is the window that dialogs belong to.

    Whatever goes wrong is said in a dialog and leaves the workflow and its file as they were.
    """

    opened = Signal(object)
    """A file was opened or saved: its Path, for the list of recent ones."""
    said = Signal(str)
    """A sentence for the status bar, "" when it no longer holds."""

    def __init__(self, document: Document, parent: QWidget) -> None:
        super().__init__(parent)
        self._document = document
        self._window = parent
        self._reading = Reading(self)

    def new(self) -> None:
        """Begin anew, after what is not saved was asked about."""
        if self.may_leave():
            self._reading.stop()
            self._document.new()

    def ask_open(self) -> None:
        """Let the person choose a file to open."""
        pictures = " ".join(f"*{suffix}" for suffix in READ_SUFFIXES)
        kinds = tr("Workflows, bundles and pictures") + f" (*.json *.loom {pictures})"
        name, _ = QFileDialog.getOpenFileName(
            self._window, tr("Open"), self._folder(), f"{kinds};;{tr('All files')} (*)"
        )
        if name:
            self.open(Path(name))

    def open(self, path: Path, *, template: bool = False) -> bool:
        """Open a file in place of what is open; False when it was refused or can't be read.

        A large file is read beside the interface: True says that it is on its way.
        """
        if not self.may_leave():
            return False
        self._reading.stop()
        document, name = self._document, "" if template else path
        if _size(path) <= SMALL:
            return self._take(lambda: document.read(path, template=template), name)
        root, before = document.root, document.root.copy()

        def take(read: Callable[[], Opened]) -> None:
            self.said.emit("")
            if root is document.root and (root == before or self.may_leave()):
                self._take(read, name)

        self.said.emit(tr("Opening {}…").format(path.name))
        self._reading.start(lambda: document.read(path, template=template), take)
        return True

    def save(self) -> bool:
        """Save to the workflow's file; asks for one where there is none."""
        if self._document.path is None:
            return self.ask_save()
        return self._save(self._document.path)

    def ask_save(self) -> bool:
        """Let the person choose a file to save to; False when it was not saved."""
        path = self._ask_target(tr("Save as"), ".json", tr("Workflow"))
        return path is not None and self._save(path)

    def may_leave(self) -> bool:
        """Whether what is open may go: it is saved, was saved now, or the person lets it go."""
        if not self._document.modified:
            return True
        button = QMessageBox.StandardButton
        answer = QMessageBox.question(
            self._window,
            tr("Unsaved changes"),
            tr("{} has changes that are not saved.").format(self.title()),
            button.Save | button.Discard | button.Cancel,
            button.Save,
        )
        return self.save() if answer == button.Save else answer == button.Discard

    def title(self) -> str:
        """What the workflow is called: its file's name."""
        path = self._document.path
        return path.stem if path else tr("Untitled")

    def pack(self) -> None:
        """Write a bundle: the workflow with the pictures it reads."""
        document = self._document
        if path := self._ask_target(tr("Pack a bundle"), bundle.SUFFIX, tr("Bundle")):
            self._try(
                lambda: bundle.pack(document.root, document.registry, document.settings, path)
            )

    def export_script(self) -> None:
        """Write the workflow as a Python script."""
        document = self._document

        def write(path: Path) -> None:
            text = script(document.root, document.registry, document.settings, self.title())
            write_atomically(path, text.encode())

        if path := self._ask_target(tr("Export as Python"), ".py", tr("Python script")):
            self._try(lambda: write(path))

    def export_picture(self, draw: Callable[[Path, Callable[[str], object]], object]) -> None:
        """Let `draw` write a picture of the graph to a file that the person chooses.

        It may go on after it has returned, and say then what went wrong.
        """
        kinds = f"{tr('Picture')} (*.png);;{tr('Vector picture')} (*.svg)"
        start = str(Path(self._folder()) / f"{self.title()}.png")
        name, chosen = QFileDialog.getSaveFileName(self._window, tr("Export"), start, kinds)
        if name:
            suffix = ".svg" if "*.svg" in chosen else ".png"
            path = Path(name) if Path(name).suffix else Path(name + suffix)
            self._try(lambda: draw(path, self.say))

    def say(self, sentence: str) -> None:
        """Tell the person what went wrong."""
        QMessageBox.warning(self._window, tr("Latent Loom"), sentence)

    @property
    def busy(self) -> bool:
        """Whether a file is being read."""
        return self._reading.busy

    def _take(self, read: Callable[[], Opened], path: Path | str) -> bool:
        done = self._try(lambda: self._document.take(read()))
        if done and path:
            self.opened.emit(path)
        return done

    def _save(self, path: Path) -> bool:
        done = self._try(lambda: self._document.save(path))
        if done:
            self.opened.emit(path)
        return done

    def _ask_target(self, title: str, suffix: str, kind: str) -> Path | None:
        start = str(Path(self._folder()) / f"{self.title()}{suffix}")
        name, _ = QFileDialog.getSaveFileName(self._window, title, start, f"{kind} (*{suffix})")
        if not name:
            return None
        return Path(name) if Path(name).suffix else Path(name + suffix)

    def _folder(self) -> str:
        path = self._document.path
        return str(path.parent if path else Path.home())

    def _try(self, work: Callable[[], object]) -> bool:
        try:
            work()
        except LoomError as error:
            self.say(str(error))
        except OSError as error:
            self.say(tr("It can't be written: {}.").format(error.strerror or error))
        else:
            return True
        return False


def _size(path: Path) -> int:
    """The bytes of a file, 0 where there is none: to read it says what is wrong."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
