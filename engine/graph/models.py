"""Models in the model folders: by name, and by content where the name does not decide.

A workflow names models, never paths: the same file then runs on another machine, and opening one
reads nothing outside the model folders.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from engine.graph.files import FileHashes

SUFFIXES = (".safetensors", ".ckpt", ".bin", ".pt")
DEPTH = 2  # how deep below a model folder a search by content looks: `name`, `owner/name`
OFFERED = 12  # how many names of a folder a message lists


def named(name: str, folders: Iterable[Path]) -> list[Path]:
    """Every folder or file called `name`, with or without a suffix, in the order of `folders`.

    Where a folder has it as it is written, that alone; else all those with a suffix.
    """
    found: list[Path] = []
    for folder in folders:
        if (folder / name).exists():
            found.append(folder / name)
        else:
            found += [path for end in SUFFIXES if (path := folder / (name + end)).exists()]
    return found


def with_content(
    digest: str, part: str, candidates: Iterable[Path], hashes: FileHashes
) -> Path | None:
    """The first candidate whose `part` ("" for all of it) has this content hash.

    What was hashed before and has not changed since is not read again.
    """
    for path in candidates:
        try:
            if (not part or (path / part).exists()) and hashes.of(path / part) == digest:
                return path
        except OSError:  # a model that can't be read is not the one that is looked for
            continue
    return None


def all_models(folders: Iterable[Path]) -> Iterator[Path]:
    """Every folder and model file down to `owner/name`, those nearest to the top first."""
    level = list(folders)
    for _ in range(DEPTH):
        level = [child for folder in level for child in _children(folder)]
        yield from level


def local_name(path: Path, folders: Iterable[Path]) -> str:
    """What a workflow calls the model at `path`: its place in the model folder that holds it."""
    folder = next(folder for folder in folders if path.is_relative_to(folder))
    return path.relative_to(folder).as_posix()


def offer(folders: Iterable[Path]) -> str:
    """Which folders are searched and what they have: `/models (starter, tiny); /more (nothing)`."""
    said: list[str] = []
    for folder in folders:
        names = [child.name for child in _children(folder)]
        shown = ", ".join(names[:OFFERED]) + (", …" if len(names) > OFFERED else "")
        said.append(f"{folder} ({shown or ('nothing' if folder.is_dir() else 'no such folder')})")
    return "; ".join(said) or "no folder at all"


def _children(folder: Path) -> list[Path]:
    """The folders and model files in `folder`, hidden ones left out."""
    try:
        found = [path for path in folder.iterdir() if not path.name.startswith(".")]
        return sorted(path for path in found if path.suffix in SUFFIXES or path.is_dir())
    except OSError:
        return []
