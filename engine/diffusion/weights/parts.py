"""The parts of a model by name (unet, vae, …): found in a folder or single file, and opened."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from engine.diffusion.values import ModelRef, Scheduler
from engine.diffusion.weights.facets import (
    ADAPTERS,
    CAPTIONERS,
    CONTROLNETS,
    SAFETY_CHECKERS,
    TEXT_ENCODERS,
    TEXT_GENERATORS,
    UNETS,
    VAES,
    ModelFacts,
    facts_of,
)
from engine.diffusion.weights.find import component as find_component
from engine.diffusion.weights.find import components, name_of
from engine.diffusion.weights.folder import INDEX, Component
from engine.diffusion.weights.handles import TOKENIZERS, handle
from engine.diffusion.weights.prediction import AUTO, config_beside
from engine.diffusion.weights.vocabulary import vocabulary
from engine.graph.errors import LoomError

SCHEDULER = "scheduler"
CLASSES = {
    "unet": UNETS,
    "vae": VAES,
    "text_encoder": TEXT_ENCODERS,
    "text_encoder_2": TEXT_ENCODERS,
    "tokenizer": TOKENIZERS,
    "tokenizer_2": TOKENIZERS,
    "controlnet": CONTROLNETS,
    "safety_checker": SAFETY_CHECKERS,
    "captioner": CAPTIONERS,
    "text_generator": TEXT_GENERATORS,
    "adapter": ADAPTERS,
}
# Pipelines of one family may have a part under a name of their own.
ALIASES = {"text_encoder": "bert", "vae": "vqvae"}
FACETS = {
    "unet": ("space", "channels", "width"),
    "vae": ("space", "channels"),
    "text_encoder": ("space", "width"),
    "text_encoder_2": ("space", "width"),
    "controlnet": ("space", "width"),
    "adapter": ("space",),
}


@dataclass(frozen=True)
class Choice:
    """How a model is to be read where it does not say.

    `variant` names the weight files; `prediction` is what the UNet of a single file predicts, and
    `tokenizer` a folder for its vocabulary.
    """

    variant: str = ""
    prediction: str = AUTO
    tokenizer: Path | None = None


def find_part(model: Path, part: str, choice: Choice = Choice()) -> tuple[Component, ModelFacts]:
    """The part called `part` of the model at `model`, or the one that `model` itself holds.

    In a pipeline folder the other parts help to tell what it is, also where `model` is one of its
    subfolders. Raises LoomError when the part is missing or is something else.
    """
    component, facts = _find(model, part, choice)
    is_scheduler = component.config_file == "scheduler_config.json"
    if is_scheduler if part == SCHEDULER else component.class_name in CLASSES[part]:
        return component, facts
    known = ", ".join(CLASSES.get(part, ("a scheduler_config.json",)))
    raise LoomError(
        f"{component.path} holds a {component.class_name}, which is no {part.replace('_', ' ')}.",
        field="model",
        remedy=f"Name a model with one of: {known}.",
    )


def open_part(
    model: Path, part: str, choice: Choice = Choice(), dtype: str = AUTO
) -> ModelRef | Scheduler:
    """The handle of a part, its content hashed; a scheduler comes as its configuration.

    `dtype` is a torch name, or "auto" for what suits the device.
    """
    component, facts = find_part(model, part, choice)
    if part == SCHEDULER:
        return Scheduler.from_json(component.config())
    return handle(component, facts, "" if dtype == AUTO else dtype)


def probe(
    model: Path, parts: Iterable[str], choice: Choice = Choice()
) -> dict[str, dict[str, str | int]]:
    """The facets of each part, from configs and headers; what a loader says before it runs.

    The headers of weight files are read too, so that one cut short is found out here. Raises
    LoomError for whatever would keep the parts from loading and can be seen without loading them.
    """
    found: dict[str, dict[str, str | int]] = {}
    for part in parts:
        try:
            component, facts = find_part(model, part, choice)
            component.check()
        except LoomError as error:
            raise error.at("", "model") from None
        found[part] = facts.facets(*FACETS[part]) if part in FACETS else {}
    return found


def found_besides(
    model: Path, parts: Iterable[str], choice: Choice = Choice()
) -> dict[str, Path | str]:
    """What opening these parts depends on that is not the content of `model` itself.

    Files that lie elsewhere, such as a tokenizer lent by another model, and the latent space, which
    a name or a neighbour may tell. Raises LoomError as `find_part` does.
    """
    found: dict[str, Path | str] = {}
    for part in parts:
        component, facts = find_part(model, part, choice)
        if not component.path.is_relative_to(model):
            found |= {f"{part} {name}": file for name, file in component.contents()}
        if facts.space is not None:
            found[f"space of {part}"] = facts.space
    if model.is_file() and config_beside(model).is_file():
        found["configuration"] = config_beside(model)
    return found


def _find(model: Path, part: str, choice: Choice) -> tuple[Component, ModelFacts]:
    if part.startswith("tokenizer") and model.is_file():
        return vocabulary(model, part, choice.tokenizer), ModelFacts()
    places = ((model, part), (model, ALIASES.get(part, part)), (model.parent, model.name))
    for root, name in places:
        if root.is_file() or (root / INDEX).is_file():
            found = components(root, choice.variant, choice.prediction)
            if name in found:
                return found[name], facts_of(name_of(root), found)[name]
    if model.is_file() or (model / INDEX).is_file():
        raise LoomError(
            f"The model {model.name!r} has no {part.replace('_', ' ')}; it has "
            f"{', '.join(components(model, choice.variant))}.",
            field="model",
            remedy="Load that part alone, from a model that has it.",
        )
    component = find_component(model, part if (model / part).is_dir() else "", choice.variant)
    return component, facts_of(model.name, {"": component})[""]
