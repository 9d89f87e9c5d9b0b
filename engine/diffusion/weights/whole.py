"""Folders and files that appear whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from engine.graph.errors import LoomError
from engine.graph.models import SUFFIXES


@contextmanager
def whole_folder(folder: Path, keep: bool = False) -> Iterator[Path]:
    """A new, empty folder for the length of a `with` block, which then takes the place of `folder`.

    With `keep` it begins with what `folder` holds; otherwise that is gone in the end. Weight files
    that it begins with may be removed, not written to. After an error `folder` is as it was. Raises
    LoomError where it can't be written.
    """
    with _scratch(folder) as scratch:
        new, old = scratch / "new", scratch / "old"
        if keep and folder.is_dir():
            shutil.copytree(folder, new, copy_function=_kept)
        else:
            new.mkdir()
        yield new
        if folder.exists():
            folder.rename(old)
        new.rename(folder)


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """The name of a new file for the length of a `with` block, which then becomes `path`."""
    with _scratch(path) as scratch:
        new = scratch / path.name
        yield new
        new.replace(path)


@contextmanager
def _scratch(target: Path) -> Iterator[Path]:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(
            dir=target.parent, prefix=".loom-", ignore_cleanup_errors=True
        ) as scratch:
            yield Path(scratch)
    except OSError as error:
        raise LoomError(
            f"{target} can't be written: {error.strerror or error}.",
            remedy="Choose a place that you may write to and that has room enough.",
        ) from error


def _kept(source: str, target: str) -> None:
    """A copy; of weights, which are never written over, a second name of the same file."""
    if source.endswith(SUFFIXES):
        with suppress(OSError):  # where links fail
            os.link(source, target)
            return
    shutil.copy2(source, target)
