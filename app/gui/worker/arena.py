"""Memory that editor and worker share, through which pictures go.

Both map it. Where the system allows, it has no name: the worker is handed it open, so that whatever
is killed, however soon, nothing stays behind. Elsewhere it is a file whose name the editor lets go
as soon as the worker has it. The worker writes a part and says where; the editor copies it out and
gives the part back.
"""

from __future__ import annotations

import mmap
import os
import tempfile
import threading
from contextlib import suppress
from pathlib import Path

PREFIX = "latent-loom-"
NAMELESS = os.name == "posix"  # a process can be handed open files
SIZE = 16 << 20
BAND = SIZE // 4


class Arena:
    """The shared bytes, `view`. The editor calls `create`, the worker `Arena(path)`.

    `handed_on` are the open files by whose numbers a process that is started finds it.
    """

    def __init__(self, path: Path, handed_on: tuple[int, ...] = ()) -> None:
        self.path, self.handed_on = path, handed_on
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), SIZE)
        self.view = memoryview(self._map)

    @classmethod
    def create(cls) -> Arena:
        """Make it and map it; OSError when there is no room."""
        number, name = _nameless() if NAMELESS else tempfile.mkstemp(prefix=PREFIX)
        with os.fdopen(number, "wb", closefd=not NAMELESS) as file:
            file.write(bytes(SIZE))  # not only sized: where there is no room it must fail here
        return cls(Path(name), (number,) if NAMELESS else ())

    def unname(self) -> None:
        """The worker has it: nobody else is to find it. It stays for as long as it is mapped."""
        for number in self.handed_on:
            os.close(number)
        self.handed_on = ()
        if not NAMELESS:
            with suppress(PermissionError):  # some systems keep a file that is mapped
                self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Let the memory go."""
        self.view.release()
        self._map.close()
        self.unname()


def _nameless() -> tuple[int, str]:
    """An open file that has no name, and the path by which this process opens it again."""
    if hasattr(os, "memfd_create"):
        number = os.memfd_create(PREFIX)
    else:
        number, name = tempfile.mkstemp(prefix=PREFIX)
        os.unlink(name)
    return number, f"/dev/fd/{number}"


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
