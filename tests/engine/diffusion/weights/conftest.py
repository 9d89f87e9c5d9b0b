"""Tiny models of each published kind, as folders and as original files."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.diffusion.weights.configs.kinds import KINDS
from engine.diffusion.weights.convert import convert
from tests.engine.diffusion.weights.tiny_kinds import make

Folders = Callable[[str], Path]


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """A kind's name → the folder of a tiny model of that kind; it is not to be changed."""
    root = tmp_path_factory.mktemp("kinds")
    by_name = {kind.name: kind for kind in KINDS}

    def of(name: str) -> Path:
        folder = root / name
        return folder if folder.is_dir() else make(by_name[name], folder)

    return of


@pytest.fixture(scope="session")
def files(folders: Folders, tmp_path_factory: pytest.TempPathFactory) -> Folders:
    """A kind's name → the same tiny model as an original single file."""
    root = tmp_path_factory.mktemp("files")

    def of(name: str) -> Path:
        file = root / f"{name}.safetensors"
        if not file.is_file():
            convert(folders(name), file, "original")
        return file

    return of


@pytest.fixture(scope="session")
def make_model() -> Callable[..., Path]:
    """Writes a tiny model of a kind into a folder: `(kind, folder, **changes of the UNet)`."""
    return make
