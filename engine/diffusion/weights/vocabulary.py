"""The tokenizer of a single file, which has none: that of another model with the same words.

Every Stable Diffusion reads with CLIP's vocabulary of 49,408 tokens; what differs is the token that
fills short prompts up, and that goes by the kind of model. Looked at, in order: what the user
names; a folder `tokenizer` beside the file; every model in the folders that hold models.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from engine.diffusion.weights.folder import Component, find_component
from engine.diffusion.weights.search import model_folders
from engine.diffusion.weights.single import FileComponent, read_file
from engine.graph.errors import LoomError
from engine.graph.models import all_models

CONFIG = "tokenizer_config.json"
NAMES = ("tokenizer", "tokenizer_2")
ENCODERS = {"tokenizer": "text_encoder", "tokenizer_2": "text_encoder_2"}


def vocabulary(file: Path, name: str = "tokenizer", given: Path | None = None) -> Component:
    """The tokenizer for the text encoder of a single file; `name` may be `tokenizer_2`.

    `given` is a tokenizer's folder, or that of a model which has one. Raises LoomError when the
    file has no such text encoder, or no tokenizer with its number of words is found.
    """
    parts = read_file(file)
    encoder = parts.get(ENCODERS[name])
    if encoder is None:
        raise LoomError(
            f"{file} has no {ENCODERS[name].replace('_', ' ')}; it has {', '.join(parts)}.",
            field="model",
            remedy="Load that part alone, from a model that has it.",
        )
    size = encoder.config()["vocab_size"]
    folders = (file.parent, *model_folders())
    for folder in _beside(given) if given else _candidates(file, folders):
        if (folder / CONFIG).is_file() and count(folder) == size:
            return _with_pad(find_component(folder), encoder, name)
    if given:
        raise LoomError(
            f"{given} has no tokenizer of {size:,} tokens, which {file.name} reads.",
            field="vocabulary",
            remedy="Name a model of the same family.",
        )
    raise LoomError(
        f"A single file has no vocabulary, and no tokenizer of {size:,} tokens, which {file.name} "
        f"reads, is beside it or in {', '.join(map(str, dict.fromkeys(folders)))}.",
        field="model",
        remedy="Put the folder `tokenizer` of any Stable Diffusion model beside the file.",
    )


def _with_pad(found: Component, encoder: FileComponent, name: str) -> Component:
    return replace(found, pad=encoder.kind.pads.get(name, ""))


def _candidates(file: Path, folders: Iterable[Path]) -> Iterator[Path]:
    for place in (file.with_suffix(""), file.parent):
        yield from _beside(place)
    for model in all_models(folders):
        if model.is_dir():
            yield from _beside(model)


def _beside(place: Path) -> Iterator[Path]:
    """Where a tokenizer may lie in a folder."""
    yield from (place / name for name in NAMES)
    yield place


def count(folder: Path) -> int:
    """How many tokens a tokenizer's folder has; 0 where it can't be read."""
    for name in ("vocab.json", "tokenizer.json"):
        try:
            file = folder / name
            return _count(file, file.stat().st_mtime_ns)
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return 0


@functools.lru_cache(64)
def _count(file: Path, _: int) -> int:
    data = json.loads(file.read_text(encoding="utf-8"))
    return len(data["model"]["vocab"] if file.name == "tokenizer.json" else data)
