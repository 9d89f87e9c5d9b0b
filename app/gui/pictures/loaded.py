"""What the files look like that nodes read, shown on these nodes before anything has run."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject

from app.gui.document import Document
from app.gui.pictures.thumbnails import Thumbnail, Thumbnails
from app.gui.status import Statuses
from engine.diffusion.images.choices import READ_SUFFIXES
from engine.graph.context import Settings
from engine.graph.errors import LoomError
from engine.graph.graph import Node
from engine.graph.params import FilePath
from engine.graph.spec import NodeSpec


class Loaded(QObject):
    """Follows the document, and gives nodes that read a picture file its thumbnail."""

    def __init__(
        self,
        document: Document,
        statuses: Statuses,
        thumbnails: Thumbnails,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._statuses, self._thumbnails = document, statuses, thumbnails
        self._files: dict[str, Path] = {}
        thumbnails.made.connect(self._take)
        document.shown.connect(self._shown)
        document.changed.connect(self._look)

    def _shown(self) -> None:
        self._files.clear()
        self._look(self._document.graph.nodes)

    def _look(self, names: Iterable[str]) -> None:
        """Ask for the pictures of those of these nodes whose file is another one."""
        document = self._document
        if document.scope:
            return
        for name in names:
            node = document.graph.nodes.get(name)
            file = file_of(node, document.spec(name), document.settings) if node else None
            if file is None:
                self._files.pop(name, None)
            elif self._files.get(name) != file:
                self._files[name] = file
                self._thumbnails.ask(file)

    def _take(self, made: Thumbnail) -> None:
        if not made.image.isNull():
            for name, file in self._files.items():
                if file == made.path:
                    self._statuses.update(name, picture=made.image, live=False)


def file_of(node: Node, spec: NodeSpec | None, settings: Settings) -> Path | None:
    """The picture file that a node reads; None when it reads none, or one that is not there."""
    for name, param in spec.params.items() if spec else ():
        given = node.params.get(name)
        if isinstance(param.widget, FilePath) and isinstance(given, str) and is_picture(given):
            try:
                return settings.find_input(given)
            except LoomError:
                return None
    return None


def is_picture(name: str) -> bool:
    """Whether a file is called as those are that can be looked at."""
    return name.lower().endswith(READ_SUFFIXES)
