"""Loaders: from a model in the model folders to the handles that wires carry."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, cast

from engine.diffusion.values import VAE, Scheduler, TextEncoder, Tokenizer, UNet
from engine.diffusion.weights.parts import open_part, probe
from engine.graph.spec import ModelName, node
from engine.graph.types import Facet

Model = Annotated[Path, ModelName()]
Dtype = Literal["auto", "float32", "float16", "bfloat16"]


class Pipeline(NamedTuple):
    """The parts of a text-to-image model."""

    unet: UNet
    vae: VAE
    text_encoder: TextEncoder
    tokenizer: Tokenizer
    scheduler: Scheduler


def facets_of(*parts: str) -> Callable[[Mapping[str, Any]], dict[str, dict[str, Facet]]]:
    """The probe of a loader of these parts."""
    return lambda params: probe(params["model"], parts, params.get("variant", ""))


@node(
    "load.pipeline",
    label="Load model",
    nature="external",
    facets=facets_of(*Pipeline._fields),
)
def pipeline(model: Model, variant: str = "", dtype: Dtype = "auto") -> Pipeline:
    """All parts of a model in the Diffusers folder layout.

    `variant` chooses weight files such as `….fp16.safetensors`; `dtype` is the precision the parts
    compute in, by default what suits the device. Weights are loaded when a part is first used.
    """
    parts: Any = {name: open_part(model, name, variant, dtype) for name in Pipeline._fields}
    return Pipeline(**parts)


@node("load.unet", label="Load UNet", nature="external", facets=facets_of("unet"))
def unet(model: Model, variant: str = "", dtype: Dtype = "auto") -> UNet:
    """The UNet of a model, from its subfolder `unet` or from a folder that holds just a UNet."""
    return cast(UNet, open_part(model, "unet", variant, dtype))


@node("load.vae", label="Load VAE", nature="external", facets=facets_of("vae"))
def vae(model: Model, variant: str = "", dtype: Dtype = "auto") -> VAE:
    """The VAE of a model, from its subfolder `vae` or from a folder that holds just a VAE."""
    return cast(VAE, open_part(model, "vae", variant, dtype))


@node(
    "load.text_encoder",
    label="Load text encoder",
    nature="external",
    facets=facets_of("text_encoder"),
)
def text_encoder(model: Model, variant: str = "", dtype: Dtype = "auto") -> TextEncoder:
    """The text encoder of a model, from its subfolder `text_encoder` or from a folder of its own.

    Its tokenizer has a node of its own: Load tokenizer.
    """
    return cast(TextEncoder, open_part(model, "text_encoder", variant, dtype))


@node("load.tokenizer", label="Load tokenizer", nature="external", facets=facets_of("tokenizer"))
def tokenizer(model: Model) -> Tokenizer:
    """The tokenizer of a model, from its subfolder `tokenizer` or from a folder of its own."""
    return cast(Tokenizer, open_part(model, "tokenizer"))


@node("load.scheduler", label="Load scheduler", nature="external", facets=facets_of("scheduler"))
def scheduler(model: Model) -> Scheduler:
    """The scheduler a model was published with: its solver, noise schedule and prediction type."""
    return cast(Scheduler, open_part(model, "scheduler"))
