"""Models on the Hugging Face Hub: found in its local cache, fetched or published when asked to.

Nothing here reaches for the network but `fetch` and `upload`. What is fetched becomes a folder of
the user's own models, called `owner/name` like the repository.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from engine.diffusion.weights.folder import CONFIGS, INDEX, SUFFIXES, variant_of
from engine.diffusion.weights.whole import whole_folder
from engine.graph.errors import LoomError

REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
SMALL = (".json", ".txt", ".model")
# One of these is in every folder that belongs to a model.
MARKS = (INDEX, *CONFIGS, "preprocessor_config.json")


def split_id(text: str) -> tuple[str, str]:
    """Repository and variant of `owner/name` or `owner/name:variant`; LoomError for others."""
    repository, _, variant = text.partition(":")
    if not REPOSITORY.fullmatch(repository):
        raise LoomError(
            f"{text!r} names no repository of the Hub.",
            remedy="Write it as owner/name or owner/name:variant.",
        )
    return repository, variant


def cached(name: str) -> Path | None:
    """The folder of a repository in the Hub's local cache, None where it is not there."""
    if not REPOSITORY.fullmatch(name):
        return None
    from huggingface_hub import snapshot_download

    try:
        found = Path(snapshot_download(name, local_files_only=True))
    except (OSError, ValueError):
        return None
    return found if any((found / config).is_file() for config in (INDEX, *CONFIGS)) else None


def fetch(repository: str, variant: str, folder: Path, searched: Iterable[Path] = ()) -> Path:
    """Download a model into `folder`/owner/name, whole or not at all, and return that folder.

    Only the configs and the weights of `variant` are taken, safetensors before pickles. Raises
    LoomError when the Hub can't be reached (with the local folders that were `searched`), or has no
    such repository or variant.
    """
    from huggingface_hub import HfApi, snapshot_download

    target = folder / repository
    with whole_folder(target, keep=True) as new:
        try:
            files = wanted(HfApi().list_repo_files(repository), variant)
            snapshot_download(repository, local_dir=new, allow_patterns=files)
        except (OSError, ValueError) as error:
            raise _unreachable(repository, error, searched) from error
    return target


def upload(folder: Path, repository: str, private: bool = True) -> str:
    """Publish a model's folder; returns its address. LoomError when the Hub refuses."""
    from huggingface_hub import HfApi

    try:
        address = HfApi().create_repo(repository, private=private, exist_ok=True)
        HfApi().upload_folder(repo_id=repository, folder_path=folder)
    except (OSError, ValueError) as error:
        raise _unreachable(repository, error, ()) from error
    return str(address)


def wanted(files: Iterable[str], variant: str = "") -> list[str]:
    """Which files of a repository make up one model, sorted.

    Of each folder the small files and its weights of `variant`, in one format. Raises LoomError
    naming the variants there are when there are others but not this one.
    """
    paths = [PurePosixPath(file) for file in files]
    folders = sorted({path.parent for path in paths})
    chosen: list[PurePosixPath] = []
    for folder in folders:
        here = [path for path in paths if path.parent == folder]
        if not any(path.name in MARKS for path in here):
            continue
        weights = [path for path in here if variant_of(path.name) is not None]
        of_variant = [path for path in weights if variant_of(path.name) == variant]
        if weights and not of_variant:
            names = sorted({variant_of(path.name) or "plain" for path in weights})
            raise LoomError(
                f"{folder} has no {variant or 'plain'} weights on the Hub; it has: "
                f"{', '.join(names)}.",
                remedy="Ask for owner/name:variant with one of these.",
            )
        formats = ([p for p in of_variant if end[1:] in p.name.split(".")] for end in SUFFIXES)
        chosen += next((found for found in formats if found), [])
        chosen += [path for path in here if path.suffix in SMALL and path not in weights]
    if not chosen:
        raise LoomError("The repository has no model in the Diffusers layout.")
    return sorted(str(path) for path in chosen)


def _unreachable(repository: str, error: Exception, searched: Iterable[Path]) -> LoomError:
    lines = str(error).strip().splitlines()
    reason = lines[0] if lines else type(error).__name__
    folders = ", ".join(map(str, searched))
    local = f" It is not in the model folders either: {folders}." if folders else ""
    return LoomError(
        f"{repository} can't be had from the Hugging Face Hub: {reason}{local}",
        remedy="Check the name and the network, or put the model's folder into a model folder.",
    )
