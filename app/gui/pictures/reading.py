"""Picture files, read in a thread: a large one takes longer than the interface may stand still."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QRunnable, QSize, QThreadPool, Signal
from PySide6.QtGui import QImage, QImageReader

KEPT = 256 << 20  # bytes of pictures that are kept, to be turned to again
LARGEST = 64_000_000  # pixels; of a larger picture a smaller one is shown
BYTES = 8  # that Qt takes for a pixel, at most, of the pictures that are shown
ROOM = LARGEST * BYTES // (1 << 20) + 1  # megabytes that Qt may take for a picture

Stamp = tuple[int, int]  # time of change, size


class Reading(QObject):
    """Reads what is wanted, and keeps what was read last."""

    read = Signal(object, QImage)
    """A file was read: its Path and the picture, a null one when it is none."""
    _done = Signal(object, object, QImage)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(2)
        self._kept: OrderedDict[tuple[Path, Stamp], QImage] = OrderedDict()
        self._wanted: list[Path] = []
        self._done.connect(self._take)

    def known(self, path: Path) -> QImage | None:
        """The picture of a file if it was read; None when it was not, or has changed since."""
        stamp = _stamp(path)
        found = self._kept.get((path, stamp)) if stamp else None
        if stamp and found is not None:
            self._kept.move_to_end((path, stamp))
        return found

    def want(self, paths: Sequence[Path]) -> None:
        """Read these files, the first one first; what was wanted before is given up."""
        missing = [path for path in paths if self.known(path) is None]
        if missing == self._wanted:
            return
        self._wanted = missing
        self._pool.clear()
        for path in missing:
            self._pool.start(_Task(self, path))

    def close(self) -> None:
        """Begin no further one, and wait for those that are being read."""
        self._pool.clear()
        self._pool.waitForDone()

    def hand_on(self, path: Path, stamp: Stamp | None, image: QImage) -> None:
        """Called in the threads that read."""
        try:
            self._done.emit(path, stamp, image)
        except RuntimeError:  # the window was closed meanwhile
            return

    def _take(self, path: Path, stamp: Stamp | None, image: QImage) -> None:
        if path in self._wanted:
            self._wanted.remove(path)
        if stamp and not image.isNull():
            self._kept[path, stamp] = image
            while len(self._kept) > 1 and self._size() > KEPT:
                self._kept.popitem(last=False)
        self.read.emit(path, image)

    def _size(self) -> int:
        return sum(image.sizeInBytes() for image in self._kept.values())


class _Task(QRunnable):
    def __init__(self, owner: Reading, path: Path) -> None:
        super().__init__()
        self._owner, self._path = owner, path

    def run(self) -> None:
        stamp = _stamp(self._path)
        self._owner.hand_on(self._path, stamp, read_picture(self._path))


def read_picture(path: Path) -> QImage:
    """The picture in a file, turned as its camera was held; null when it can't be read.

    One of more than `LARGEST` pixels is made smaller, so that it fits into memory.
    """
    QImageReader.setAllocationLimit(ROOM)
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    reader.setDecideFormatFromContent(True)
    size = reader.size()
    pixels = size.width() * size.height()
    if pixels > LARGEST:
        scale = (LARGEST / pixels) ** 0.5
        reader.setScaledSize(
            QSize(max(1, int(size.width() * scale)), max(1, int(size.height() * scale)))
        )
    return reader.read()


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size
