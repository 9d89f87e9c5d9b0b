"""The worker's end of the line: messages one at a time, pictures through shared memory."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from app.gui.worker import wire
from app.gui.worker.arena import BAND, Arena, Parts
from app.gui.worker.wire import Message

if TYPE_CHECKING:
    import torch


class Line:
    """Sends from any thread. A picture goes in bands of rows, each a part of the arena."""

    def __init__(self, stream: BinaryIO, arena: Path) -> None:
        self._stream = stream
        self._arena = Arena(arena)
        self._parts = Parts()
        self._sending = threading.Lock()
        self._numbers = itertools.count(1)

    def send(self, message: Message) -> None:
        """Send a message; nothing where nobody listens any more."""
        with self._sending:
            try:
                wire.write(self._stream, message)
            except (OSError, ValueError):
                return

    def free(self, offset: int) -> None:
        """The editor has copied a band out."""
        self._parts.free(offset)

    def show(self, pixels: torch.Tensor) -> int:
        """Send a picture, bytes (H, W, C); the number by which later messages name it."""
        height, width, channels = pixels.shape
        number = next(self._numbers)
        line = width * channels
        rows = max(1, BAND // line)
        data = pixels.numpy().reshape(-1).data
        for top in range(0, height, rows):
            count = min(rows, height - top)
            offset = self._parts.take(count * line)
            self._arena.view[offset : offset + count * line] = data[
                top * line : (top + count) * line
            ]
            band = {"picture": number, "offset": offset, "top": top, "rows": count}
            self.send({"band": {**band, "size": [width, height, channels]}})
        return number
