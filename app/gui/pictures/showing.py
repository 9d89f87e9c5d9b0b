"""Chooses what the viewer shows: the node that is selected, else what was made last."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QSize
from PySide6.QtGui import QImage

from app.gui.document import Document
from app.gui.language import tr
from app.gui.pictures.viewer import Viewer
from app.gui.runs.asking import Asking
from app.gui.status import Statuses
from engine.graph.errors import CycleError

PICTURES = ("Image", "Mask", "Latents")  # kinds that can be looked at, the best first
TRAJECTORY = ("Trajectory",)
BLANK = QSize(512, 512)  # what a mask is painted on when there is no picture


class Showing(QObject):
    """Follows selection and runs, and hands the viewer pictures."""

    def __init__(
        self,
        document: Document,
        statuses: Statuses,
        asking: Asking,
        viewer: Viewer,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._document, self._statuses, self._viewer = document, statuses, viewer
        self._asking = asking
        self._selected = ""
        self._shown = ""
        self._made: object = None  # which result is shown
        self._number = 0  # of what was asked for last
        viewer.step_asked.connect(self._take_step)
        statuses.changed.connect(self._follow)
        document.shown.connect(self._forget)

    def select(self, ids: tuple[str, ...]) -> None:
        """Look at a node that has a picture; other selections change nothing."""
        self._selected = ids[0] if len(ids) == 1 else ""
        if self._selected and self._has_picture(self._selected):
            self._show(self._selected)

    def picture_for(self, node_id: str) -> QImage:
        """What a mask of this node is painted on: the picture of what it reads, or reads it."""
        graph = self._document.graph
        node = graph.nodes[node_id]
        above = [source.node for source in node.sources()]
        below = [link.node for link in graph.links() if link.source.node == node_id]
        beside = [source.node for name in below for source in graph.nodes[name].sources()]
        for name in (*above, *beside):
            found = self._pictures(name)
            if name != node_id and found:
                return found[0][0]
        size = node.params.get("width"), node.params.get("height")
        wide, high = (value if isinstance(value, int) else 0 for value in size)
        blank = QImage(
            QSize(wide, high) if wide and high else BLANK, QImage.Format.Format_Grayscale8
        )
        blank.fill(0)
        return blank

    def _follow(self, ids: frozenset[str]) -> None:
        """Statuses changed: show what forms, and what is selected or was made last."""
        if self._selected and self._has_picture(self._selected):
            if self._selected in ids:
                self._show(self._selected)
            return
        forming = [name for name in ids if self._statuses[name].live]
        made = [name for name in self._order() if self._is_made(name)]
        if forming:
            self._show(forming[0])
        elif made and (made[-1] in ids or self._shown not in made):
            self._show(made[-1])

    def _order(self) -> Iterable[str]:
        """The nodes that are shown, those last that are made last."""
        graph = self._document.graph
        try:
            return graph.order()
        except CycleError:
            return graph.nodes

    def _is_made(self, node_id: str) -> bool:
        return self._statuses[node_id].state in ("done", "cached") and self._has_picture(node_id)

    def _has_picture(self, node_id: str) -> bool:
        status = self._statuses[node_id]
        return status.picture is not None or bool(status.files)

    def _pictures(self, node_id: str) -> list[tuple[QImage, Path | None]]:
        """The files that a node wrote, else its preview."""
        status = self._statuses[node_id]
        files = [(QImage(name), Path(name)) for name in status.files]
        found: list[tuple[QImage, Path | None]] = [pair for pair in files if not pair[0].isNull()]
        if not found and status.picture is not None:
            found = [(status.picture, None)]
        return found

    def _show(self, node_id: str) -> None:
        """Show what is at hand at once, then what the worker has kept, at its own size."""
        status = self._statuses[node_id]
        made = None if status.live else (node_id, status.state, status.seconds, status.files)
        if made is not None and made == self._made:
            return  # the person may have turned to another picture of it
        self._shown, self._made = node_id, made
        self._number += 1
        if status.live and status.picture is not None:
            self._viewer.show_pictures(node_id, [status.picture])
            return
        found = self._pictures(node_id)
        files = [path for _, path in found if path is not None]
        self._viewer.show_pictures(node_id, [image for image, _ in found], files)
        if not files and status.state in ("done", "cached"):
            self._ask(node_id, self._number)

    def _ask(self, node_id: str, number: int) -> None:
        """Ask for the steps of a recorded run, or else for the pictures themselves."""

        def steps(answer: Mapping[str, Any]) -> None:
            if number == self._number:
                images = answer["pictures"]
                last = len(images) - 1
                labels = [tr("step {} of {}").format(at, last) for at in range(last + 1)]
                self._viewer.show_pictures(node_id, images, labels=labels)

        def pictures(answer: Mapping[str, Any]) -> None:
            if number == self._number:
                self._viewer.show_pictures(node_id, answer["pictures"])

        def ask_pictures(_: object = None) -> None:
            if port := self._port(node_id, PICTURES):
                self._asking.pictures(port).then(pictures)

        if port := self._port(node_id, TRAJECTORY):
            self._asking.trajectory(port).then(steps, ask_pictures)
        else:
            ask_pictures()

    def _port(self, node_id: str, kinds: tuple[str, ...]) -> str:
        """The first output of a node that carries one of these kinds, "" for none."""
        spec = self._document.spec(node_id)
        for kind in kinds:
            for name, port in spec.outputs.items() if spec else ():
                if port.type.kind is not None and port.type.kind.name == kind:
                    return f"{node_id}.{name}"
        return ""

    def _take_step(self, step: int) -> None:
        """Add a node that gives the latents after this step of the run that is looked at."""
        port = self._port(self._shown, TRAJECTORY) if self._shown else ""
        if not port:
            return
        with self._document.edit(tr("Take step {}").format(step)) as graph:
            graph.add("trajectory.step", params={"step": step}, inputs={"trajectory": port})

    def _forget(self) -> None:
        self._selected = self._shown = ""
        self._made = None
        self._number += 1
