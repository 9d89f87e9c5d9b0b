"""One life of the worker process, as the editor holds it: two threads, nothing that blocks."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, cast

from PySide6.QtGui import QImage

import app
from app.gui import settings
from app.gui.worker import wire
from app.gui.worker.arena import Arena
from app.gui.worker.wire import Message
from engine.graph import workflow
from engine.graph.graph import Graph
from engine.runtime.budget import VRAM_VARIABLE
from engine.runtime.switches import COMPILE_VARIABLE, TF32_VARIABLE

MODULE = "app.gui.worker.main"
_FORMATS = {
    1: QImage.Format.Format_Grayscale8,
    3: QImage.Format.Format_RGB888,
    4: QImage.Format.Format_RGBA8888,
}


class Process:
    """Starts the process, sends it messages, and keeps what it says until it is taken.

    `stir` is called from a thread when something waits in `arrived`, at most once for all of it.
    The last message is `{"gone": code}`, with None when it could not be started.
    """

    def __init__(self, stir: Callable[[], None]) -> None:
        self.pid = 0
        self._running: subprocess.Popen[bytes] | None = None
        self._stir = stir
        self._arrived: deque[Message] = deque()
        self._told = False
        self._outgoing: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._drawn: dict[int, QImage] = {}
        self._rows: dict[int, bytearray] = {}
        self._life = threading.Thread(target=self._live, name="worker", daemon=True)
        self._life.start()

    def send(self, message: Message) -> None:
        """Send a message, after those before it; never waits."""
        copied = {
            name: value.copy() if isinstance(value, Graph) else value
            for name, value in message.items()
        }
        self._outgoing.put(copied)

    def arrived(self) -> Iterator[Message]:
        """All that has come since, oldest first."""
        self._told = False
        while self._arrived:
            yield self._arrived.popleft()

    def kill(self) -> None:
        """End it at once."""
        if self._running:
            self._running.kill()

    def close(self, seconds: float) -> None:
        """Close its input, which ends it, and wait up to so many seconds."""
        self._outgoing.put(None)
        self._life.join(seconds)

    # Threads

    def _live(self) -> None:
        """Start the process, read what it says, and see it end."""
        try:
            arena = Arena.create()
        except OSError:
            self._put({"gone": None})
            return
        try:
            process = _start(arena.handed_on)
        except OSError:
            arena.close()
            self._put({"gone": None})
            return
        if arena.handed_on:
            arena.unname()
        self.pid, self._running = process.pid, process
        hello = {"arena": str(arena.path)}
        stdin, stdout = cast(BinaryIO, process.stdin), cast(BinaryIO, process.stdout)
        writer = threading.Thread(target=self._write, args=(stdin, hello), daemon=True)
        writer.start()
        while (message := wire.read(stdout)) is not None:
            arena.unname()
            if band := message.get("band"):
                self._take_band(arena, band)
            else:
                self._put(self._with_pictures(message))
        code = process.wait()
        self._outgoing.put(None)
        writer.join()
        stdout.close()
        arena.close()
        self._put({"gone": code})

    def _write(self, stream: BinaryIO, hello: Message) -> None:
        message: Message | None = hello
        with contextlib.suppress(OSError):
            while message is not None:
                wire.write(stream, message)
                message = _encoded(self._outgoing.get())
        with contextlib.suppress(OSError):
            stream.close()

    def _put(self, message: Message) -> None:
        self._arrived.append(message)
        if not self._told:
            self._told = True
            self._stir()

    def _take_band(self, arena: Arena, band: Message) -> None:
        """Copy some rows of a picture out, and give their part of the arena back."""
        width, height, channels = band["size"]
        number, offset, line = band["picture"], band["offset"], width * channels
        pixels = self._rows.setdefault(number, bytearray(height * line))
        start, length = band["top"] * line, band["rows"] * line
        pixels[start : start + length] = arena.view[offset : offset + length]
        self._outgoing.put({"free": offset})
        if band["top"] + band["rows"] == height:
            done = self._rows.pop(number)
            self._drawn[number] = QImage(done, width, height, line, _FORMATS[channels]).copy()

    def _with_pictures(self, message: Message) -> Message:
        """The message with its pictures in place of their numbers."""
        for event in message.get("events", ()):
            if "picture" in event:
                event["picture"] = self._drawn.pop(event["picture"])
        answer = message.get("answer")
        if isinstance(answer, dict) and "pictures" in answer:
            answer["pictures"] = [self._drawn.pop(number) for number in answer["pictures"]]
        return message


def _encoded(message: Message | None) -> Message | None:
    """A message with its graphs as JSON; here, because a large graph takes a while."""
    if message is None:
        return None
    return {
        name: workflow.to_json(value) if isinstance(value, Graph) else value
        for name, value in message.items()
    }


def _chosen() -> dict[str, str]:
    """What the person chose of how runs use the device, as the engine reads it."""
    chosen = settings.choices()
    found = {VRAM_VARIABLE: f"{chosen.memory:g}GB"} if chosen.memory else {}
    for variable, on in ((COMPILE_VARIABLE, chosen.compile), (TF32_VARIABLE, chosen.tf32)):
        if on:
            found[variable] = "1"
    return found


def _start(handed_on: tuple[int, ...]) -> subprocess.Popen[bytes]:
    """The process, with the packages of this one and these open files; OSError when it fails."""
    root = str(Path(app.__file__).parents[1])
    inherited = os.environ.get("PYTHONPATH", "")
    path = os.pathsep.join(entry for entry in (root, inherited) if entry)
    return subprocess.Popen(
        [sys.executable, "-m", MODULE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=None if sys.stderr else subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path, **_chosen()},
        pass_fds=handed_on,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
