"""Chooses what the viewer shows: the node that is selected, else what was made last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QSize, QTimer
from PySide6.QtGui import QImage

from app.gui.document import Document
from app.gui.language import tr
from app.gui.pictures.loaded import file_of, is_picture
from app.gui.pictures.reading import Reading
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
        self._root = document.root
        self._selected = ""
        self._shown = ""
        self._made: object = None  # which result is shown
        self._number = 0  # of what was asked for last
        viewer.step_asked.connect(self._take_step)
        self._news: set[str] = set()
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._follow)
        statuses.changed.connect(self._hear)
        document.shown.connect(self._forget)
        document.changed.connect(self._edited)

    def select(self, ids: tuple[str, ...]) -> None:
        """Look at a node that has a picture; other selections change nothing."""
        self._selected = ids[0] if len(ids) == 1 else ""
        if self._selected and self._has_picture(self._selected):
            self._show(self._selected)

    def picture_for(self, node_id: str, then: Callable[[QImage, bool], object]) -> None:
        """Hand on what a mask of this node is painted on: what it reads, or what reads it beside.

        It comes at its full size, from its file or from what the worker has kept, with False. With
        True it is black, since there is none yet.
        """
        node = self._document.graph.nodes[node_id]
        names = self._around(node_id)
        for name in names:
            if files := [Path(file) for file in self._files(name)]:
                self._read(files[0], then)
                return
        for name in names:
            status = self._statuses[name]
            if status.picture is None:
                continue
            small = status.picture
            port = self._port(name, PICTURES)
            if not port or status.live or self._asking.worker.state != "ready":
                then(small, False)
                return
            self._asking.pictures(port).then(
                lambda answer: then(answer["pictures"][0], False),
                lambda _, small=small: then(small, False),
            )
            return
        size = node.params.get("width"), node.params.get("height")
        wide, high = (value if isinstance(value, int) else 0 for value in size)
        then(_black(QSize(wide, high) if wide and high else BLANK), True)

    def _around(self, node_id: str) -> list[str]:
        """The nodes whose picture a mask of this one belongs to, the likeliest first."""
        graph = self._document.graph
        above = [source.node for source in graph.nodes[node_id].sources()]
        below = [link.node for link in graph.links() if link.source.node == node_id]
        beside = [source.node for name in below for source in graph.nodes[name].sources()]
        found = dict.fromkeys((*above, *beside))
        return [name for name in found if name != node_id and name in graph.nodes]

    def _files(self, node_id: str) -> list[str]:
        """The picture files that a node wrote, or reads."""
        status = self._statuses[node_id]
        if made := [name for name in status.files if is_picture(name)]:
            return made
        node = self._document.graph.nodes[node_id]
        file = file_of(node, self._document.spec(node_id), self._document.settings)
        return [str(file)] if file else []

    def _read(self, path: Path, then: Callable[[QImage, bool], object]) -> None:
        """Read a picture file beside the interface."""
        reading = Reading(self)

        def hand_on(_: Path, image: QImage) -> None:
            reading.deleteLater()
            then(_black(BLANK) if image.isNull() else image, image.isNull())

        reading.read.connect(hand_on)
        reading.want([path])

    def _hear(self, ids: frozenset[str]) -> None:
        """Statuses changed, mostly many one after another: look once for all of them."""
        self._news |= ids
        self._soon.start()

    def _follow(self) -> None:
        """Show what forms, and what is selected or was made last."""
        ids, self._news = self._news, set()
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

    def _edited(self, ids: frozenset[str]) -> None:
        """Show the file that was chosen, while the node that reads it is selected."""
        name = self._selected
        if name in ids and name in self._document.graph.nodes and self._files(name):
            self._show(name)

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
        return status.picture is not None or bool(self._files(node_id))

    def _show(self, node_id: str) -> None:
        """Show what is at hand at once, then what the worker has kept, at its own size."""
        status = self._statuses[node_id]
        files = [Path(name) for name in self._files(node_id)]
        made = None if status.live else (node_id, status.state, status.seconds, *files)
        if made is not None and made == self._made:
            return  # the person may have turned to another picture of it
        self._shown, self._made = node_id, made
        self._number += 1
        if status.live and status.picture is not None:
            self._viewer.show_pictures(node_id, [status.picture])
            return
        if files:
            self._viewer.show_files(files, node_id)
            return
        if status.picture is not None:
            self._viewer.show_pictures(node_id, [status.picture])
        self._ask(node_id, self._number)  # which may be gone, if its node was edited since

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
        if node_id not in self._document.graph.nodes:  # deleted while something was asked of it
            return ""
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
        """Something else is open, or another part of it."""
        is_of_a_node = self._shown and self._viewer.title == self._shown
        if is_of_a_node and self._document.root is not self._root:
            self._viewer.show_pictures("", ())
        self._root = self._document.root
        self._selected = self._shown = ""
        self._made = None
        self._number += 1


def _black(size: QSize) -> QImage:
    found = QImage(size, QImage.Format.Format_Grayscale8)
    found.fill(0)
    return found
