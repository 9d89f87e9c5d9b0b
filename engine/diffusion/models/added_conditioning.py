"""What a conditioned UNet is told beside its sample, time and context, one class a family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class AddedConditioning:
    """SDXL's extra inputs: pooled text (B, D) and size/crop numbers (B, 6) or (B, 5)."""

    text_embeds: Tensor
    time_ids: Tensor


@dataclass(frozen=True)
class TextImageConditioning:
    """Kandinsky 2.1's extra inputs: the vectors of a text and of a picture, (B, D) each."""

    text_embeds: Tensor
    image_embeds: Tensor


@dataclass(frozen=True)
class ImageConditioning:
    """Kandinsky 2.2's only input beside the sample: a picture's vector (B, D)."""

    image_embeds: Tensor


@dataclass(frozen=True)
class ImageHintConditioning:
    """Kandinsky 2.2's ControlNet: a picture's vector (B, D) and a hint (B, 3, 8h, 8w) in [0, 1]."""

    image_embeds: Tensor
    hint: Tensor


Added = AddedConditioning | TextImageConditioning | ImageConditioning | ImageHintConditioning

# The `added` argument that each `addition_embed_type` takes, and what it is in words.
TAKES: Mapping[str | None, tuple[type[Added], str]] = {
    "text_time": (AddedConditioning, "pooled text embeddings and sizes"),
    "text_image": (TextImageConditioning, "the vectors of a text and a picture"),
    "image": (ImageConditioning, "the vector of a picture"),
    "image_hint": (ImageHintConditioning, "the vector of a picture and a hint"),
}
