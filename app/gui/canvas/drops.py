"""What is dropped on the canvas: node types from a palette, files from the desktop."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QPointF

from app.gui.canvas import edits
from app.gui.language import tr
from engine.diffusion.images.files import is_picture, read_metadata
from engine.graph.errors import LoomError
from engine.graph.params import FilePath

if TYPE_CHECKING:
    from app.gui.canvas.canvas import Canvas

NODE = "application/x-loom-node"
LOADER, LOADER_PARAM = "image.load", "file"


def accepts(data: QMimeData) -> bool:
    """Whether something can be dropped here."""
    return data.hasFormat(NODE) or any(url.isLocalFile() for url in data.urls())


def drop(canvas: Canvas, data: QMimeData, at: QPointF) -> None:
    """Take what was dropped at a point of the scene.

    A file dropped on a node that reads such files is the one that it reads from now on. Elsewhere
    a picture with a workflow in it opens that, as a workflow file does; any other picture becomes
    a node that loads it.
    """
    if data.hasFormat(NODE):
        canvas.add_node(bytes(data.data(NODE).data()).decode(), at)
        return
    paths = [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
    if len(paths) == 1 and _give_to_node(canvas, paths[0], at):
        return
    for index, path in enumerate(paths):
        if is_picture(path) and not _carries_workflow(path):
            _add_picture(canvas, path, at + QPointF(24, 24) * index)
        else:
            canvas.file_dropped.emit(path)


def _give_to_node(canvas: Canvas, path: Path, at: QPointF) -> bool:
    """Let the node at a point read a file, if it reads such files; whether it does."""
    piece = canvas.hands.item_at(at)
    spec = canvas.document.spec(piece.id) if piece is not None else None
    if piece is None or spec is None:
        return False
    for name, param in spec.params.items():
        if isinstance(param.widget, FilePath) and _fits(param.widget, path):
            canvas.rows.set(piece.id, name, str(path))
            canvas.select([piece.id])
            return True
    return False


def _fits(wanted: FilePath, path: Path) -> bool:
    if wanted.folder:
        return path.is_dir()
    return path.is_file() and (not wanted.suffixes or path.suffix.lower() in wanted.suffixes)


def _carries_workflow(path: Path) -> bool:
    try:
        return "workflow" in read_metadata(path)
    except (LoomError, OSError):
        return False


def _add_picture(canvas: Canvas, path: Path, at: QPointF) -> None:
    document = canvas.document
    with document.edit(tr("Add a picture")) as graph:
        version = document.registry.get(LOADER).version
        name = graph.add(LOADER, version=version, params={LOADER_PARAM: str(path)}).id
        edits.place(graph, name, at=[round(at.x()), round(at.y())])
    canvas.select([name])
