"""The Diffusers folder layout: which components a model has and which files hold their weights.

`model_index.json` names each component `[library, class]`; a component is a subfolder, or the
folder itself, with a config and the weights beside it. Nothing here opens the network.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.diffusion.weights.detect import something_else
from engine.diffusion.weights.files import header_of
from engine.graph.errors import LoomError

if TYPE_CHECKING:
    import torch

INDEX = "model_index.json"
CONFIGS = ("config.json", "scheduler_config.json", "tokenizer_config.json")
TOKENIZER_FILES = (
    "vocab.json",
    "merges.txt",
    "vocab.txt",
    "tokenizer.json",
    "special_tokens_map.json",
)
STEMS = ("diffusion_pytorch_model", "model", "pytorch_model")
# Safetensors first: pickles are the fallback.
SUFFIXES = (".safetensors", ".bin")


@dataclass(frozen=True)
class Component:
    """One component where it lies: `root`/`subfolder`, its class, the variant of its weights.

    `pad` is a tokenizer's padding token where that is not the one its folder says.
    """

    root: Path
    subfolder: str
    class_name: str
    config_file: str
    variant: str = ""
    pad: str = ""

    @property
    def path(self) -> Path:
        return self.root / self.subfolder

    def config(self) -> dict[str, Any]:
        """The parsed config; LoomError when it is missing or no JSON."""
        return read_json(self.path / self.config_file)

    def weights(self) -> tuple[Path, ...]:
        """Its weight files (see `weight_files`)."""
        return weight_files(self.path, self.variant)

    def tensors(self) -> Iterator[tuple[str, torch.Tensor]]:
        """Its weights by name, one by one, mapped from its files."""
        from engine.diffusion.weights.tensors import tensors

        self.check()
        return tensors(self.weights())

    def check(self) -> None:
        """Raise LoomError for weights that are damaged, no model's, or not what an index says."""
        if self.config_file != "config.json":
            return
        index = weight_index(self.path, self.variant)
        if index.suffix != ".json":
            _require_model(index, header_of(index).tensors)
            return
        held = {file.name: header_of(file).tensors for file in self.weights()}
        for name, shard in read_json(index)["weight_map"].items():
            if name not in held[shard]:
                raise LoomError(
                    f"{index} says that {shard} holds the tensor {name}, which it does not.",
                    remedy="Copy the index and all shards again, from one place.",
                )

    def files(self) -> tuple[Path, ...]:
        """Every file that decides what it computes: config, and weights or vocabulary."""
        files = [self.path / self.config_file]
        if self.config_file == "tokenizer_config.json":
            found = (self.path / name for name in TOKENIZER_FILES)
            return (*files, *(file for file in found if file.is_file()))
        if self.config_file == "config.json":
            files.extend(self.weights())
        return tuple(files)

    def size(self) -> int:
        """Bytes of its weights."""
        has_weights = self.config_file == "config.json"
        return sum(file.stat().st_size for file in self.weights()) if has_weights else 0

    def contents(self) -> tuple[tuple[str, Path], ...]:
        """Its files, each with the name it counts under in the component's hash."""
        return tuple((file.name, file) for file in self.files())


def _require_model(file: Path, names: Iterable[str]) -> None:
    """Raise LoomError for a file all of whose tensors are those of something else, as a LoRA's."""
    found = {something_else((name,)) for name in names}
    what = found.pop() if len(found) == 1 else ""
    if what:
        raise LoomError(
            f"{file} is {what}, and the weights of a model belong there.",
            remedy="Put the model's own weights back, and load this on top of them.",
        )


def read_pipeline(root: Path, variant: str = "") -> dict[str, Component]:
    """The components of a pipeline folder by name, in the order of `model_index.json`.

    Components that are null there, or whose folder is not there, are left out.
    Raises LoomError when `root` has no readable `model_index.json`.
    """
    index = read_json(root / INDEX)
    components: dict[str, Component] = {}
    for name, entry in index.items():
        if not (
            isinstance(entry, list) and len(entry) == 2 and all(isinstance(e, str) for e in entry)
        ):
            continue
        config_file = _config_file(root / name)
        if config_file:
            components[name] = Component(root, name, entry[1], config_file, variant)
    if not components:
        raise LoomError(
            f"The model folder {root} has none of the parts that its {INDEX} names.",
            remedy="Copy the whole folder, with one subfolder for each part.",
        )
    return components


def find_component(root: Path, subfolder: str = "", variant: str = "") -> Component:
    """One component alone, in `root`/`subfolder` or, with "", in `root` itself.

    Raises LoomError when there is no config, or none that says its class.
    """
    path = root / subfolder
    config_file = _config_file(path)
    if not config_file:
        parts = (
            sorted(child.name for child in path.iterdir() if child.is_dir())
            if path.is_dir()
            else []
        )
        hint = f"It has the parts {', '.join(parts)}: choose one." if parts else "Check the folder."
        raise LoomError(f"There is no model in {path}: none of {', '.join(CONFIGS)}.", remedy=hint)
    config = read_json(path / config_file)
    class_name = str(config.get("_class_name") or _class_of_transformers(config))
    parent = path.parent
    if not class_name and (parent / INDEX).is_file():
        entry = read_json(parent / INDEX).get(path.name)
        class_name = str(entry[1]) if isinstance(entry, list) and len(entry) == 2 else ""
    if not class_name:
        raise LoomError(f"{path / config_file} does not say which kind of model it describes.")
    return Component(root, subfolder, class_name, config_file, variant)


def _class_of_transformers(config: Mapping[str, Any]) -> str:
    """The class that a config of the transformers library names, or ""."""
    architectures = config.get("architectures") or []
    return architectures[0] if architectures else config.get("tokenizer_class") or ""


def _config_file(folder: Path) -> str:
    """The config that `folder` has, or ""."""
    return next((name for name in CONFIGS if (folder / name).is_file()), "")


def weight_files(folder: Path, variant: str = "") -> tuple[Path, ...]:
    """The weight files of a component: one, or all shards that its index names.

    `variant` chooses `….fp16.safetensors`; "" is the plain file. Where only another variant exists,
    or several files could be meant, the error names them: weights are never chosen silently.
    """
    index = weight_index(folder, variant)
    return _shards(index) if index.suffix == ".json" else (index,)


def weight_index(folder: Path, variant: str = "") -> Path:
    """The file that has all weights of a component, or the index of its shards."""
    infix = f".{variant}" if variant else ""
    for suffix in SUFFIXES:
        names = [
            name
            for stem in STEMS
            for name in (
                f"{stem}{infix}{suffix}",
                f"{stem}{suffix}.index{infix}.json",
                f"{stem}{infix}{suffix}.index.json",
            )
        ]
        found = [path for name in dict.fromkeys(names) if (path := folder / name).is_file()]
        if len(found) > 1:
            raise LoomError(
                f"{folder} has two sets of weights: {found[0].name} and {found[1].name}.",
                remedy="Move the one that is not to be used elsewhere.",
            )
        if found:
            return found[0]
    there = sorted(variants(folder))
    wanted = f"{variant!r} variant" if variant else "plain weights"
    if there:
        names = [repr(name) if name else "plain" for name in there]
        raise LoomError(
            f"{folder} has no {wanted}; it has: {', '.join(names)}.",
            remedy="Choose one of these variants.",
        )
    raise LoomError(
        f"{folder} has no weights: no {STEMS[0]}.safetensors and no {STEMS[1]}.safetensors.",
        remedy="Copy the weights beside the config.",
    )


def variants(folder: Path) -> set[str]:
    """The variants that `folder` has weights of; "" stands for plain ones."""
    names = (file.name for file in folder.iterdir()) if folder.is_dir() else ()
    return {found for name in names if (found := variant_of(name)) is not None}


def variant_of(name: str) -> str | None:
    """The variant that a weight file or an index of shards is of, "" for plain; else None."""
    for stem in STEMS:
        rest = name.removeprefix(stem)
        if rest == name or not rest.startswith((".", "-")):
            continue
        parts = rest.removesuffix(".json").split(".")[1:]
        if "safetensors" in parts or "bin" in parts:
            inner = [p for p in parts if p not in ("safetensors", "bin", "index")]
            # A shard reads model-00001-of-00002.safetensors, or model.fp16-00001-of-00002.….
            return inner[0].split("-")[0] if inner else ""
    return None


def _shards(index: Path) -> tuple[Path, ...]:
    """The shards that a weight index names; LoomError when one is missing or leads elsewhere."""
    mapping = read_json(index).get("weight_map")
    if not isinstance(mapping, dict) or not mapping:
        raise LoomError(f"{index} does not say which file holds which tensor.")
    shards = sorted({str(name) for name in mapping.values()})
    for name in shards:
        if Path(name).name != name:
            raise LoomError(f"{index} names a file outside its folder: {name!r}.")
        if not (index.parent / name).is_file():
            raise LoomError(
                f"{index.parent} lacks the shard {name}, which {index.name} names.",
                remedy="Copy all shards.",
            )
    return tuple(index.parent / name for name in shards)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a JSON file; LoomError naming the file when it is missing or something else."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise LoomError(f"There is no {path}.", remedy="Check the model folder.") from None
    except OSError as error:
        raise LoomError(f"{path} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise LoomError(f"{path} is not valid JSON: {error}.") from error
    if not isinstance(data, dict):
        raise LoomError(f"{path} holds no JSON object.")
    return data
