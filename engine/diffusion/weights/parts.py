"""The parts of a model by name (unet, vae, …): found in a pipeline folder or alone, and opened."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from engine.diffusion.values import ModelRef, Scheduler
from engine.diffusion.weights.facets import TEXT_ENCODERS, UNETS, VAES, ModelFacts, facts_of
from engine.diffusion.weights.folder import INDEX, Component, find_component, read_pipeline
from engine.diffusion.weights.handles import TOKENIZERS, handle
from engine.diffusion.weights.headers import read_header
from engine.graph.errors import LoomError

SCHEDULER = "scheduler"
CLASSES = {
    "unet": UNETS,
    "vae": VAES,
    "text_encoder": TEXT_ENCODERS,
    "tokenizer": TOKENIZERS,
}
FACETS = {
    "unet": ("space", "channels", "width"),
    "vae": ("space", "channels"),
    "text_encoder": ("space", "width"),
}
AUTO = "auto"


def find_part(model: Path, part: str, variant: str = "") -> tuple[Component, ModelFacts]:
    """The part called `part` of a pipeline folder `model`, or the one that `model` itself holds.

    In a pipeline folder the other parts help to tell what it is, also where `model` is one of its
    subfolders. Raises LoomError when the part is missing or is something else.
    """
    component, facts = _find(model, part, variant)
    is_scheduler = component.config_file == "scheduler_config.json"
    if is_scheduler if part == SCHEDULER else component.class_name in CLASSES[part]:
        return component, facts
    known = ", ".join(CLASSES.get(part, ("a scheduler_config.json",)))
    raise LoomError(
        f"{component.path} holds a {component.class_name}, which is no {part.replace('_', ' ')}.",
        field="model",
        remedy=f"Name a model with one of: {known}.",
    )


def open_part(model: Path, part: str, variant: str = "", dtype: str = AUTO) -> ModelRef | Scheduler:
    """The handle of a part, its content hashed; a scheduler comes as its configuration.

    `dtype` is a torch name, or "auto" for what suits the device.
    """
    component, facts = find_part(model, part, variant)
    if part == SCHEDULER:
        return Scheduler.from_json(component.config())
    return handle(component, facts, "" if dtype == AUTO else dtype)


def probe(model: Path, parts: Iterable[str], variant: str = "") -> dict[str, dict[str, str | int]]:
    """The facets of each part, from configs alone; what a loader says before it runs.

    The headers of weight files are read too, so that one cut short is found out here. Raises
    LoomError for whatever would keep the parts from loading and can be seen without loading them.
    """
    found: dict[str, dict[str, str | int]] = {}
    for part in parts:
        try:
            component, facts = find_part(model, part, variant)
            for file in component.files():
                if file.suffix == ".safetensors":
                    read_header(file)
        except LoomError as error:
            raise error.at("", "model") from None
        found[part] = facts.facets(*FACETS[part]) if part in FACETS else {}
    return found


def _find(model: Path, part: str, variant: str) -> tuple[Component, ModelFacts]:
    for root, name in ((model, part), (model.parent, model.name)):
        if (root / INDEX).is_file():
            components = read_pipeline(root, variant)
            if name in components:
                return components[name], facts_of(root.name, components)[name]
    if (model / INDEX).is_file():
        raise LoomError(
            f"The model {model.name!r} has no {part.replace('_', ' ')}; it has "
            f"{', '.join(read_pipeline(model, variant))}.",
            field="model",
            remedy="Load that part alone, from a model that has it.",
        )
    component = find_component(model, part if (model / part).is_dir() else "", variant)
    return component, facts_of(model.name, {"": component})[""]
