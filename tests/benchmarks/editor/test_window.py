"""How soon the window is there, how soon it answers a key, and how much memory it takes."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.gui.files.recovery import Sessions
from app.gui.window import Window
from app.session import open_registry

pytestmark = pytest.mark.bench

STARTS = 7
START = """
import gc, os
gc.disable()  # as `loom gui` does
import app.cli.gui
from app.gui import start
from app.gui.catalogue import in_language
app = start.application()
window = start.Window(in_language(start.open_registry()), start.Sessions())
window.worker.start = lambda: None
window.begin(None)
window.show()
app.processEvents()
print("painted", flush=True)
status = open("/proc/self/status").read() if os.path.exists("/proc/self/status") else ""
resident = [line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")]
print(resident[0] if resident else 0, flush=True)
os._exit(0)
"""


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    for name in ("SESSIONS", "SETTINGS", "CACHE", "QUEUE", "THUMBNAILS"):
        monkeypatch.setenv(f"LOOM_{name}", str(tmp_path / name.lower()))


def test_cold_start(tmp_path):
    """From starting the process to the starter workflow painted, and what it takes by then."""
    # As an installed program starts: modules are compiled once, not each time.
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path / "compiled")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    taken: list[float] = []
    used: list[float] = []
    resident = 0
    for _ in range(STARTS + 1):
        began, before = time.perf_counter(), os.times()
        with subprocess.Popen(
            [sys.executable, "-c", START], stdout=subprocess.PIPE, text=True, env=environment
        ) as process:
            assert process.stdout
            assert process.stdout.readline().strip() == "painted"
            taken.append(time.perf_counter() - began)
            resident = int(process.stdout.readline())
        after = os.times()
        used.append(after.children_user + after.children_system)
        used[-1] -= before.children_user + before.children_system
    taken, used = taken[1:], used[1:]  # the first compiles
    print(f"\n{'start to canvas, of 1,000 ms':40} {statistics.median(taken) * 1000:8.0f} ms")
    print(f"{'the fastest of ' + str(STARTS):40} {min(taken) * 1000:8.0f} ms")
    print(f"{'time of the processor, the least':40} {min(used) * 1000:8.0f} ms")
    print(f"{'memory of the editor':40} {resident / 1024:8.0f} MB")


def test_keys_are_answered(qtbot, monkeypatch):
    """From a key to what it changes being painted."""
    window = Window(open_registry(), Sessions())
    monkeypatch.setattr(window.worker, "start", lambda: None)
    window.begin(None)
    window.show()
    window.activateWindow()
    qtbot.waitUntil(lambda: QApplication.activeWindow() is not None)
    window.document.wait_checked()
    view = window.canvas.view
    window.canvas.select(["denoise"])
    rows = {
        "mute a node": lambda: QTest.keyClick(view, Qt.Key.Key_M),
        "a letter in the search of nodes": lambda: QTest.keyClicks(
            window.palette_panel.search, "m"
        ),
        "undo": window.document.undo,
    }
    for name, press in rows.items():
        taken: list[float] = []
        for _ in range(20):
            began = time.perf_counter()
            press()
            QApplication.processEvents()
            taken.append(time.perf_counter() - began)
        print(f"{name + ', of 50 ms':40} {statistics.median(taken) * 1000:8.1f} ms")
    monkeypatch.setattr(window.files, "may_leave", lambda: True)
    window.close()
