"""Models, schedulers and whole pipelines in the Diffusers folder layout, for any program to read.

A folder is written whole or not at all. Configs and names are the published ones, so the reference
library reads them too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from engine.diffusion.values import Scheduler
from engine.diffusion.weights.folder import INDEX, variant_of
from engine.diffusion.weights.load import THEIRS as CLASSES
from engine.diffusion.weights.load import TOKENIZERS
from engine.diffusion.weights.maps.text import published_name
from engine.diffusion.weights.whole import whole_folder
from engine.diffusion.weights.write import OURS, THEIRS, write_weights

Part = nn.Module | Scheduler | Any  # or a tokenizer
# Classes that published pipelines bring along, by those pipelines' names. Like the models of
# transformers they keep their weights in `model.safetensors`.
LIBRARIES = {
    "LDMBertModel": "latent_diffusion",
    "StableDiffusionSafetyChecker": "stable_diffusion",
}
# The version of the reference whose layout this is; it can't open an inpainting model without one.
LAYOUT = "0.30.0"
CONFIG, SCHEDULER_CONFIG = "config.json", "scheduler_config.json"


def save_model(
    model: nn.Module,
    folder: Path,
    *,
    dtype: torch.dtype | None = None,
    variant: str = "",
    max_shard: int | None = None,
) -> None:
    """`config.json` and weights of one model, floating point weights as `dtype`.

    With `variant` ("fp16") the weights are put beside those that are there. `max_shard` is in
    bytes. Raises LoomError where the folder can't be written.
    """
    with whole_folder(folder, keep=bool(variant)) as new:
        _write_model(model, new, dtype, variant, max_shard)


def save_scheduler(scheduler: Scheduler, folder: Path) -> None:
    """`scheduler_config.json`."""
    with whole_folder(folder) as new:
        write_json(new / SCHEDULER_CONFIG, scheduler.to_json())


def save_pipeline(
    parts: Mapping[str, Part],
    folder: Path,
    class_name: str,
    *,
    dtype: torch.dtype | None = None,
    variant: str = "",
    max_shard: int | None = None,
    index: Mapping[str, Any] | None = None,
) -> None:
    """A folder with a subfolder for each of `parts`, and the `model_index.json` that names them.

    `class_name` is the published pipeline that can run it, `index` what else its index says
    (`"safety_checker": [None, None]`). Raises LoomError where the folder can't be written.
    """
    with whole_folder(folder, keep=bool(variant)) as new:
        for name, part in parts.items():
            (new / name).mkdir(exist_ok=True)
            if isinstance(part, Scheduler):
                write_json(new / name / SCHEDULER_CONFIG, part.to_json())
            elif isinstance(part, nn.Module):
                _write_model(part, new / name, dtype, variant, max_shard)
            else:
                part.save_pretrained(new / name)
        named = {name: entry_of(class_of(part)) for name, part in parts.items()}
        write_index(new, class_name, named, index or {})


def class_of(part: Part) -> str:
    """The published name of a part's class."""
    if isinstance(part, Scheduler):
        return part.class_name
    # transformers has one class behind both names of a tokenizer
    return type(part).__name__.removesuffix("Fast")


def entry_of(class_name: str) -> list[str]:
    """A component in `model_index.json`: the library and the class."""
    if class_name in LIBRARIES:
        return [LIBRARIES[class_name], class_name]
    return ["transformers" if class_name in (*CLASSES, *TOKENIZERS) else "diffusers", class_name]


def write_index(
    folder: Path, class_name: str, named: Mapping[str, list[str]], index: Mapping[str, Any]
) -> None:
    """`model_index.json`."""
    entries = dict(sorted({**index, **named}.items()))
    head = {"_class_name": class_name, "_diffusers_version": LAYOUT}
    write_json(folder / INDEX, {**head, **entries})


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """A config as people read it too."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def forget(folder: Path, variant: str) -> None:
    """Remove the weights of this variant, which others are about to replace."""
    for file in folder.iterdir():
        if variant_of(file.name) == variant:
            file.unlink()


def _write_model(
    model: nn.Module, folder: Path, dtype: torch.dtype | None, variant: str, max_shard: int | None
) -> None:
    config: Any = model.config
    ours = hasattr(config, "to_json")
    stem = OURS if entry_of(type(model).__name__)[0] == "diffusers" else THEIRS
    forget(folder, variant)
    write_json(folder / CONFIG, config.to_json() if ours else _config_of_theirs(model))
    rename = published_name if type(model).__name__.startswith("CLIPText") else str
    state = {rename(name): tensor.detach() for name, tensor in model.state_dict().items()}
    write_weights(folder, stem, state.items, dtype=dtype, variant=variant, max_shard=max_shard)


def _config_of_theirs(model: Any) -> dict[str, Any]:
    """The config of a model of transformers.

    Readers that are told no dtype take the one that it names: float32, as for our own models,
    whatever the precision of the file.
    """
    config = json.loads(model.config.to_json_string())
    config |= {"architectures": [type(model).__name__], "dtype": "float32"}
    return dict(sorted(config.items()))
