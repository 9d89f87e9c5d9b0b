"""What the person has chosen for the editor, kept between starts in one small JSON file."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.gui.language import tr
from engine.graph.files import write_atomically

VARIABLE = "LOOM_SETTINGS"
RECENT = 12  # files and nodes that are remembered


@dataclass(frozen=True)
class Choices:
    """One person's choices.

    `theme` is `system`, `dark` or `light`; `language` is `system` or a code such as `ko`.
    `model_folders` are searched before the usual ones; an empty `output_folder` is the usual one.
    `memory` is the device memory a run may take, in GB, 0 for all there is. `compile` and `tf32`
    are of `engine.runtime.switches`. `autosave` is in seconds, 0 for never. `live` runs after every
    change. The rest is remembered by itself.
    """

    theme: str = "system"
    language: str = "system"
    model_folders: tuple[str, ...] = ()
    output_folder: str = ""
    memory: float = 0.0
    compile: bool = False
    tf32: bool = False
    autosave: int = 30
    live: bool = False
    recent_files: tuple[str, ...] = ()
    recent_nodes: tuple[str, ...] = ()
    favourites: tuple[str, ...] = ()

    @property
    def device(self) -> tuple[float, bool, bool]:
        """How runs use the device, which the worker reads as it starts."""
        return self.memory, self.compile, self.tf32

    def with_file(self, path: Path) -> Choices:
        """With a file as the one opened last."""
        return replace(self, recent_files=_first(str(path.absolute()), self.recent_files))

    def with_node(self, type_id: str) -> Choices:
        """With a node type as the one added last."""
        return replace(self, recent_nodes=_first(type_id, self.recent_nodes))


class _Store(QObject):
    changed = Signal()
    failed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.choices = Choices()
        self.path: Path | None = None


_store = _Store()
changed = _store.changed
"""Emitted after something else was chosen."""
failed = _store.failed
"""Emitted with a sentence when the choices could not be written; they hold until the end."""


def choices() -> Choices:
    """What is chosen now; the defaults before anything was read."""
    return _store.choices


def load(path: Path | None = None) -> str:
    """Read the choices, and keep them in that file from now on.

    Gives a sentence when the file, or a part of it, can't be used: the defaults hold then.
    """
    _store.path = path or settings_file()
    _store.choices, problem = _read(_store.path)
    _store.changed.emit()
    return problem


def change(**chosen: Any) -> None:
    """Choose something else, and write it down: `change(theme="light")`."""
    put(replace(_store.choices, **chosen))


def put(chosen: Choices) -> None:
    """Choose all of it, and write it down. Before `load`, it is kept in memory alone."""
    if chosen == _store.choices:
        return
    _store.choices = chosen
    if _store.path is not None:
        try:
            _store.path.parent.mkdir(parents=True, exist_ok=True)
            text = json.dumps(asdict(chosen), indent=2, ensure_ascii=False)
            write_atomically(_store.path, f"{text}\n".encode())
        except OSError as error:
            said = tr("The settings can't be written to {}: {}.")
            _store.failed.emit(said.format(_store.path, error.strerror or error))
    _store.changed.emit()


def settings_file() -> Path:
    """Where the choices are: LOOM_SETTINGS, else a place in the user's settings folder."""
    if named := os.environ.get(VARIABLE, ""):
        return Path(named).expanduser()
    from platformdirs import user_config_path

    return user_config_path("latent-loom") / "editor.json"


def _read(path: Path) -> tuple[Choices, str]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Choices(), ""
    except (OSError, ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        said = tr("The settings in {} can't be read; the defaults are used.")
        return Choices(), said.format(path)
    found, refused = _taken(data)
    if refused:
        said = tr("The settings in {} are partly damaged ({}); defaults are used for these.")
        return found, said.format(path, ", ".join(refused))
    return found, ""


def _taken(data: Mapping[str, Any]) -> tuple[Choices, list[str]]:
    """The choices that a file holds, and the names of those that are of no use."""
    defaults = Choices()
    found: dict[str, Any] = {}
    refused: list[str] = []
    for field in fields(Choices):
        if field.name not in data:
            continue
        given, default = data[field.name], getattr(defaults, field.name)
        if isinstance(default, tuple):
            fits = isinstance(given, list) and all(isinstance(item, str) for item in given)
            given = tuple(given) if fits else given
        elif isinstance(default, bool | str):
            fits = type(given) is type(default)
        else:
            fits = type(given) in (int, type(default)) and 0 <= given < 1e9
        if fits:
            found[field.name] = given
        else:
            refused.append(field.name)
    return replace(defaults, **found), refused


def _first(new: str, known: tuple[str, ...]) -> tuple[str, ...]:
    return (new, *(item for item in known if item != new))[:RECENT]
