"""Models from one layout and precision to another, tensor by tensor, whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from engine.diffusion.weights.configs.kinds import Kind
from engine.diffusion.weights.find import component as find_component
from engine.diffusion.weights.find import components as read_components
from engine.diffusion.weights.folder import INDEX, Component, read_json, variant_of
from engine.diffusion.weights.load import OURS as OUR_CLASSES
from engine.diffusion.weights.load import THEIRS as THEIR_CLASSES
from engine.diffusion.weights.load import load_component
from engine.diffusion.weights.original import original, ours_of
from engine.diffusion.weights.prediction import AUTO
from engine.diffusion.weights.save import (
    CONFIG,
    SCHEDULER_CONFIG,
    entry_of,
    forget,
    write_index,
    write_json,
)
from engine.diffusion.weights.single import FileComponent
from engine.diffusion.weights.vocabulary import CONFIG as TOKENIZER_CONFIG
from engine.diffusion.weights.vocabulary import ENCODERS, vocabulary
from engine.diffusion.weights.whole import whole_file, whole_folder
from engine.diffusion.weights.write import OURS, THEIRS, planned, write_files, write_weights
from engine.graph.errors import LoomError

Layout = Literal["diffusers", "original"]
# Told the component, bytes written of it so far, and its bytes in all.
Progress = Callable[[str, int, int], None]


def _silent(*_: Any) -> None:
    return None


@dataclass(frozen=True)
class Conversion:
    """What is to be made of a model.

    `dtype` is a torch name, "" leaves every tensor its own. `variant` is put into the names of
    weight files (`….fp16.safetensors`), beside the others of an existing folder; `read` is the
    variant to take. `max_shard` is in bytes. `prediction` and `tokenizer` are for single files, see
    `prediction` and `vocabulary`.
    """

    dtype: str = ""
    variant: str = ""
    read: str = ""
    max_shard: int | None = None
    prediction: str = AUTO
    tokenizer: Path | None = None

    @property
    def torch_dtype(self) -> torch.dtype | None:
        """The dtype of the weights to write, None for each its own."""
        return getattr(torch, self.dtype) if self.dtype else None


def convert(
    source: Path,
    target: Path,
    layout: Layout,
    how: Conversion = Conversion(),
    progress: Progress = _silent,
) -> tuple[str, ...]:
    """Write the model at `source`, a folder or single file, as `target` in `layout`.

    What was at `target` is replaced when all is done, and as it was after an error. Returns the
    names of components that the layout has no place for. Raises LoomError as the readers do, for
    weights that don't fit their configuration, and where `target` can't be written.
    """
    components = _components(source, how)
    if layout == "original":
        return _to_file(components, target, how, progress)
    for component in components.values():
        check(component)
    if len(components) == 1 and not (source / INDEX).is_file():
        (component,) = components.values()
        with whole_folder(target, keep=bool(how.variant)) as new:
            _write(component, new, how, progress)
        return ()
    with whole_folder(target, keep=bool(how.variant)) as new:
        for name, component in components.items():
            (new / name).mkdir(exist_ok=True)
            _write(component, new / name, how, progress)
        if source.is_file():
            _index_of_file(components, new)
        else:
            _copy_others(source, components, new)
    return ()


def check(component: Component) -> None:
    """Raise LoomError unless a component has all the tensors that its configuration asks for, in
    their shapes, and no others. What is of no class that can be loaded is not looked at.
    """
    if component.class_name in {*OUR_CLASSES, *THEIR_CLASSES}:
        load_component(component, None)  # in the files' own precision weights stay mapped


def _components(source: Path, how: Conversion) -> dict[str, Component]:
    if source.is_dir() and not (source / INDEX).is_file():
        component = find_component(source, "", how.read)
        return {_name(component): component}
    found = read_components(source, how.read, how.prediction)
    if source.is_file():
        for name, encoder in ENCODERS.items():
            if encoder in found:
                found[name] = vocabulary(source, name, how.tokenizer)
    return found


def _name(component: Component) -> str:
    """What a component that lies alone is called in a pipeline folder."""
    names = {
        "UNet2DConditionModel": "unet",
        "AutoencoderKL": "vae",
        "ControlNetModel": "controlnet",
        "CLIPTextModel": "text_encoder",
        "CLIPTextModelWithProjection": "text_encoder_2",
    }
    return names.get(component.class_name, component.path.name)


def _to_file(
    components: Mapping[str, Component], target: Path, how: Conversion, progress: Progress
) -> tuple[str, ...]:
    if target.suffix != ".safetensors":
        raise LoomError(f"{target} is no name for a single file.", remedy="End it in .safetensors.")
    found = original(components)
    for name in found.placed:
        check(components[name])
    with whole_file(target) as new:
        plan = planned(found.tensors, how.torch_dtype)
        write_files(
            [(new, plan)],
            found.tensors,
            metadata=found.metadata,
            progress=lambda done, total: progress(target.name, done, total),
        )
    return found.left_out


def _write(component: Component, folder: Path, how: Conversion, progress: Progress) -> None:
    """One component as a folder."""
    if component.config_file == TOKENIZER_CONFIG:
        _write_tokenizer(component, folder)
    elif component.config_file == SCHEDULER_CONFIG:
        write_json(folder / SCHEDULER_CONFIG, component.config())
    else:
        config = component.config()
        ours = "_class_name" in config
        if isinstance(component, FileComponent) and not ours:
            config["dtype"] = "float32"
        write_json(folder / CONFIG, config)
        forget(folder, how.variant)
        write_weights(
            folder,
            OURS if ours else THEIRS,
            lambda: ours_of(component),
            dtype=how.torch_dtype,
            variant=how.variant,
            max_shard=how.max_shard,
            progress=lambda done, total: progress(component.subfolder or folder.name, done, total),
        )


def _write_tokenizer(component: Component, folder: Path) -> None:
    for file in component.files():
        shutil.copyfile(file, folder / file.name)
    if component.pad:
        for name in (TOKENIZER_CONFIG, "special_tokens_map.json"):
            file = folder / name
            if file.is_file():
                write_json(file, {**read_json(file), "pad_token": component.pad})


def _index_of_file(components: Mapping[str, Component], folder: Path) -> None:
    kind = next(part.kind for part in components.values() if isinstance(part, FileComponent))
    named = {name: entry_of(part.class_name) for name, part in components.items()}
    write_index(folder, _pipeline(kind, components), named, kind.index)


def _pipeline(kind: Kind, components: Mapping[str, Component]) -> str:
    unet = components.get("unet")
    return kind.pipeline(unet.config()["in_channels"] if unet else 4)


def _copy_others(source: Path, components: Mapping[str, Component], folder: Path) -> None:
    """What else a pipeline folder has: its index, and parts that have no weights."""
    index = read_json(source / INDEX)
    for name, entry in index.items():
        if isinstance(entry, list) and name not in components and (source / name).is_dir():
            shutil.copytree(
                source / name,
                folder / name,
                dirs_exist_ok=True,
                ignore=lambda _, names: [n for n in names if variant_of(n) is not None],
            )
    write_json(folder / INDEX, index)
