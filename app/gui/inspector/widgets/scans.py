"""Looks for models and files in threads, and remembers what was found."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

MOST = 500  # files that a list offers
LOOKED_AT = 20_000  # files and folders that one scan looks at


@dataclass(frozen=True)
class Found:
    """A model that was found: its name, what it is, its family, and its size in bytes."""

    name: str
    path: Path
    what: str = ""
    family: str = ""
    size: int = 0
    problem: str = ""

    @property
    def details(self) -> str:
        """`StableDiffusionPipeline · sd15 · 4.27 GB`."""
        parts = (self.what, self.family, bytes_in_words(self.size) if self.size else "")
        return " · ".join(part for part in parts if part)


class Scan(QObject):
    """One kind of search: what `look` finds for a key, found once until it is asked to look again.

    `found` carries the key; it is emitted in the thread of this object.
    """

    found = Signal(object)

    def __init__(self, look: Callable[[Any], Any]) -> None:
        super().__init__()
        self._look = look
        self._known: dict[Any, Any] = {}
        self._running: set[Any] = set()
        self._lock = threading.Lock()

    def get(self, key: Any, again: bool = False) -> Any:
        """What was found for a key; None while it is being looked for, which this begins."""
        with self._lock:
            if key in self._known and not again:
                return self._known[key]
            if key not in self._running:
                self._running.add(key)
                threading.Thread(target=self._work, args=(key,), daemon=True).start()
            return self._known.get(key)

    def _work(self, key: Any) -> None:
        try:
            result = self._look(key)
        except Exception:  # files may vanish while they are looked at; then nothing was found
            result = ()
        with self._lock:
            self._known[key] = result
            self._running.discard(key)
        try:
            self.found.emit(key)
        except RuntimeError:  # the program is ending
            return


def find_models(folders: Sequence[Path]) -> tuple[Found, ...]:
    """Every model in the folders, with what its headers say of it."""
    from engine.diffusion.weights.catalogue import describe
    from engine.diffusion.weights.search import list_models

    listed: list[Found] = []
    for name, path in list_models(folders).items():
        said = describe(path)
        listed.append(Found(name, path, said.what, said.family, said.size, said.problem))
    return tuple(sorted(listed, key=lambda one: one.name.lower()))


def find_files(key: tuple[tuple[Path, ...], tuple[str, ...], bool]) -> tuple[str, ...]:
    """Names of files with one of the endings, or of folders, in input folders, newest first.

    Without endings it is any file.
    """
    folders, suffixes, wants_folders = key
    suffixes = suffixes or ("",)
    found: dict[str, float] = {}
    looked = 0
    for folder in folders:
        for root, inside, files in os.walk(folder):
            inside[:] = sorted(name for name in inside if not name.startswith("."))
            if Path(root).relative_to(folder).parts[2:]:
                inside.clear()
            for name in inside if wants_folders else files:
                looked += 1
                if name.startswith(".") or not (wants_folders or name.lower().endswith(suffixes)):
                    continue
                path = Path(root, name)
                try:
                    found.setdefault(path.relative_to(folder).as_posix(), path.stat().st_mtime)
                except OSError:
                    continue
            if looked > LOOKED_AT:
                break
    return tuple(sorted(found, key=lambda name: -found[name])[:MOST])


def bytes_in_words(size: float) -> str:
    """`4.27 GB`, `12.3 MB`."""
    return f"{size / 1e9:.2f} GB" if size >= 1e9 else f"{size / 1e6:.1f} MB"


models = Scan(find_models)
files = Scan(find_files)
