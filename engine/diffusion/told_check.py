"""Whether a UNet can read a conditioning: said before the first step, in the terms of the wires."""

from __future__ import annotations

from typing import Any

import torch

from engine.diffusion.models.unet_2d_condition import UNet2DConditionConfig
from engine.diffusion.values import Conditioning
from engine.graph.errors import LoomError


def check_told(config: Any, positive: Conditioning | None, negative: Conditioning | None) -> None:
    """LoomError that names positive or negative where the UNet of this `config` can't read it."""
    classes: int | None = getattr(config, "num_class_embeds", None)
    reads_text = hasattr(config, "cross_attention_dim")
    if positive is None and (reads_text or classes):
        raise LoomError(
            "This UNet is told what to show, and nothing is joined to positive.",
            field="positive",
            remedy="Join an encoded prompt; an empty one will do."
            if reads_text
            else "Join the classes of the pictures.",
        )
    for name, told in (("positive", positive), ("negative", negative)):
        while told is not None:
            _check_finite(name, told)
            if isinstance(config, UNet2DConditionConfig):
                _check_width(config, name, told)
                _check_sizes(config, name, told)
            if classes:
                _check_class(classes, name, told)
            told = told.then


def _check_finite(name: str, told: Conditioning) -> None:
    if not bool(torch.isfinite(told.embeds).all()):
        raise LoomError(
            f"The {name} prompt's embeddings are not finite (NaN or infinity); the usual cause is "
            "a text encoder that overflows in half precision.",
            field=name,
            remedy="Load the text encoder in bfloat16 or float32.",
        )


def _check_width(config: UNet2DConditionConfig, name: str, told: Conditioning) -> None:
    width = config.encoder_hid_dim or config.each("cross_attention_dim")[0]
    found = told.embeds.shape[-1]
    if found and found != width:
        raise LoomError(
            f"This UNet reads text embeddings {width} wide, and the {name} prompt's are {found} "
            "wide: they come from the encoders of another family.",
            field=name,
            remedy="Encode the prompt with the text encoders of the UNet's own model.",
        )


def _check_sizes(config: UNet2DConditionConfig, name: str, told: Conditioning) -> None:
    if config.addition_embed_type != "text_time":
        if told.sizes is not None and config.addition_embed_type is None:
            raise LoomError(
                f"The {name} conditioning says sizes, as for SDXL, and this UNet reads none.",
                field=name,
                remedy="Join the prompt itself, or an SDXL UNet.",
            )
        return
    if told.sizes is None or told.pooled is None:
        raise LoomError(
            f"This UNet reads sizes and a pooled prompt, as SDXL's do, and the {name} conditioning "
            "lacks them.",
            field=name,
            remedy="Put SDXL sizes behind the prompt, and before the refiner SDXL refiner sizes.",
        )
    numbers = (config.projection_class_embeddings_input_dim or 0) - told.pooled.shape[-1]
    wanted, found = numbers // (config.addition_time_embed_dim or 1), told.sizes.shape[-1]
    if wanted != found:
        parts = {5: "SDXL's refiner", 6: "SDXL's base"}
        raise LoomError(
            f"This UNet is {parts.get(wanted, 'one')} that reads {wanted} sizes, and the {name} "
            f"conditioning has {found}, which are for {parts.get(found, 'another')}.",
            field=name,
            remedy="Put SDXL sizes before the base and SDXL refiner sizes before the refiner.",
        )


def _check_class(classes: int, name: str, told: Conditioning) -> None:
    if told.level is not None and not 0 <= int(told.level.max()) < classes:
        raise LoomError(
            f"This UNet knows the classes 0 to {classes - 1}, and none is {int(told.level.max())}.",
            field=name,
        )
