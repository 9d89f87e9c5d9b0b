"""How long each everyday action holds the window of a graph of a thousand nodes.

The aim is 50 ms at most. Times are of the processor, but on a busy machine they are longer as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog, QMessageBox
from shiboken6 import isValid

from app.gui import settings, theme
from app.gui.canvas.naming import Naming
from app.gui.catalogue import in_language
from app.gui.files.files import STARTER
from app.gui.files.recovery import Sessions
from app.gui.garbage import Garbage
from app.gui.runs.edited import Drawn
from app.gui.window import Window
from app.session import open_registry
from engine.graph import workflow
from engine.graph.graph import Graph, Source
from engine.graph.subgraph import Definition
from tests.benchmarks.editor.heart import Heart, Stall, table
from tests.benchmarks.editor.test_canvas import large

pytestmark = pytest.mark.bench

LIMIT = 50.0  # ms
PICTURES = 1000
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def repeated(count: int = 1000) -> Graph:
    """The starter workflow beside itself until there are so many nodes."""
    starter = workflow.read(STARTER)
    graph, size = Graph(), len(starter.nodes)
    for copy in range((count + size - 1) // size):
        column, row = copy % 8, copy // 8
        for node in starter.nodes.values():
            inputs = {
                port: [f"{source.node}_{copy}.{source.port}" for source in sources]
                for port, sources in node.inputs.items()
            }
            name = f"{node.id}_{copy}"
            graph.add(node.type, name, version=node.version, params=node.params, inputs=inputs)
            x, y = starter.view[node.id]["at"]
            graph.place(name, {"at": [x + column * 1500, y + row * 900]})
    return graph


GRAPHS = {"filters": large, "starters": repeated}


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    for name in ("SESSIONS", "SETTINGS", "CACHE", "QUEUE", "THUMBNAILS"):
        monkeypatch.setenv(f"LOOM_{name}", str(tmp_path / name.lower()))
    monkeypatch.setattr("app.gui.window.usual_output", lambda: str(tmp_path / "pictures"))
    return tmp_path


class Hands:
    """One window with a large graph, and what a person does with it."""

    def __init__(self, window: Window, home: Path) -> None:
        self.window, self.home = window, home
        self.document, self.canvas = window.document, window.canvas
        self.heart = Heart(self.busy)
        self.stalls: list[Stall] = []

    def busy(self) -> bool:
        """Whether something goes on by itself still."""
        if not isValid(self.window):
            return False
        return self.document.busy or self.canvas.busy or self.window.files.busy

    def do(self, name: str, *steps: Callable[[], object], every: int = 16) -> None:
        """Do something, and note how long the window was held."""
        self.stalls.append(self.heart.watch(name, steps, every))

    def edit(self, name: str, *steps: Callable[[], object]) -> None:
        """Do something that can be undone, undo it, do it again, and leave it undone."""
        back, again = self.document.undo, self.document.redo
        self.do(name, *steps)
        self.do(f"{name}: undo", back)
        self.do(f"{name}: redo", again)
        self.do(f"{name}: undo again", back)

    def command(self, name: str) -> Callable[[], object]:
        """A command of the menus."""
        return self.window.menus.actions[name].trigger

    def drag(self, start: QPoint, by: QPoint, count: int = 30) -> list[Callable[[], object]]:
        """The steps of a drag on the canvas."""
        view = self.canvas.view.viewport()
        moves = [start + by * step / count for step in range(1, count + 1)]
        return [
            partial(QTest.mousePress, view, LEFT, NONE, start),
            *(partial(QTest.mouseMove, view, at) for at in moves),
            partial(QTest.mouseRelease, view, LEFT, NONE, moves[-1]),
        ]

    def near(self, name: str) -> None:
        """Look at a node at 100 %."""
        view = self.canvas.view
        view.zoom_at(1 / view.zoom, QPointF())
        view.centre_on(self.canvas.mirror.piece(name).box().center())

    def header(self, name: str) -> QPoint:
        """A point of a node's title, in the view."""
        at = self.canvas.mirror.piece(name).pos() + QPointF(24, 12)
        return self.canvas.view.mapFromScene(at)


@pytest.mark.parametrize("kind", GRAPHS)
def test_no_action_holds_the_window(qtbot, home, monkeypatch, kind):
    graph = GRAPHS[kind]()
    path = home / "large.json"
    workflow.write(graph, path)
    discard = QMessageBox.StandardButton.Discard
    monkeypatch.setattr(QMessageBox, "question", lambda *_: discard)
    monkeypatch.setattr(Naming, "rename", lambda *_: None)
    window = Window(in_language(open_registry()), Sessions())
    monkeypatch.setattr(window.worker, "start", lambda: None)
    garbage = Garbage()
    window.begin(None)
    window.resize(1600, 950)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    window.document.wait_checked()
    hands = Hands(window, home)
    opened(hands, path)
    looked(hands)
    edited(hands)
    all_edited(hands)
    ran(hands)
    insides(hands)
    written(hands, monkeypatch)
    elsewhere(hands)
    hands.do("close", window.close)
    garbage.close()
    print(f"\n\n{kind}: the longest time that the window was held, in ms\n")
    print(table(hands.stalls, LIMIT))


def opened(hands: Hands, path: Path) -> None:
    """Files come and go."""
    hands.do("open a file", lambda: hands.window.files.open(path))
    assert len(hands.document.graph.nodes) >= 1000
    assert hands.canvas.mirror.differences() == []
    hands.do("new workflow", hands.window.files.new)
    hands.do("open the file again", lambda: hands.window.files.open(path))


def looked(hands: Hands) -> None:
    """Nothing is edited."""
    name = some(hands)
    hands.near(name)
    hands.do("look", lambda: None)
    hands.do("zoom to fit", hands.command("fit"))
    hands.do("zoom in", *[hands.command("zoom_in")] * 16)
    hands.near(name)
    hands.do("select one", lambda: hands.canvas.select([name]))
    hands.do("select none", lambda: hands.canvas.select([]))
    hands.do("select all", hands.command("select_all"))
    hands.do("select none of all", lambda: hands.canvas.select([]))
    hands.do("plan on", hands.command("plan"))
    hands.do("plan off", hands.command("plan"))
    was = theme.theme().name
    for other in ("light", "dark"):
        hands.do(f"theme: {other}", partial(theme.use, other))
    theme.use(was)


def some(hands: Hands) -> str:
    """A node in the middle that has a number."""
    names = list(hands.document.graph.nodes)
    known = {"filter.sharpen", "diffusion.denoise"}
    fit = [name for name in names if hands.document.graph.nodes[name].type in known]
    return fit[len(fit) // 2]


def edited(hands: Hands) -> None:
    """One node is edited."""
    document, canvas, name = hands.document, hands.canvas, some(hands)
    hands.near(name)
    canvas.select([name])
    number = "amount" if document.graph.nodes[name].type == "filter.sharpen" else "guidance"
    values = iter(range(1, 1000))

    def change() -> None:
        document.change(lambda graph: graph.set_param(name, number, 1 + next(values) / 10))

    hands.edit("change a parameter", change)
    document.settle()
    item = canvas.mirror.piece(name)
    place = item.pos() + item.shape_.rows[number].center()
    hands.edit("drag a slider", *hands.drag(canvas.view.mapFromScene(place), QPoint(60, 0)))
    hands.edit("move one node", *hands.drag(hands.header(name), QPoint(180, 90)))
    hands.edit("mute one", hands.command("mute"))
    hands.edit("fold one", hands.command("collapse"))
    hands.edit("duplicate one", hands.command("duplicate"))
    canvas.select([name])
    hands.edit("delete one", hands.command("delete"))
    hands.edit("add a node", lambda: canvas.add_node("filter.sharpen"))
    hands.edit("rename", lambda: renamed(hands, name))
    link = next(iter(document.graph.links()))
    target, source = f"{link.node}.{link.port}", str(link.source)
    hands.edit("cut a link", lambda: changed(hands, lambda graph: graph.disconnect(target)))
    with document.edit("Cut") as graph:
        graph.disconnect(target)
    hands.edit("link", lambda: changed(hands, lambda graph: graph.connect(source, target)))
    document.undo()


def changed(hands: Hands, edit: Callable[[Graph], object]) -> None:
    with hands.document.edit("Edit") as graph:
        edit(graph)


def renamed(hands: Hands, name: str) -> None:
    with hands.document.edit("Rename") as graph:
        graph.rename(name, "another")


def all_edited(hands: Hands) -> None:
    """All nodes are edited."""
    canvas, command = hands.canvas, hands.command
    name = some(hands)

    def every() -> None:
        canvas.select([*hands.document.graph.nodes])

    hands.near(name)
    every()
    hands.edit("move all, near", *hands.drag(hands.header(name), QPoint(120, 60)))
    canvas.zoom_to_fit()
    every()
    hands.edit("move all, from afar", *hands.drag(hands.header(name), QPoint(60, 60)))
    hands.near(name)
    for words in ("mute", "bypass", "collapse", "layout", "align_left", "spread_across"):
        every()
        hands.edit(f"{words} all", command(words))
    every()
    hands.do("copy all", command("copy"))
    hands.edit("paste all", command("paste"))
    every()
    hands.edit("duplicate all", command("duplicate"))
    every()
    hands.edit("delete all", command("delete"))
    every()
    hands.edit("frame all", command("frame"))
    every()
    hands.edit("cut all", command("cut"))
    canvas.select([])


def ran(hands: Hands) -> None:
    """A worker plans and runs all nodes; its events come in one batch, as after a long wait."""
    window, names = hands.window, list(hands.document.graph.nodes)
    run = "live 1"
    steps = [
        {"node": name, "state": "run", "why": "", "seconds": 0.1, "key": f"k{index}"}
        for index, name in enumerate(names)
    ]
    events: list[dict[str, object]] = [
        {"event": "taken", "run": run, "node": "", "name": window.runs.name},
        {"event": "begun", "run": run, "node": "", "steps": steps},
    ]
    for name in names:
        events.append({"event": "started", "run": run, "node": name})
        cost = {"seconds": 0.1, "memory": 10, "files": []}
        events.append({"event": "produced", "run": run, "node": name, **cost})
    end = {"state": "done", "message": "", "files": []}
    events.append({"event": "ended", "run": run, "node": "", **end})
    ran = hands.document.root.copy()
    window.runs._graphs[run] = Drawn(ran, ran)
    hands.do("a plan of all comes", lambda: window.runs.following.plan(steps))
    hands.do("events of all come", lambda: arrive(window, [{"events": events}]))
    picture = QImage(192, 192, QImage.Format.Format_RGB32)
    picture.fill(0x336699)
    shown = window.runs.following.picture
    hands.do("pictures of all come", lambda: [shown(name, picture) for name in names])
    hands.near(some(hands))
    hands.do("look at pictures", lambda: None)
    hands.do("statuses are forgotten", window.statuses.clear)


def arrive(window: Window, messages: list[dict[str, object]]) -> None:
    """Let messages come as from the process."""

    class Arrived:
        pid = 0

        def arrived(self) -> Iterable[dict[str, object]]:
            while messages:
                yield messages.pop(0)

        def send(self, message: object) -> None:
            """Nobody reads it."""

        def close(self, seconds: float) -> None:
            """There is no process."""

    window.worker._process = Arrived()  # type: ignore[assignment]
    window.worker._take()


def insides(hands: Hands) -> None:
    """All nodes are in a subgraph."""
    document, canvas = hands.document, hands.canvas
    root = document.root
    nodes = {name: replace(node, zone="") for name, node in root.nodes.items()}
    end = next(name for name, node in nodes.items() if node.type != "image.save")
    port = next(iter(document.registry.get(nodes[end].type).outputs))
    definition = Definition(nodes, (), {"out": Source(end, port)}, dict(root.view))
    with document.edit_root("Make") as graph:
        graph.define("inside", definition)
        graph.add("subgraph:inside", "one")
        graph.place("one", {"at": [-400, 0]})
    hands.do("rest", lambda: None)
    hands.do("enter a subgraph", lambda: canvas.go_inside("one"))
    assert document.scope == "inside" and canvas.mirror.differences() == []
    name = some(hands)
    number = "amount" if document.graph.nodes[name].type == "filter.sharpen" else "guidance"
    hands.near(name)
    hands.edit(
        "change a parameter inside",
        lambda: document.change(lambda graph: graph.set_param(name, number, 3.5)),
    )
    hands.do("leave the subgraph", canvas.go_outside)
    document.undo()
    hands.do("rest again", lambda: None)


def written(hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are written."""
    window, home = hands.window, hands.home
    hands.document.change(lambda graph: graph.set_param(some(hands), "guidance", 2.5))
    hands.do("keep against a crash", window.keep)
    hands.do("save", window.files.save)
    for suffix, what in (("png", "export_picture"), ("svg", "export_picture")):
        chosen = str(home / f"graph.{suffix}"), f"*.{suffix}"
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, chosen=chosen: chosen)
        hands.do(f"export as {suffix}", hands.command(what))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(home / "graph.py"), ""))
    monkeypatch.setattr(QMessageBox, "warning", lambda *_: None)
    hands.do("export as Python", hands.command("export_script"))
    hands.do("new window", window.new_window)
    other = next(one for one in Window.opened if one is not window)
    hands.do("close the other", other.close)


def elsewhere(hands: Hands) -> None:
    """Panels."""
    window = hands.window
    search = window.palette_panel.search
    words = [partial(search.setText, "denoise"[:end]) for end in range(1, 8)]
    hands.do("search in the palette", *words, search.clear, every=60)
    folder = hands.home / "pictures"
    folder.mkdir()
    picture = QImage(256, 256, QImage.Format.Format_RGB32)
    for number in range(PICTURES):
        picture.fill(0x102030 + number * 997)
        picture.save(str(folder / f"picture_{number:04}.png"))
    hands.do(
        "a gallery of 1,000 pictures",
        lambda: window.show_panel("gallery"),
        lambda: window.gallery.look_in([folder]),
        *[lambda: None] * 60,
    )
    bar = window.gallery.view.verticalScrollBar()
    steps = [lambda: bar.setValue(bar.value() + bar.maximum() // 30)] * 30
    hands.do("scroll the gallery", *steps, every=30)
    hands.do("search the gallery", *[partial(window.gallery.search.setText, "picture_01")])
    hands.do("end of the search", window.gallery.search.clear)
    for name in ("queue", "problems", "grid"):
        hands.do(f"show {name}", partial(window.show_panel, name))
    hands.do("another setting", lambda: settings.change(autosave=60))
