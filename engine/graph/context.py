"""What a running node may ask of its surroundings: progress, cancel, folders, provenance."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from engine.graph import models
from engine.graph.errors import Cancelled, LoomError, ParamError
from engine.graph.files import FileHashes

Elsewhere = Callable[[str], Path | None]


def _nowhere(_: str) -> None:
    return None


@dataclass(frozen=True)
class Settings:
    """The folders a run may use: models are read, inputs are read, outputs are written.

    `hashes` remembers what was read while models were looked for by content. `elsewhere` is asked
    for a name that no model folder has.
    """

    output_folder: Path = Path("outputs")
    model_folders: tuple[Path, ...] = ()
    input_folders: tuple[Path, ...] = (Path(),)
    hashes: FileHashes = field(default_factory=FileHashes, compare=False, repr=False)
    elsewhere: Elsewhere = field(default=_nowhere, compare=False, repr=False)

    def find_model(self, name: str, digest: str = "", part: str = "") -> Path:
        """The folder or file called `name` in the first model folder that has it.

        `digest`, the content hash of its `part` ("" for all of it), decides where several have the
        name, and finds a model that was renamed; one that alone has the name is not read. Raises
        ParamError for a name that leads out of the folders, LoomError for a missing one.
        """
        found = models.named(name, self.model_folders) if relative(name).parts else []
        if digest and len(found) > 1:
            return models.with_content(digest, part, found, self.hashes) or found[0]
        if len(found) > 1 and found[0].parent == found[1].parent:
            raise LoomError(
                f"Two models in {found[0].parent} are called {name!r}: "
                f"{found[0].name} and {found[1].name}.",
                remedy="Name one of them with its ending.",
            )
        if found:
            return found[0]
        renamed = self.find_content(digest, part) if digest else None
        if renamed:
            return renamed
        if apart := self.elsewhere(name):
            return apart
        known = f" and none of the content {digest}" if digest else ""
        raise LoomError(
            f"There is no model called {name!r}{known}. "
            f"Searched: {models.offer(self.model_folders)}.",
            remedy="Put it into one of these folders, or name another model."
            + (f" `loom fetch {name}` downloads it." if name.count("/") == 1 else ""),
        )

    def find_content(self, digest: str, part: str = "") -> Path | None:
        """The model whose `part` has this content, whatever it is called; reads what it must."""
        candidates = models.all_models(self.model_folders)
        return models.with_content(digest, part, candidates, self.hashes)

    def model_name(self, name: str, digest: str, part: str = "") -> str:
        """The name under which this content is here: `name` where that is right, or nothing is."""
        found = models.named(name, self.model_folders)
        if models.with_content(digest, part, found, self.hashes):
            return name
        elsewhere = self.find_content(digest, part)
        return models.local_name(elsewhere, self.model_folders) if elsewhere else name

    def find_input(self, name: str, is_folder: bool = False) -> Path:
        """The file or folder `name`, absolute or in an input folder; LoomError when missing."""
        for folder in self.input_folders:
            path = folder / name
            if name and (path.is_dir() if is_folder else path.is_file()):
                return path
        what = "folder" if is_folder else "file"
        raise LoomError(f"There is no {what} {name!r}.", remedy="Check the name and its folder.")

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
