"""Pictures of the editor's main states, for people to look at: `make shots`.

They are kept in tests/app/shots. Each state is drawn in a program of its own, since scale and
language are chosen at the start; `shots.py STATE THEME LANGUAGE FILE` draws one.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
SHOTS = ROOT / "tests" / "app" / "shots"
SIZE = (1440, 900)

# The file's name: state, theme, language, scale of the screen.
SHOWN = {
    "start": ("start", "dark", "en", 1),
    "start_light": ("start", "light", "en", 1),
    "start_200_percent": ("start", "dark", "en", 2),
    "start_korean": ("start", "light", "ko", 1),
    "start_chinese": ("start", "dark", "zh", 1),
    "made": ("made", "dark", "en", 1),
    "made_light": ("made", "light", "en", 1),
    "search": ("search", "dark", "en", 1),
    "refused": ("refused", "dark", "en", 1),
    "zone": ("zone", "dark", "en", 1),
    "problems": ("problems", "dark", "en", 1),
    "panels": ("panels", "light", "en", 1),
    "mask": ("mask", "dark", "en", 1),
    "settings": ("settings", "dark", "en", 1),
    "shortcuts": ("shortcuts", "light", "en", 1),
    "thousand": ("thousand", "dark", "en", 1),
}


def main() -> None:
    """Draw every state, or those that are named."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[1:] or SHOWN:
        state, theme, language, scale = SHOWN[name]
        with tempfile.TemporaryDirectory() as home:
            places = {
                "LOOM_SESSIONS": f"{home}/sessions",
                "LOOM_SETTINGS": f"{home}/editor.json",
                "LOOM_QUEUE": f"{home}/queue.db",
                "LOOM_THUMBNAILS": f"{home}/thumbnails",
                "LOOM_ATTENTION": "sdpa",
                "LOOM_CACHE": str(ROOT / ".cache" / "shots"),
                "HOME": home,
                "QT_SCALE_FACTOR": str(scale),
                "PYTHONPATH": str(ROOT),
            }
            file = str(SHOTS / f"{name}.png")
            done = subprocess.run(
                [sys.executable, __file__, "draw", state, theme, language, file],
                env={**os.environ, **places},
            )
            print(f"{name}: {'drawn' if done.returncode == 0 else 'failed'}", flush=True)


def draw(state: str, theme: str, language: str, file: str) -> None:
    """Draw one state, in this process."""
    from app.gui import settings, start
    from app.gui.catalogue import in_language
    from app.gui.files.recovery import Sessions
    from app.gui.window import Window
    from app.session import open_registry

    settings.load()
    settings.change(theme=theme, language=language)
    app = start.application()
    window = Window(in_language(open_registry()), Sessions())
    window.resize(*SIZE)
    window.begin()
    if state == "zone":
        window.files.open(ROOT / "workflows" / "loop_switched.json", template=True)
    window.show()
    window.activateWindow()

    def wait(until: Callable[[], object], seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and not until():
            app.processEvents()
            time.sleep(0.01)

    wait(lambda: window.document.report)
    wait(lambda: False, 0.5)
    window.canvas.zoom_to_fit()
    shown = STATES[state](window, wait) or window
    wait(lambda: False, 1.0)
    picture = shown.grab()
    if state == "search":  # a window of its own, above this one
        place = window.geometry()
        screen = window.screen()
        picture = screen.grabWindow(0, place.x(), place.y(), place.width(), place.height())
    picture.save(file)
    os._exit(0)


def start_state(window, wait) -> None:
    pass


def made(window, wait) -> None:
    ended: list[str] = []
    window.runs.ended.connect(lambda run, state: ended.append(state))
    window.runs.run()
    wait(lambda: ended)
    wait(lambda: window.statuses["decode"].picture is not None, 5)
    window.canvas.select(["decode"])


def search(window, wait) -> None:
    view = window.canvas.view
    window.canvas.adding.search_at(view.mapToScene(view.viewport().rect().center()))
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    wait(lambda: QApplication.focusWidget() is not None, 2)
    QTest.keyClicks(QApplication.focusWidget(), "mask")


def refused(window, wait) -> None:
    from PySide6.QtCore import QPointF, Qt
    from PySide6.QtTest import QTest

    canvas = window.canvas
    port = canvas.mirror.port_pos("prompt", ("conditioning", True), QPointF())
    target = canvas.mirror.port_pos("decode", ("latents", False), QPointF())
    places = [canvas.view.mapFromScene(point) for point in (port, target)]
    viewport = canvas.view.viewport()
    QTest.mousePress(viewport, Qt.MouseButton.LeftButton, pos=places[0])
    for share in (0.3, 0.7, 1.0):
        at = QPointF(places[0]) + (QPointF(places[1]) - QPointF(places[0])) * share
        QTest.mouseMove(viewport, at.toPoint())
        wait(lambda: False, 0.1)


def problems(window, wait) -> None:
    with window.document.edit("Add") as graph:
        graph.add("vae.encode", "encode")
        graph.connect("encode.latents", "denoise.latents")
        graph.set_param("denoise", "steps", 0)
        graph.place("encode", {"at": [320, 760]})
    wait(lambda: False, 1)
    window.canvas.zoom_to_fit()
    window.show_panel("problems")


def panels(window, wait) -> None:
    made(window, wait)
    window.show_panel("queue")
    window.show_panel("gallery")


def mask(window, wait):
    from PySide6.QtCore import QPointF, QRectF

    from app.gui.pictures.painter import MaskPainter
    from app.gui.pictures.sketch import box, stroke

    made(window, wait)
    painter = MaskPainter(window.viewer.image, "", window)
    painter.view.put(painter.view.sketch.with_shape(box("ellipse", QRectF(14, 16, 36, 34), 1)))
    line = stroke([QPointF(8, 56), QPointF(30, 50), QPointF(56, 58)], 6, 1)
    painter.view.put(painter.view.sketch.with_shape(line))
    painter.show()
    wait(lambda: False, 0.3)
    return painter


def settings_state(window, wait):
    from app.gui.settings_dialog import SettingsDialog

    dialog = SettingsDialog(window)
    dialog.show()
    return dialog


def shortcuts(window, wait):
    from app.gui.shortcuts import ShortcutsDialog

    dialog = ShortcutsDialog(window)
    dialog.show()
    return dialog


def thousand(window, wait) -> None:
    with window.document.edit("Many") as graph:
        for at in range(1000):
            above = {"scheduler": f"n{at - 1}.scheduler"} if at % 40 else None
            graph.add("scheduler.ddim", f"n{at}", inputs=above)
            graph.place(f"n{at}", {"at": [at % 40 * 230, 600 + at // 40 * 220]})
    wait(lambda: False, 1)
    window.canvas.zoom_to_fit()


STATES: dict[str, Callable[..., object]] = {
    "start": start_state,
    "zone": start_state,
    "made": made,
    "search": search,
    "refused": refused,
    "problems": problems,
    "panels": panels,
    "mask": mask,
    "settings": settings_state,
    "shortcuts": shortcuts,
    "thousand": thousand,
}

if __name__ == "__main__":
    if sys.argv[1:2] == ["draw"]:
        draw(*sys.argv[2:])
    else:
        main()
