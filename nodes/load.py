"""Loaders: from a model in the model folders to the handles that wires carry."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, cast

from engine.diffusion.values import VAE, Scheduler, TextEncoder, Tokenizer, UNet
from engine.diffusion.weights.parts import Choice, found_besides, open_part, probe
from engine.diffusion.weights.prediction import AUTO
from engine.graph.spec import ModelName, node
from engine.graph.types import Facet
from engine.runtime.device import pick

Model = Annotated[Path, ModelName()]
Vocabulary = Annotated[Path, ModelName()]
Dtype = Literal["auto", "float32", "float16", "bfloat16"]
Prediction = Literal["auto", "epsilon", "v_prediction"]
Which = Literal["first", "second"]


class Pipeline(NamedTuple):
    """The parts of a text-to-image model."""

    unet: UNet
    vae: VAE
    text_encoder: TextEncoder
    tokenizer: Tokenizer
    scheduler: Scheduler


class PipelineXL(NamedTuple):
    """The parts of a text-to-image model with two text encoders."""

    unet: UNet
    vae: VAE
    text_encoder: TextEncoder
    text_encoder_2: TextEncoder
    tokenizer: Tokenizer
    tokenizer_2: Tokenizer
    scheduler: Scheduler


Params = Mapping[str, Any]


def facets_of(*parts: str) -> Callable[[Params], dict[str, dict[str, Facet]]]:
    """The probe of a loader of these parts, for one part of the one that `which` chooses."""

    def said(params: Params) -> dict[str, dict[str, Facet]]:
        usable(params.get("dtype", AUTO))
        wanted = {part: numbered(part, params.get("which", "first")) for part in parts}
        found = probe(params["model"], wanted.values(), choice_of(params))
        return {part: found[name] for part, name in wanted.items()}

    return said


def besides(*parts: str) -> Callable[[Params], dict[str, Path | str]]:
    """What a loader of these parts depends on besides the content of its model."""

    def found(params: Params) -> dict[str, Path | str]:
        wanted = [numbered(part, params.get("which", "first")) for part in parts]
        return found_besides(params["model"], wanted, choice_of(params))

    return found


def choice_of(params: Params) -> Choice:
    """How a loader's parameters say that a model is to be read."""
    return Choice(
        params.get("variant", ""), params.get("prediction", "auto"), params.get("vocabulary")
    )


def usable(dtype: str) -> str:
    """The precision as handles say it, "" for auto; LoomError where the device has none such."""
    return "" if dtype == AUTO else pick().dtype_for(dtype)


def numbered(part: str, which: Which) -> str:
    """The name that a model gives its first or second text encoder or tokenizer."""
    return f"{part}_2" if which == "second" else part


@node(
    "load.pipeline",
    label="Load model",
    nature="external",
    facets=facets_of(*Pipeline._fields),
    also=besides(*Pipeline._fields),
)
def pipeline(
    model: Model,
    variant: str = "",
    dtype: Dtype = "auto",
    prediction: Prediction = "auto",
    vocabulary: Vocabulary | None = None,
) -> Pipeline:
    """All parts of a model, from a Diffusers folder or an original single file.

    `variant` chooses weight files such as `….fp16.safetensors`, and in a single file its averaged
    weights ("ema"); `dtype` is the precision the parts compute in, by default what suits the
    device; a CPU takes no float16. Weights are loaded when a part is first used.

    For single files alone: `prediction` is what the model was trained to predict; auto reads the
    file's marks, takes v for Stable Diffusion 2 without any, and noise for everything else.
    `vocabulary` is a model whose tokenizer is used, by default the first one found that has the
    right number of tokens.
    """
    choice = Choice(variant, prediction, vocabulary)
    parts: Any = {name: open_part(model, name, choice, usable(dtype)) for name in Pipeline._fields}
    return Pipeline(**parts)


@node(
    "load.pipeline_xl",
    label="Load SDXL model",
    nature="external",
    facets=facets_of(*PipelineXL._fields),
    also=besides(*PipelineXL._fields),
)
def pipeline_xl(
    model: Model,
    variant: str = "",
    dtype: Dtype = "auto",
    prediction: Prediction = "auto",
    vocabulary: Vocabulary | None = None,
) -> PipelineXL:
    """All parts of a Stable Diffusion XL model, from a Diffusers folder or a single file.

    The parameters are those of Load model. A refiner has only a second text encoder: load its
    parts one by one.
    """
    choice = Choice(variant, prediction, vocabulary)
    parts: Any = {
        name: open_part(model, name, choice, usable(dtype)) for name in PipelineXL._fields
    }
    return PipelineXL(**parts)


@node(
    "load.unet",
    label="Load UNet",
    nature="external",
    facets=facets_of("unet"),
    also=besides("unet"),
)
def unet(model: Model, variant: str = "", dtype: Dtype = "auto") -> UNet:
    """The UNet of a model: from a folder or single file with all its parts, or of its own."""
    return cast(UNet, open_part(model, "unet", Choice(variant), usable(dtype)))


@node("load.vae", label="Load VAE", nature="external", facets=facets_of("vae"), also=besides("vae"))
def vae(model: Model, variant: str = "", dtype: Dtype = "auto") -> VAE:
    """The VAE of a model: from a folder or single file with all its parts, or of its own.

    A single file that holds just a VAE does not say what it belongs to: it is taken for one of
    SDXL where its name says "xl", else for one of Stable Diffusion 1.
    """
    return cast(VAE, open_part(model, "vae", Choice(variant), usable(dtype)))


@node(
    "load.text_encoder",
    label="Load text encoder",
    nature="external",
    facets=facets_of("text_encoder"),
    also=besides("text_encoder"),
)
def text_encoder(
    model: Model, variant: str = "", dtype: Dtype = "auto", which: Which = "first"
) -> TextEncoder:
    """The text encoder of a model: from a folder or single file with all its parts, or its own.

    Its tokenizer has a node of its own: Load tokenizer. SDXL has a second text encoder, and its
    refiner only that.
    """
    part = numbered("text_encoder", which)
    return cast(TextEncoder, open_part(model, part, Choice(variant), usable(dtype)))


@node(
    "load.tokenizer",
    label="Load tokenizer",
    nature="external",
    facets=facets_of("tokenizer"),
    also=besides("tokenizer"),
)
def tokenizer(
    model: Model, which: Which = "first", vocabulary: Vocabulary | None = None
) -> Tokenizer:
    """The tokenizer of a model, from its subfolder `tokenizer` or from a folder of its own.

    A single file has none: that of the model `vocabulary` is used, or the first one found that has
    the right number of tokens.
    """
    part = numbered("tokenizer", which)
    return cast(Tokenizer, open_part(model, part, Choice(tokenizer=vocabulary)))


@node(
    "load.scheduler",
    label="Load scheduler",
    nature="external",
    facets=facets_of("scheduler"),
    also=besides("scheduler"),
)
def scheduler(model: Model, prediction: Prediction = "auto") -> Scheduler:
    """The scheduler a model was published with: its solver, noise schedule and prediction type.

    A single file has none and gets that of its kind; `prediction` is what the model was trained to
    predict, where the file does not say (see Load model).
    """
    return cast(Scheduler, open_part(model, "scheduler", Choice(prediction=prediction)))
