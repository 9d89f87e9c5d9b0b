"""Recorded attention, word by word."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F

from engine.diffusion.images.heat import heat
from engine.diffusion.text.words import chosen, words_of
from engine.diffusion.values import AttentionMaps, Image, Mask
from engine.graph.errors import LoomError


def by_word(
    attention: AttentionMaps | None,
    tokenizer: Any,
    prompt: str,
    listed: str = "",
    each: bool = True,
    picture: int = 0,
) -> tuple[list[str], torch.Tensor]:
    """Words of `prompt` and their maps (W, h, w) in [0, 1], for one picture of the batch.

    A word of several tokens has the mean of theirs. The smallest value is 0 and the largest 1: of
    `each` word's map, or of all. Raises LoomError for a run that was not recorded, a picture that
    is not there, and words that are not in the prompt.
    """
    if attention is None:
        raise LoomError(
            "The run recorded no attention.",
            field="attention",
            remedy="Join Record attention to the hooks of the node that denoises.",
        )
    count = len(attention.maps)
    if not 0 <= picture < count:
        raise LoomError(
            f"There are {count} pictures, and none has the number {picture}.",
            field="picture",
            remedy=f"Choose 0 to {count - 1}.",
        )
    tokens = attention.maps[picture]  # (L, h, w)
    words = words_of(tokenizer, prompt, len(tokens))
    names = chosen(words, listed)
    if not names:
        raise LoomError("The prompt is empty.", field="text", remedy="Give the run's prompt.")
    maps = torch.stack([tokens[list(words.tokens_of(name))].mean(0) for name in names])
    over = (1, 2) if each else (0, 1, 2)
    low, high = maps.amin(over, keepdim=True), maps.amax(over, keepdim=True)
    return list(names), (maps - low) / (high - low).clamp(min=1e-12)


def drawn(maps: torch.Tensor, image: Image | None, picture: int = 0) -> tuple[Image, Mask]:
    """Maps (W, h, w) as heat, over a picture of `image` where there is one, and as masks of its
    size.
    """
    under = None if image is None else Image(image.pixels[picture : picture + 1])
    pictures = heat(maps, under)
    size = pictures.pixels.shape[2:]
    masks = F.interpolate(maps[:, None], size=size, mode="bilinear", align_corners=False)
    return pictures, Mask(masks)
