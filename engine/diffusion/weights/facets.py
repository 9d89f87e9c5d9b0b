"""What a model folder fixes about its ports, from its configs alone: milliseconds, and no torch.

Families are told apart by the UNet's cross-attention width (CLIP ViT-L 768, OpenCLIP ViT-H 1024,
both SDXL encoders joined 2048, OpenCLIP ViT-bigG alone 1280); shapes that no published family has
are named after their folder, so that two home-made models are never taken for one another.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.diffusion.weights.folder import Component, find_component, read_pipeline

# Cross-attention width and block widths of the published UNets.
FAMILIES: Mapping[tuple[int, tuple[int, ...]], str] = {
    (768, (320, 640, 1280, 1280)): "sd15",
    (1024, (320, 640, 1280, 1280)): "sd21",
    (2048, (320, 640, 1280)): "sdxl",
    (1280, (384, 768, 1536, 1536)): "sdxl-refiner",
    (1280, (320, 640, 1280, 1280)): "ldm-text2im",
    (1024, (256, 512, 512, 1024)): "x4-upscaler",
    (768, (384, 384, 768, 768)): "x2-upscaler",
    (768, (384, 768, 1152, 1536)): "kandinsky-2",
}
# Whose latents a family works on, where not its own.
LATENT_SPACES = {"sdxl-refiner": "sdxl", "x2-upscaler": "sd15"}
# A VAE that stands alone tells its family only where its scaling factor is its own.
SCALES = {0.13025: "sdxl"}

# UNets that read no text: their width is 0.
UNCONDITIONAL = ("UNet2DModel",)
UNETS = ("UNet2DConditionModel", *UNCONDITIONAL)
# Autoencoders, and the channels of their latents where the config does not say.
LATENT_CHANNELS = {"AutoencoderKL": 4, "VQModel": 3, "AutoencoderTiny": 4}
VAES = tuple(LATENT_CHANNELS)
TEXT_ENCODERS = ("CLIPTextModel", "CLIPTextModelWithProjection", "LDMBertModel")
CONTROLNETS = ("ControlNetModel",)
SAFETY_CHECKERS = ("StableDiffusionSafetyChecker",)
CAPTIONERS = ("BlipForConditionalGeneration",)
TEXT_GENERATORS = ("T5ForConditionalGeneration",)
ADAPTERS = ("T2IAdapter",)
# Adapters say their family only by their type; the others serve several.
ADAPTER_FAMILIES = {"full_adapter_xl": "sdxl"}


@dataclass(frozen=True)
class ModelFacts:
    """What the configs say about one component; None where they don't.

    `family` is sd15, sd21, sdxl, sdxl-refiner or the model's own name, `space` the family whose
    latents it shares. `width` is the text embedding's, `factor` the pixels to a latent cell's side.
    """

    family: str | None = None
    space: str | None = None
    channels: int | None = None
    width: int | None = None
    in_channels: int | None = None
    factor: int | None = None
    sample_size: int | None = None

    def facets(self, *names: str) -> dict[str, str | int]:
        """Those of the facets space, channels and width (or of `names`) that are known."""
        wanted = names or ("space", "channels", "width")
        return {name: value for name in wanted if (value := getattr(self, name)) is not None}


def probe_pipeline(root: Path) -> dict[str, ModelFacts]:
    """Facts of each component of a pipeline folder, by the component's name.

    Raises LoomError when its index or a config can't be read.
    """
    return facts_of(root.name, read_pipeline(root))


def probe_component(root: Path, subfolder: str = "") -> ModelFacts:
    """Facts that one component tells alone."""
    component = find_component(root, subfolder)
    return facts_of(component.root.name, {"": component})[""]


def facts_of(name: str, components: Mapping[str, Component]) -> dict[str, ModelFacts]:
    """Facts of each of the components of the model called `name`, which explain one another."""
    own = {part: _own_facts(name, component) for part, component in components.items()}
    every = list(own.values())
    shared = {
        field: next((v for facts in every if (v := getattr(facts, field)) is not None), None)
        for field in ("family", "space", "factor")
    }
    if shared["factor"] is None and any(c.class_name in UNCONDITIONAL for c in components.values()):
        shared["factor"] = 1  # with no autoencoder beside it, it works on pixels
    return {part: replace(facts, **shared) for part, facts in own.items()}


def _own_facts(name: str, component: Component) -> ModelFacts:
    if component.class_name not in (*UNETS, *VAES, *TEXT_ENCODERS, *CONTROLNETS, *ADAPTERS):
        return ModelFacts()
    config = component.config()
    if component.class_name in TEXT_ENCODERS:
        return ModelFacts(width=_number(config.get("hidden_size", config.get("d_model", 512))))
    if component.class_name in ADAPTERS:
        return ModelFacts(space=ADAPTER_FAMILIES.get(config.get("adapter_type", "")))
    if component.class_name in VAES:
        return _autoencoder_facts(component.class_name, config)
    if component.class_name in UNCONDITIONAL:
        return _unconditional_facts(name, config)
    width = _number(config.get("cross_attention_dim", 1280)) or 0
    blocks = tuple(config.get("block_out_channels", (320, 640, 1280, 1280)))
    if component.class_name in CONTROLNETS:
        # Of a home-made UNet: it is named after that UNet's folder, which nothing here tells.
        family = FAMILIES.get((width, blocks))
        return ModelFacts(family=family, space=LATENT_SPACES.get(family or "", family), width=width)
    family = FAMILIES.get((width, blocks), name)
    inputs = _number(config.get("in_channels", 4)) or 4
    outputs = _number(config.get("out_channels", 4)) or 4
    if "SimpleCrossAttnDownBlock2D" in config.get("down_block_types", ()):
        outputs //= 2  # unCLIP's decoders predict a variance too
    if family == "x2-upscaler":
        outputs -= 1  # one for all channels
    return ModelFacts(
        family=family,
        space=LATENT_SPACES.get(family, family),
        # Extra inputs are masks or pictures, extra outputs a variance: the smaller is what flows.
        channels=min(inputs, outputs),
        width=width,
        in_channels=inputs,
        sample_size=_number(config.get("sample_size")),
    )


def _autoencoder_facts(class_name: str, config: Mapping[str, Any]) -> ModelFacts:
    usual = LATENT_CHANNELS[class_name]
    channels = config.get("vq_embed_dim") or config.get("latent_channels", usual)
    if class_name == "AutoencoderTiny":
        levels = config.get("encoder_block_out_channels", (64,) * 4)
    else:
        levels = config.get("block_out_channels", (64,))
    return ModelFacts(
        space=SCALES.get(config.get("scaling_factor", 0.18215)),
        channels=_number(channels),
        factor=2 ** (len(levels) - 1),
    )


def _unconditional_facts(name: str, config: Mapping[str, Any]) -> ModelFacts:
    inputs = _number(config.get("in_channels", 3))
    return ModelFacts(
        family=name,
        space=name,
        channels=inputs,
        width=0,
        in_channels=inputs,
        sample_size=_number(config.get("sample_size")),
    )


def _number(value: Any) -> int | None:
    """A config's whole number; the first, where it gives one for each block or side."""
    if isinstance(value, list):
        return _number(value[0]) if value else None
    return value if isinstance(value, int) else None
