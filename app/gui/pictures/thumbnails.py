"""Thumbnails of picture files with the words they were made from, kept on disk.

A thumbnail is a small PNG named by the file's path, time and size, so that one of a file that has
changed is never taken for it. It carries the prompt as a text, so that a search reads no original.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QObject, QRunnable, QSaveFile, QSize, Qt, QThreadPool, Signal
from PySide6.QtGui import QImage, QImageReader, QImageWriter

from engine.diffusion.images.files import read_metadata
from engine.graph.errors import LoomError

SIDE = 192  # pixels of the longer side
WORDS = "words"  # the text chunk with the prompt
FOLDER_VARIABLE = "LOOM_THUMBNAILS"
BATCH = 50  # files whose prompts are told at once
URGENT = 1  # before thumbnails that wait
TEXT_NODES = ("text.", "caption.")  # node types whose texts are prompts


def thumbnail_folder() -> Path:
    """Where thumbnails are kept: LOOM_THUMBNAILS, else a place in the user's cache folder."""
    if named := os.environ.get(FOLDER_VARIABLE, ""):
        return Path(named).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("latent-loom") / "thumbnails"


@dataclass(frozen=True)
class Thumbnail:
    """A small picture of a file, and its prompts; a null image for a file that can't be read."""

    path: Path
    image: QImage
    words: str


class Thumbnails(QObject):
    """Makes thumbnails beside the interface; `made` hands each on."""

    made = Signal(object)
    """A Thumbnail."""
    told = Signal(object)
    """The prompts of some files: a dictionary by their Paths."""

    def __init__(self, folder: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._folder = folder or thumbnail_folder()
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(2)
        self._closed = False

    def ask(self, path: Path) -> None:
        """Have the thumbnail of a file made, or read if it is there."""
        self._pool.start(_Task(self, path, self._folder))

    def ask_words(self, paths: Sequence[Path]) -> None:
        """Have the prompts of files read, which takes far less time than their thumbnails."""
        for start in range(0, len(paths), BATCH):
            self._pool.start(_Words(self, paths[start : start + BATCH]), URGENT)

    def wait(self, milliseconds: int = 10_000) -> None:
        """Wait until all that was asked for is made."""
        self._pool.waitForDone(milliseconds)

    def close(self) -> None:
        """Begin no further one."""
        self._closed = True
        self._pool.clear()
        self._pool.waitForDone(1000)

    def hand_on(self, found: Thumbnail) -> None:
        """Called in the threads that make them."""
        if not self._closed:
            self.made.emit(found)

    def hand_on_words(self, found: Mapping[Path, str]) -> None:
        """Called in the threads that read them."""
        if not self._closed:
            self.told.emit(found)


class _Words(QRunnable):
    def __init__(self, owner: Thumbnails, paths: Sequence[Path]) -> None:
        super().__init__()
        self._owner, self._paths = owner, paths

    def run(self) -> None:
        self._owner.hand_on_words({path: words(path) for path in self._paths})


class _Task(QRunnable):
    def __init__(self, owner: Thumbnails, path: Path, folder: Path) -> None:
        super().__init__()
        self._owner, self._path, self._folder = owner, path, folder

    def run(self) -> None:
        self._owner.hand_on(thumbnail(self._path, self._folder))


def thumbnail(path: Path, folder: Path) -> Thumbnail:
    """The thumbnail of a file, from `folder` if it is there; else made, and put there."""
    try:
        status = path.stat()
    except OSError:
        return Thumbnail(path, QImage(), "")
    name = f"{path.absolute()}\0{status.st_mtime_ns}\0{status.st_size}"
    kept = folder / f"{hashlib.blake2b(name.encode(), digest_size=16).hexdigest()}.png"
    image = QImage(str(kept)) if kept.exists() else QImage()
    if image.isNull():
        image = _drawn(path)
        image.setText(WORDS, words(path))
        if not image.isNull():
            _keep(image, kept)
    return Thumbnail(path, image, image.text(WORDS))


def words(path: Path) -> str:
    """The prompts of the workflow that a picture carries, a line each; "" when it has none."""
    try:
        workflow = read_metadata(path).get("workflow")
    except LoomError:
        return ""
    return "\n".join(dict.fromkeys(_texts(workflow if isinstance(workflow, dict) else {})))


def _texts(workflow: Mapping[str, Any]) -> Iterator[str]:
    """The texts in a workflow's nodes, in its subgraphs too."""
    bodies = [workflow, *workflow.get("definitions", {}).values()]
    for body in bodies:
        for node in body.get("nodes", {}).values():
            if str(node.get("type", "")).startswith(TEXT_NODES):
                values = node.get("params", {}).values()
                yield from (text for text in values if isinstance(text, str) and " " in text)


def _drawn(path: Path) -> QImage:
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid() and max(size.width(), size.height()) > SIDE:
        reader.setScaledSize(size.scaled(QSize(SIDE, SIDE), Qt.AspectRatioMode.KeepAspectRatio))
    return reader.read()


def _keep(image: QImage, path: Path) -> None:
    """Write a thumbnail wholly or not at all; a full disk costs only the time to make it again."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError:
        return
    file = QSaveFile(str(path))
    if file.open(QSaveFile.OpenModeFlag.WriteOnly):
        QImageWriter(file, QByteArray(b"png")).write(image)
        file.commit()
