"""From a model to the handles that wires carry: hashed, described, and nothing loaded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.diffusion.values import (
    VAE,
    Captioner,
    ControlNet,
    ModelRef,
    SafetyChecker,
    Scheduler,
    T2IAdapter,
    TextEncoder,
    TextGenerator,
    Tokenizer,
    UNet,
)
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
from engine.diffusion.weights.find import components as read_components
from engine.diffusion.weights.find import name_of
from engine.diffusion.weights.folder import Component
from engine.diffusion.weights.hashing import component_hash

TOKENIZERS = ("CLIPTokenizer", "CLIPTokenizerFast", "BertTokenizer", "BertTokenizerFast")
# The kind of handle for each class.
KINDS: Mapping[type[ModelRef], tuple[str, ...]] = {
    UNet: UNETS,
    VAE: VAES,
    TextEncoder: TEXT_ENCODERS,
    Tokenizer: TOKENIZERS,
    ControlNet: CONTROLNETS,
    T2IAdapter: ADAPTERS,
    SafetyChecker: SAFETY_CHECKERS,
    Captioner: CAPTIONERS,
    TextGenerator: TEXT_GENERATORS,
}


def open_pipeline(
    root: Path, variant: str = "", dtype: str = ""
) -> dict[str, ModelRef | Scheduler]:
    """Handles of the components of a pipeline folder or single file, by the names there.

    A scheduler comes as its configuration. Components of classes that no kind stands for (a
    safety checker, an image processor) are left out. Raises LoomError as the readers do.
    """
    components = read_components(root, variant)
    facts = facts_of(name_of(root), components)
    handles: dict[str, ModelRef | Scheduler] = {}
    for name, component in components.items():
        if component.config_file == "scheduler_config.json":
            handles[name] = Scheduler.from_json(component.config())
        elif any(component.class_name in classes for classes in KINDS.values()):
            handles[name] = handle(component, facts[name], dtype)
    return handles


def open_component(
    root: Path, subfolder: str = "", variant: str = "", dtype: str = ""
) -> ModelRef | Scheduler:
    """The handle of one component alone; a whole pipeline folder explains its own components.

    Raises LoomError when there is none, or none of a class that the wires carry.
    """
    component = find_component(root, subfolder, variant)
    if component.config_file == "scheduler_config.json":
        return Scheduler.from_json(component.config())
    facts = facts_of(name_of(root), {"": component})[""]
    return handle(component, facts, dtype)


def handle(component: Component, facts: ModelFacts, dtype: str = "") -> ModelRef:
    """The handle of `component`, of the kind that stands for its class."""
    place = (str(component.root), component.subfolder, component.class_name)
    known = facts.facets("space", "channels", "width", "in_channels", "factor", "sample_size")
    for kind, classes in KINDS.items():
        if component.class_name in classes:
            fields = {name: v for name, v in known.items() if name in kind.__dataclass_fields__}
            if kind is Tokenizer:
                fields["pad"] = component.pad
            return kind(*place, component_hash(component), dtype, component.variant, **fields)  # type: ignore[arg-type]
    return ModelRef(*place, component_hash(component), dtype, component.variant)
