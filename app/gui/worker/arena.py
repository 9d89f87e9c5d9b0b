"""Memory that editor and worker share, through which pictures go.

It is a file that both map. The editor makes it and lets its name go as soon as the worker has it,
so that whichever of the two is killed nothing stays behind. The worker writes a part and says
where; the editor copies it out and gives the part back.
"""

from __future__ import annotations

import mmap
import os
import tempfile
import threading
from pathlib import Path

SIZE = 16 << 20
BAND = SIZE // 4


class Arena:
    """The shared bytes, `view`. The editor calls `create`, the worker `Arena(path)`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), SIZE)
        self.view = memoryview(self._map)

    @classmethod
    def create(cls) -> Arena:
        """Make the file and map it; OSError when there is no room."""
        number, name = tempfile.mkstemp(prefix="latent-loom-")
        with os.fdopen(number, "wb") as file:
            file.write(bytes(SIZE))  # not only sized: a full disk must fail here, not later
        return cls(Path(name))

    def unname(self) -> None:
        """Delete the file; the memory stays for as long as it is mapped."""
        try:
            self.path.unlink(missing_ok=True)
        except PermissionError:  # some systems keep a file that is mapped
            return

    def close(self) -> None:
        """Let the memory go."""
        self.view.release()
        self._map.close()
        self.unname()


class Parts:
    """Hands out parts of an arena, at most `BAND` bytes each, first fit.

    Calls come from several threads; `take` waits until there is room.
    """

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._taken: dict[int, int] = {}
        self._changed = threading.Condition()

    def take(self, length: int) -> int:
        """The offset of a free part of so many bytes."""
        with self._changed:
            while (offset := self._fit(length)) is None:
                self._changed.wait()
            self._taken[offset] = length
            return offset

    def free(self, offset: int) -> None:
        """Give a part back."""
        with self._changed:
            self._taken.pop(offset, None)
            self._changed.notify_all()

    def _fit(self, length: int) -> int | None:
        start = 0
        for offset, taken in sorted(self._taken.items()):
            if offset - start >= length:
                return start
            start = offset + taken
        return start if self._size - start >= length else None
