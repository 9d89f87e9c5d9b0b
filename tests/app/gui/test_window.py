"""The whole window, as people use it."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox

from app.gui import settings
from app.gui.files.files import GALLERY
from app.gui.files.recovery import Session, Sessions
from app.gui.window import Window
from app.session import open_registry
from engine.graph.graph import Graph
from engine.graph.workflow import dumps, to_json
from tests.app.gui.mirrored import differences

CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
LEFT = Qt.MouseButton.LeftButton
ENOUGH = 120_000  # milliseconds for the starter model on a busy machine


@pytest.fixture(scope="module")
def registry():
    return open_registry()


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """A person who has never used the program."""
    for name, place in (
        ("LOOM_SESSIONS", "sessions"),
        ("LOOM_SETTINGS", "editor.json"),
        ("LOOM_CACHE", "cache"),
        ("LOOM_QUEUE", "queue.db"),
        ("LOOM_THUMBNAILS", "thumbnails"),
    ):
        monkeypatch.setenv(name, str(tmp_path / place))
    monkeypatch.setattr("app.gui.window.usual_output", lambda: str(tmp_path / "pictures"))
    return tmp_path


@pytest.fixture
def open_window(qtbot, registry, home, monkeypatch):
    """Opens windows, and closes them without a question."""
    discard = QMessageBox.StandardButton.Discard
    monkeypatch.setattr(QMessageBox, "question", lambda *_: discard)

    def open_one(file: Path | None = None, worker: bool = False) -> Window:
        window = Window(registry, Sessions(home / "sessions"))
        if not worker:
            monkeypatch.setattr(window.worker, "start", lambda: None)
        window.begin(file)
        window.show()
        window.activateWindow()  # keys reach the window that is active
        qtbot.waitUntil(lambda: QApplication.activeWindow() is not None)
        return window

    yield open_one
    for window in list(Window.opened):
        window.close()


def canvas_is_true(window: Window) -> bool:
    """Whether the canvas shows what the graph holds."""
    return differences(window.canvas.mirror) == []


def test_the_first_start_shows_the_starter_workflow(open_window):
    window = open_window()
    assert {"model", "prompt", "denoise", "save"} <= window.document.graph.nodes.keys()
    assert not window.document.modified and window.document.path is None
    assert canvas_is_true(window)
    window.document.wait_checked()
    assert window.document.report.ok


def test_the_next_start_goes_on(open_window, home, qtbot):
    first = open_window()
    first.document.change(lambda graph: graph.set_param("denoise", "steps", 9))
    first.document.save(home / "mine.json")
    first.close()
    second = open_window()
    assert second.document.path == home / "mine.json"
    assert second.document.graph.nodes["denoise"].params["steps"] == 9


def test_what_a_crash_left_is_there_again(open_window, home):
    folder = home / "sessions"
    folder.mkdir()
    graph = Graph()
    graph.add("noise.seed", "precious")
    left = Session("", to_json(graph), {})
    (folder / "1-dead.json").write_text(
        json.dumps({"path": left.path, "workflow": left.workflow, "layout": {}})
    )
    window = open_window()
    assert "precious" in window.document.graph.nodes and window.document.modified
    (kept,) = folder.glob("[0-9]*-*.json")  # a second crash, before anything else, loses nothing
    assert "precious" in json.loads(kept.read_text())["workflow"]["nodes"]


def test_what_a_crash_left_comes_beside_a_file_that_is_opened(open_window, home):
    folder = home / "sessions"
    folder.mkdir()
    graph = Graph()
    graph.add("noise.seed", "precious")
    data = {"path": "", "workflow": to_json(graph), "layout": {}}
    (folder / "1-dead.json").write_text(json.dumps(data))
    window = open_window(GALLERY / "trajectory.json")
    (beside,) = [other for other in Window.opened if other is not window]
    assert "precious" in beside.document.graph.nodes
    assert "precious" not in window.document.graph.nodes


def test_work_of_a_crash_that_no_longer_opens_is_put_aside(open_window, home):
    folder = home / "sessions"
    folder.mkdir()
    data = {"path": "", "workflow": {"loom": 999, "nodes": {}}, "layout": {}}
    (folder / "1-dead.json").write_text(json.dumps(data))
    window = open_window()
    assert "model" in window.document.graph.nodes  # the starter workflow
    (aside,) = folder.glob("recovered-*.json")
    assert json.loads(aside.read_text()) == data["workflow"]


def test_unsaved_work_is_kept_while_the_window_is_open(open_window, home):
    window = open_window()
    window.document.change(lambda graph: graph.set_param("denoise", "steps", 9))
    window.keep()
    (kept,) = (home / "sessions").glob("[0-9]*-*.json")
    nodes = json.loads(kept.read_text())["workflow"]["nodes"]
    assert nodes["denoise"]["params"]["steps"] == 9
    window.close()
    assert not list((home / "sessions").glob("[0-9]*-*.json"))


def test_an_edit_is_kept_soon_and_beside_the_window(open_window, home, qtbot, monkeypatch):
    window = open_window()
    threads = []
    keep = Sessions.keep

    def watched(sessions, session):
        threads.append(threading.current_thread() is threading.main_thread())
        keep(sessions, session)

    monkeypatch.setattr(Sessions, "keep", watched)
    window.document.change(lambda graph: graph.set_param("denoise", "steps", 9))

    def kept() -> bool:
        files = list((home / "sessions").glob("[0-9]*-*.json"))
        return bool(files) and '"steps": 9' in files[0].read_text()

    qtbot.waitUntil(kept, timeout=20_000)
    assert threads == [False]


@pytest.mark.parametrize(
    "file", sorted(GALLERY.rglob("*.json")), ids=lambda path: path.stem.replace("_", " ")
)
def test_every_workflow_of_the_gallery_opens(open_window, file):
    window = open_window(file)
    assert canvas_is_true(window)
    nodes = window.document.graph.nodes
    assert nodes and all(window.document.spec(node_id) for node_id in nodes)
    boxes = [window.canvas.mirror.piece(node_id).box() for node_id in nodes]
    inside = {node.zone for node in nodes.values()}
    apart = [box for box, node_id in zip(boxes, nodes, strict=True) if node_id not in inside]
    overlaps = [
        (one, other)
        for at, one in enumerate(apart)
        for other in apart[at + 1 :]
        if one.adjusted(2, 2, -2, -2).intersects(other)
    ]
    assert not overlaps


def test_a_thousand_nodes_open(open_window, home, qtbot):
    graph = Graph()
    for at in range(1000):
        above = {"scheduler": f"n{at - 1}.scheduler"} if at else None
        graph.add("scheduler.ddim", f"n{at}", inputs=above)
        graph.place(f"n{at}", {"at": [at % 40 * 220, at // 40 * 260]})
    path = home / "large.json"
    path.write_text(dumps(graph))
    window = open_window(path)
    qtbot.waitUntil(lambda: not window.files.busy and not window.canvas.busy, timeout=60_000)
    assert len(window.document.graph.nodes) == 1000 and canvas_is_true(window)


def test_a_hundred_random_edits_are_undone_to_the_start(open_window):
    window = open_window()
    document, pick = window.document, random.Random(5)
    start = document.root.copy()
    types = [spec.id for spec in document.registry]
    for _ in range(100):
        names = list(document.graph.nodes)
        match pick.choice(["add", "remove", "move", "mute", "param", "link", "rename", "many"]):
            case "add":
                kind = pick.choice(types)
                document.change(lambda graph, kind=kind: graph.add(kind))
            case "remove" if len(names) > 4:
                gone = pick.choice(names)
                document.change(lambda graph, gone=gone: graph.remove(gone))
            case "move" if names:
                name, at = pick.choice(names), [pick.randrange(999), pick.randrange(999)]
                document.change(lambda graph, n=name, at=at: graph.place(n, {"at": at}))
            case "mute" if names:
                name, state = pick.choice(names), pick.choice(["", "muted", "bypassed"])
                document.change(lambda graph, n=name, s=state: graph.set_state(s, n))
            case "param" if names:
                name = pick.choice(names)
                document.change(lambda graph, n=name: graph.set_param(n, "steps", 5))
            case "link" if names:
                one, other = pick.choice(names), pick.choice(names)
                document.change(lambda graph, a=one, b=other: graph.connect(f"{a}.out", f"{b}.in"))
            case "rename" if names:
                old, new = pick.choice(names), f"name{pick.randrange(10**6)}"
                document.change(lambda graph, o=old, n=new: graph.rename(o, n))
            case "many" if names:
                with document.edit("Several") as graph:
                    graph.add(pick.choice(types))
                    graph.set_outputs(names[:1])
            case _:
                continue
        document.settle()
        assert canvas_is_true(window)
    assert document.root != start
    while document.root.undo_label:
        document.undo()
    assert document.root == start and canvas_is_true(window)
    while document.root.redo_label:
        document.redo()
    assert canvas_is_true(window)


@pytest.mark.slow
def test_run_and_see_the_picture(open_window, qtbot, home):
    window = open_window(worker=True)
    shown: list[QImage] = []
    window.worker.preview.connect(lambda run, node, image: shown.append(image))
    with qtbot.waitSignal(window.runs.ended, timeout=ENOUGH) as ended:
        QTest.keyClick(window, Qt.Key.Key_Return, CONTROL)
    assert ended.args[1] == "done" and shown
    (file,) = (home / "pictures").glob("*.png")
    qtbot.waitUntil(lambda: window.viewer.file == file, timeout=ENOUGH)
    qtbot.waitUntil(lambda: window.viewer.image.width() == 64, timeout=ENOUGH)
    assert {window.statuses[name].state for name in ("denoise", "decode")} == {"done"}
    assert window.statuses["denoise"].picture is not None
    # Nothing is run again, and a change late in the graph runs only what follows.
    with qtbot.waitSignal(window.runs.ended, timeout=ENOUGH):
        window.runs.run()
    assert window.statuses["denoise"].state == "cached"


@pytest.mark.slow
def test_a_killed_worker_takes_nothing_along(open_window, qtbot):
    window = open_window(worker=True)
    window.document.change(lambda graph: graph.set_param("denoise", "steps", 400))
    with qtbot.waitSignal(window.worker.preview, timeout=ENOUGH):
        window.runs.run()
    with qtbot.waitSignal(window.worker.died, timeout=ENOUGH) as died:
        os.kill(window.worker.pid, signal.SIGKILL)
    assert "killed" in died.args[0] or "ended" in died.args[0]
    assert window.document.graph.nodes["denoise"].params["steps"] == 400
    window.runs.cancel()
    window.document.undo()
    with qtbot.waitSignal(window.runs.ended, timeout=ENOUGH):
        qtbot.waitUntil(lambda: window.worker.state == "ready", timeout=ENOUGH)
        window.runs.run()


@pytest.mark.slow
def test_cancel_answers_within_a_step(open_window, qtbot):
    window = open_window(worker=True)
    window.document.change(lambda graph: graph.set_param("denoise", "steps", 900))
    with qtbot.waitSignal(window.worker.preview, timeout=ENOUGH):
        window.runs.run()
    with qtbot.waitSignal(window.runs.ended, timeout=10_000) as ended:
        QTest.keyClick(window, Qt.Key.Key_Period, CONTROL)
    assert ended.args[1] == "cancelled"


def test_a_mask_is_painted_into_its_parameter(open_window, monkeypatch):
    window = open_window()
    window.document.change(lambda graph: graph.add("mask.draw", "mask"))

    def paint(painter) -> bool:
        painter.cover()
        return True

    monkeypatch.setattr("app.gui.pictures.painter.MaskPainter.exec", paint)
    window.inspector.edit_drawing.emit("mask", "shapes")
    drawn = json.loads(window.document.graph.nodes["mask"].params["shapes"])
    assert drawn["shapes"] == [{"shape": "rectangle", "box": [0, 0, 512, 512]}]
    window.document.undo()
    assert "shapes" not in window.document.graph.nodes["mask"].params


def test_values_of_a_cell_are_taken_over(open_window):
    window = open_window()
    window.grid.take_asked.emit({"denoise.guidance": 2.5, "gone.x": 1})
    assert window.document.graph.nodes["denoise"].params["guidance"] == 2.5


def test_a_picture_dropped_on_the_canvas_is_opened_or_told(open_window, home, monkeypatch):
    window = open_window()
    said = []
    monkeypatch.setattr(QMessageBox, "warning", lambda *words: said.append(words[-1]))
    (home / "later.json").write_text('{"loom": 99, "nodes": {}}')
    window.canvas.file_dropped.emit(home / "later.json")
    assert len(said) == 1 and "later.json" in said[0] and window.document.graph.nodes


def test_every_command_has_a_tooltip_and_no_key_is_given_twice(open_window):
    window = open_window()
    keys: dict[str, str] = {}
    for name, action in window.menus.actions.items():
        assert action.toolTip(), name
        for key in action.shortcuts():
            text = key.toString()
            assert text not in keys, (text, name, keys[text])
            keys[text] = name


def test_the_editor_starts_with_nothing_that_it_does_not_need(tmp_path):
    import subprocess
    import sys

    heavy = ("torch", "numpy", "transformers", "diffusers", "jsonschema", "PIL", "rich")
    unused = ("PySide6.QtQuick", "PySide6.QtQml", "PySide6.QtNetwork", "PySide6.QtOpenGL")
    later = ("NodeGraphQt.base.graph", "app.running", "engine.graph.executor")
    code = (
        "import sys; from app.cli import main; main.get_command(None, 'gui');"
        "from app.gui.start import Sessions, Window, application, open_registry;"
        "app = application(); window = Window(open_registry(), Sessions());"
        "window.worker.start = lambda: None; window.begin(); window.show(); app.processEvents();"
        "assert window.document.graph.nodes;"
        f"print([name for name in {heavy + unused + later!r} if name in sys.modules]);"
        "sys.stdout.flush(); import os; os._exit(0)"
    )
    home = {**os.environ, "LOOM_SESSIONS": str(tmp_path), "LOOM_SETTINGS": str(tmp_path / "own")}
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, env=home, capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


def test_panels_fit_a_small_screen(open_window):
    window = open_window()
    window.resize(1024, 700)
    assert window.minimumSizeHint().width() <= 1024
    assert window.minimumSizeHint().height() <= 700
    assert window.rect().contains(QPoint(1000, 600))


def test_windows_share_a_worker_and_nothing_else(open_window, qtbot):
    first = open_window()
    first.new_window()
    second = Window.opened[-1]
    assert second is not first and second.worker is first.worker
    assert not second.document.graph.nodes and first.document.graph.nodes
    ended = []
    first.worker.close = lambda *_: ended.append(1)
    second.close()
    assert not ended
    first.close()
    assert ended == [1]


BUILT = {  # where each node is searched for, by what is typed, in the order they are added
    "pipeline": ("load model", (60, 120)),
    "encode": ("prompt", (330, 40)),
    "encode_2": ("prompt", (330, 240)),
    "empty": ("empty latents", (330, 420)),
    "seed": ("noise seed", (330, 560)),
    "denoise": ("denoise", (600, 120)),
    "decode": ("decode", (860, 120)),
    "save": ("save picture", (860, 330)),
}
WIRES = """
pipeline.tokenizer encode.tokenizer; pipeline.text_encoder encode.text_encoder
pipeline.tokenizer encode_2.tokenizer; pipeline.text_encoder encode_2.text_encoder
pipeline.unet empty.unet; pipeline.unet denoise.unet; encode.conditioning denoise.positive
encode_2.conditioning denoise.negative; empty.latents denoise.latents; seed.noise denoise.noise
pipeline.scheduler denoise.scheduler; pipeline.vae decode.vae; denoise.latents decode.latents
decode.image save.image
"""


@pytest.mark.slow
def test_text_to_image_is_built_by_hand_from_nothing(open_window, qtbot, home):
    window = open_window(worker=True)
    QTest.keyClick(window, Qt.Key.Key_N, CONTROL)
    document, canvas = window.document, window.canvas
    assert not document.graph.nodes
    viewport = canvas.view.viewport()
    # All nodes have room on a large canvas.
    canvas.view.zoom_at(0.75 / canvas.view.zoom, QPointF(0, 0))
    canvas.view.centre_on(QPointF(620, 420))

    def at(x: float, y: float) -> QPoint:
        return canvas.view.mapFromScene(QPointF(x, y))

    for node_id, (words, (x, y)) in BUILT.items():
        QTest.mouseDClick(viewport, LEFT, pos=at(x, y))
        QTest.keyClicks(canvas.search.line, words)
        QTest.keyClick(canvas.search.line, Qt.Key.Key_Return)
        assert list(document.graph.nodes)[-1] == node_id

    def drag(source: str, target: str) -> None:
        start, end = (
            canvas.view.mapFromScene(canvas.mirror.port_pos(node, (port, is_output), QPointF()))
            for (node, port), is_output in (
                (source.split("."), True),
                (target.split("."), False),
            )
        )
        QTest.mousePress(viewport, LEFT, pos=start)
        for step in range(1, 6):
            QTest.mouseMove(viewport, start + (end - start) * step / 5)
        QTest.mouseRelease(viewport, LEFT, pos=end)

    # A link between things that don't fit is refused, in words, and nothing changes.
    before = document.root.copy()
    said: list[str] = []
    canvas.note.connect(said.append)
    drag("pipeline.vae", "denoise.latents")
    assert document.root == before and any("Latents" in words for words in said)

    for wire in WIRES.replace("\n", ";").split(";"):
        if wire.strip():
            drag(*wire.split())
    found = {f"{link.source} {link.node}.{link.port}" for link in document.graph.links()}
    assert found == {wire.strip() for wire in WIRES.replace("\n", ";").split(";") if wire.strip()}

    canvas.select(["pipeline"])
    with document.edit("Say what") as graph:
        graph.set_param("pipeline", "model", "starter")
        graph.set_param("encode", "text", "a strawberry on a blue background")
    document.wait_checked()
    assert document.report.ok, document.report.text()
    with qtbot.waitSignal(window.runs.ended, timeout=ENOUGH) as ended:
        QTest.keyClick(window, Qt.Key.Key_Return, CONTROL)
    assert ended.args[1] == "done"
    (file,) = (home / "pictures").glob("*.png")
    image = QImage(str(file))
    assert (image.width(), image.height()) == (64, 64)
    blue = image.pixelColor(2, 2)
    assert blue.blue() > 150 and blue.red() < 120  # the background that was asked for
    while document.root.undo_label:
        document.undo()
    assert not document.graph.nodes and file.exists()


@pytest.mark.slow
def test_a_recorded_run_is_scrubbed_and_a_step_taken(open_window, qtbot):
    window = open_window(worker=True)
    window.document.change(lambda graph: graph.set_param("denoise", "record", True))
    window.document.change(lambda graph: graph.set_param("denoise", "steps", 6))
    with qtbot.waitSignal(window.runs.ended, timeout=ENOUGH):
        window.runs.run()
    window.canvas.select(["denoise"])
    qtbot.waitUntil(lambda: window.viewer._number.text() == "step 6 of 6", timeout=ENOUGH)
    last = window.viewer.image
    window.viewer._scrub.setValue(2)
    assert window.viewer._number.text() == "step 2 of 6" and window.viewer.image != last
    window.viewer.step_asked.emit(2)
    node = window.document.graph.nodes["step"]
    assert node.params["step"] == 2 and str(node.inputs["trajectory"][0]) == "denoise.trajectory"
    window.canvas.select(["decode"])
    qtbot.waitUntil(lambda: not window.viewer._scrub.isVisible(), timeout=ENOUGH)
    qtbot.waitUntil(lambda: window.viewer.image.width() == 64, timeout=ENOUGH)


def test_how_runs_use_the_card_is_handed_to_the_engine(open_window, monkeypatch):
    from app.gui.worker import process

    window = open_window()
    restarts: list[int] = []
    monkeypatch.setattr(window.runs, "restart", lambda: restarts.append(1))
    monkeypatch.setattr(type(window.worker), "pid", property(lambda _: 5))
    assert process._chosen() == {}
    settings.change(memory=6.5)
    assert process._chosen() == {"LOOM_VRAM": "6.5GB"} and restarts == [1]
    settings.change(memory=0.0, compile=True, tf32=True)
    assert process._chosen() == {"LOOM_COMPILE": "1", "LOOM_TF32": "1"} and restarts == [1, 1]
    settings.change(compile=False, tf32=False)


def test_live_mode_of_the_settings_counts(open_window):
    window = open_window()
    assert not window.runs.live
    settings.change(live=True)
    assert window.runs.live and window.menus.actions["live"].isChecked()
    settings.change(live=False)
    assert not window.runs.live
