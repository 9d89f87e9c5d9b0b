"""What a running node may ask of its surroundings: progress, cancel, folders, provenance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from engine.graph.errors import Cancelled, LoomError, ParamError
from engine.graph.files import FileHashes

MODEL_SUFFIXES = (".safetensors", ".ckpt", ".bin", ".pt")


@dataclass(frozen=True)
class Settings:
    """The folders a run may use: models are read, inputs are read, outputs are written."""

    output_folder: Path = Path("outputs")
    model_folders: tuple[Path, ...] = ()
    input_folders: tuple[Path, ...] = (Path(),)

    def find_model(self, name: str) -> Path:
        """The folder or file called `name` in the first model folder that has it.

        Raises ParamError for a name that leads out of the folders, LoomError for a missing one.
        """
        inside = relative(name)
        for folder in self.model_folders:
            for candidate in (name, *(name + suffix for suffix in MODEL_SUFFIXES)):
                if inside.parts and (folder / candidate).exists():
                    return folder / candidate
        searched = ", ".join(str(folder) for folder in self.model_folders) or "no folder at all"
        raise LoomError(
            f"There is no model called {name!r} (searched: {searched}).",
            remedy="Put it into one of these folders, or name another model.",
        )

    def find_input(self, name: str) -> Path:
        """The file `name`, absolute or in an input folder; LoomError when it is missing."""
        for folder in self.input_folders:
            if name and (folder / name).is_file():
                return folder / name
        raise LoomError(f"There is no file {name!r}.", remedy="Check the name and its folder.")

    def output(self, name: str) -> Path:
        """The subfolder `name` of the output folder ("" is the folder itself); never outside it."""
        return self.output_folder / relative(name)


def relative(name: str) -> PurePosixPath:
    """`name` as a relative path that stays inside its folder; ParamError when it does not."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or any(mark in name for mark in "\\:\0"):
        raise ParamError(
            f"{name!r} is not a plain name inside the folder.",
            remedy="Use a relative name with forward slashes and no '..'.",
        )
    return path


def _nothing(*_: Any) -> None:
    return None


@dataclass
class Context:
    """Handed to a node that has a parameter annotated `Context`.

    `Context()` works outside any run too: it reports to nobody and is never cancelled.
    """

    node_id: str = ""
    settings: Settings = field(default_factory=Settings)
    on_progress: Callable[[int, int, str], None] = _nothing
    on_preview: Callable[[Any], None] = _nothing
    is_cancelled: Callable[[], bool] = lambda: False
    hashes: FileHashes = field(default_factory=FileHashes)
    make_provenance: Callable[[], Mapping[str, Any]] = dict[str, Any]
    written: list[Path] = field(default_factory=list[Path])

    def progress(self, step: int, total: int, text: str = "") -> None:
        """Report that `step` of `total` is done (1…total); raises Cancelled like check_cancel."""
        self.check_cancel()
        self.on_progress(step, total, text)

    def preview(self, value: Any) -> None:
        """Show an intermediate value; only the newest one is kept for a slow reader."""
        self.on_preview(value)

    def check_cancel(self) -> None:
        """Raise Cancelled if the run was asked to stop."""
        if self.is_cancelled():
            raise Cancelled(self.node_id)

    def wrote(self, *paths: Path) -> None:
        """Record files this effect node saved: it counts as done while they exist unchanged."""
        self.written.extend(paths)

    def content_hash(self, path: Path) -> str:
        """The hash of a file's or folder's content, `b2:` and 32 hex digits."""
        return self.hashes.of(path)

    @property
    def provenance(self) -> Mapping[str, Any]:
        """How a result comes to be: `workflow` (resolved JSON), `seeds`, `models` (name → hash)."""
        return self.make_provenance()
