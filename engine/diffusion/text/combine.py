"""Conditionings put together from parts: two encoders, sizes, changes on the way."""

from __future__ import annotations

from dataclasses import replace

import torch

from engine.diffusion.values import Conditioning
from engine.graph.errors import LoomError


def join(first: Conditioning, second: Conditioning) -> Conditioning:
    """What two encoders make of a prompt, side by side: (B, L, D1 + D2), pooled from the second.

    As SDXL does (Podell et al. 2023, section 2.1). Of two lengths the shorter one's last token is
    repeated. Raises LoomError for a different number of prompts.
    """
    a, b = first.embeds, second.embeds
    if a.shape[0] != b.shape[0]:
        raise LoomError(
            f"The first conditioning has {a.shape[0]} prompts, and the second {b.shape[0]}.",
            field="second",
            remedy="Encode the same number of prompts with both encoders.",
        )
    length = max(a.shape[1], b.shape[1])
    embeds = torch.cat([_stretched(a, length), _stretched(b, length).to(a)], dim=-1)
    pooled = second.pooled if second.pooled is not None else first.pooled
    warnings = tuple(dict.fromkeys((*first.warnings, *second.warnings)))
    return replace(second, embeds=embeds, pooled=pooled, warnings=warnings)


def _stretched(embeds: torch.Tensor, length: int) -> torch.Tensor:
    missing = length - embeds.shape[1]
    return torch.cat([embeds, embeds[:, -1:].expand(-1, missing, -1)], dim=1)


def zeroed(conditioning: Conditioning) -> Conditioning:
    """A conditioning of zeros in the same shape: what SDXL was trained with for an empty prompt."""
    pooled = conditioning.pooled
    return replace(
        conditioning,
        embeds=torch.zeros_like(conditioning.embeds),
        pooled=None if pooled is None else torch.zeros_like(pooled),
        warnings=(),
    )


def with_sizes(conditioning: Conditioning, *numbers: float) -> Conditioning:
    """SDXL's micro-conditioning (Podell et al. 2023, section 2.2) for all prompts.

    `numbers` are original height and width, crop top and left, then target height and width; for
    the refiner the aesthetic score in place of the last two. Raises LoomError without a pooled
    vector.
    """
    if conditioning.pooled is None:
        raise LoomError(
            "Sizes go with the pooled vector of an encoder that projects, and there is none.",
            field="conditioning",
            remedy="Encode the prompt with SDXL's second text encoder.",
        )
    sizes = torch.tensor([numbers], dtype=torch.float32)
    return replace(conditioning, sizes=sizes.expand(conditioning.embeds.shape[0], -1).clone())


def followed(first: Conditioning, then: Conditioning, at: float) -> Conditioning:
    """`first`, and from the fraction `at` of a run on `then`; chains go on where they end."""
    if first.then is not None:
        return replace(first, then=followed(first.then, then, at))
    return replace(first, then=then, at=at)


def batched(conditionings: list[Conditioning]) -> Conditioning:
    """Several conditionings as one with a prompt for each picture of a batch.

    Raises LoomError where they are not of one shape.
    """
    shapes = {tuple(c.embeds.shape[1:]) for c in conditionings}
    if len(shapes) != 1 or len({c.pooled is None for c in conditionings}) != 1:
        raise LoomError(
            f"Conditionings of shapes {sorted(shapes)} can't be one batch.",
            field="conditionings",
            remedy="Encode all of them in the same way.",
        )
    pooled = [c.pooled for c in conditionings if c.pooled is not None]
    sizes = [c.sizes for c in conditionings if c.sizes is not None]
    return replace(
        conditionings[0],
        embeds=torch.cat([c.embeds for c in conditionings]),
        pooled=torch.cat(pooled) if pooled else None,
        sizes=torch.cat(sizes) if len(sizes) == len(conditionings) else None,
        warnings=tuple(w for c in conditionings for w in c.warnings),
    )


def averaged(conditioning: Conditioning) -> Conditioning:
    """The mean of all prompts of a batch, as one: (1, L, D)."""
    pooled = conditioning.pooled
    return replace(
        conditioning,
        embeds=conditioning.embeds.mean(0, keepdim=True),
        pooled=None if pooled is None else pooled.mean(0, keepdim=True),
    )


def of_classes(numbers: str) -> Conditioning:
    """Classes by number, for each picture or for all, and no text. Raises LoomError for others."""
    parts = [part.strip() for part in numbers.split(",")]
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise LoomError(
            f"{numbers!r} is no list of classes.",
            field="classes",
            remedy="Give whole numbers between commas, as in 207, 360.",
        )
    level = torch.tensor([int(part) for part in parts])
    return Conditioning(torch.zeros(len(parts), 0, 0), level=level)
