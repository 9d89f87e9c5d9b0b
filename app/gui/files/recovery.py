"""Work that is not saved, kept while a window is open, and found again after a crash.

Every window keeps one file in the folder of sessions, with a lock that ends with its process. A
file whose lock nobody holds is what a program that died left behind. The window that is closed last
leaves its state as `last.json`, from which the next start goes on.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from PySide6.QtCore import QLockFile, QObject, Signal

from engine.graph.files import write_atomically

FOLDER_VARIABLE = "LOOM_SESSIONS"
LAST = "last.json"
KEPT_BROKEN = ".damaged"


@dataclass(frozen=True)
class Session:
    """What a window shows.

    `path` is the workflow's file, "" for none; `workflow` its JSON where it is not saved, else
    None; `layout` is the window's own business.
    """

    path: str = ""
    workflow: Mapping[str, Any] | None = None
    layout: Mapping[str, Any] = field(default_factory=dict[str, Any])


def sessions_folder() -> Path:
    """Where sessions are kept: LOOM_SESSIONS, else a place in the user's state folder."""
    if named := os.environ.get(FOLDER_VARIABLE, ""):
        return Path(named).expanduser()
    from platformdirs import user_state_path

    return user_state_path("latent-loom") / "sessions"


class Sessions:
    """The session of one window, and those that others left."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or sessions_folder()
        self._file = self.folder / f"{os.getpid()}-{secrets.token_hex(4)}.json"
        self._lock: QLockFile | None = None
        self._written: Session | None = None
        self._left: list[tuple[Path, QLockFile]] = []

    def keep(self, session: Session) -> None:
        """Keep the window's state against a crash; OSError when it can't be written."""
        if session == self._written:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._lock is None:
            self._lock = _lock(self._file)
            self._lock.tryLock(0)
        _write(self._file, session)
        self._written = session

    def close(self, session: Session) -> None:
        """The window is closed in good order: its state is what the next start begins with."""
        self.folder.mkdir(parents=True, exist_ok=True)
        _write(self.folder / LAST, session)
        self._file.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None

    def put_aside(self, session: Session) -> Path:
        """Keep a session as a workflow file that can be opened later; its path."""
        stem = Path(session.path).stem or "untitled"
        path = self.folder / f"recovered-{stem}-{secrets.token_hex(4)}.json"
        write_atomically(path, json.dumps(session.workflow, ensure_ascii=False).encode())
        return path

    def last(self) -> Session | None:
        """What the window that was closed last showed; None when there was none."""
        return _read(self.folder / LAST)

    def left_behind(self) -> list[Session]:
        """What programs that died had not saved, the newest first.

        No other window is given them meanwhile. Their files stay until `let_go`: a second crash
        before then loses nothing either.
        """
        found: list[Session] = []
        files = [file for file in self.folder.glob("[0-9]*-*.json") if file != self._file]
        for file in sorted(files, key=_age):
            lock = _lock(file)
            if not lock.tryLock(0):
                continue  # its window is open
            session = _read(file)
            if session is not None and session.workflow is not None:
                found.append(session)
                self._left.append((file, lock))
                continue
            if session is not None:
                file.unlink(missing_ok=True)
            lock.unlock()
        return found

    def let_go(self) -> None:
        """What was left behind is safe elsewhere now."""
        for file, lock in self._left:
            file.unlink(missing_ok=True)
            lock.unlock()
        self._left.clear()


class Keeper(QObject):
    """Keeps a window's state in a thread: a disk may take longer than a window may stand still."""

    failed = Signal(str)
    """Why it could not be kept: what the system says."""

    def __init__(self, sessions: Sessions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sessions = sessions
        self._pool = ThreadPoolExecutor(1, "keep")
        self._newest: Future[None] | None = None

    def keep(self, make: Callable[[], Session]) -> None:
        """Keep what `make`, which is called in the thread, gives; nothing while it still writes."""
        if self._newest is None or self._newest.done():
            self._newest = self._pool.submit(self._keep, make)

    def close(self) -> None:
        """Wait for what is being written."""
        self._pool.shutdown()

    def _keep(self, make: Callable[[], Session]) -> None:
        try:
            self._sessions.keep(make())
        except OSError as error:
            with suppress(RuntimeError):  # the window was closed meanwhile
                self.failed.emit(error.strerror or str(error))


def _lock(file: Path) -> QLockFile:
    lock = QLockFile(str(file.with_suffix(".lock")))
    lock.setStaleLockTime(0)  # a lock is stale when its process is gone, however old it is
    return lock


def _age(file: Path) -> float:
    try:
        return -file.stat().st_mtime
    except OSError:
        return 0.0


def _write(file: Path, session: Session) -> None:
    write_atomically(file, json.dumps(asdict(session), ensure_ascii=False).encode())


def _read(file: Path) -> Session | None:
    """The session in a file; one that can't be read is moved aside, so that it is not lost."""
    try:
        data = json.loads(file.read_bytes())
        return Session(str(data["path"]), data["workflow"], dict(data["layout"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError):
        with suppress(OSError):
            file.replace(file.with_suffix(KEPT_BROKEN))
        return None
