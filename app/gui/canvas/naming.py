"""Names that are typed where they are shown: of nodes, frames, subgraphs and their ports."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF

from app.gui.canvas import edits, ends
from app.gui.canvas.editors import LineEditor
from app.gui.canvas.shape import HEADER, WIDTH, Spot
from app.gui.language import tr
from engine.graph.errors import LoomError
from engine.graph.subgraph import used

if TYPE_CHECKING:
    from app.gui.canvas.canvas import Canvas


class Naming:
    """Opens an editor over a name, and takes what is typed; what is wrong with it is said."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas

    def rename(self, name: str) -> None:
        """Let a node's id or a frame's text be typed where it is shown."""
        item = self._canvas.mirror.box(name)
        frame = self._canvas.mirror.frames.get(name)
        text = frame.text if frame else name
        take = partial(self._rename_frame if frame else self._rename_node, name)
        self.type_at(QRectF(0, 0, item.width, HEADER).translated(item.pos()), text, take)

    def rename_subgraph(self, instance: str) -> None:
        """Let the name of an instance's subgraph be typed."""
        take = partial(ends.rename_subgraph, self._canvas.document, instance)
        name = used(self._canvas.document.graph.nodes[instance])
        self.type_at(self._canvas.mirror.piece(instance).box(), name, take)

    def rename_port(self, name: str, spot: Spot) -> None:
        """Let a port of the subgraph that is shown be named where it is."""
        take = partial(ends.rename_port, self._canvas.document, spot)
        at = self._canvas.mirror.port_pos(name, spot, QPointF())
        left = at.x() - WIDTH / 2 if spot[1] else at.x()
        self.type_at(QRectF(left, at.y() - HEADER / 2, WIDTH / 2, HEADER), spot[0], take)

    def type_at(self, area: QRectF, text: str, take: Callable[[str], str]) -> None:
        """Let a text be typed over an area of the scene; what `take` finds wrong is said."""

        def told(typed: str) -> str:
            words = take(typed)
            if words:
                self._canvas.said(words)
            return words

        self._canvas.rows.close()
        editor = LineEditor(self._canvas.view.viewport(), text, tr("Name"), told)
        self._canvas.rows.editor = editor
        place = self._canvas.view.mapFromScene(area).boundingRect()
        place.setHeight(round(HEADER * self._canvas.view.transform().m11()))
        editor.open_at(place, self._canvas.view.transform().m11())

    def _rename_node(self, old: str, new: str) -> str:
        if old == new or old not in self._canvas.document.graph.nodes:
            return ""
        try:
            with self._canvas.document.edit(tr("Rename")) as graph:
                graph.rename(old, new)
        except LoomError as error:
            return str(error)
        self._canvas.select([new])
        return ""

    def _rename_frame(self, name: str, text: str) -> str:
        frame = self._canvas.mirror.frames.get(name)
        if frame is not None and frame.text != text:
            with self._canvas.document.edit(tr("Rename")) as graph:
                edits.place(graph, name, text=text)
        return ""
