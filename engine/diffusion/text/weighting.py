"""Weighted words, blends and conjunctions in prompts, through compel.

Importing compel takes seconds, so it is loaded only for a prompt that uses its syntax.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

import torch

from engine.diffusion.values import Conditioning
from engine.graph.errors import LoomError

# `word++`, `word--`, `(some words)+`, `(some words)1.3`, `("a", "b").blend(1, 0.5)`, `(…).and()`.
# One plus or minus behind a bare word is left alone: people write "C+", or a dangling hyphen.
SYNTAX = re.compile(
    r"\w(?:\+\+|--)[+-]*(?=[\s,.)\"']|$)"
    r"|(?<!\\)\)(?:[+-]|\d*\.?\d)"
    r"|\)\.(?:blend|and)\("
)


def uses_syntax(prompt: str) -> bool:
    """Whether `prompt` asks for weighting."""
    return SYNTAX.search(prompt) is not None


def encode_weighted(
    tokenizer: Any,
    text_encoder: Any,
    prompts: Sequence[str],
    clip_skip: int = 0,
    states: str = "last",
    whole: bool = False,
) -> Conditioning:
    """Embeddings (B, L, D) of prompts in compel's syntax, as `encode.encode` describes them.

    `clip_skip` may be 0, or 1 with the last states. Raises LoomError for another one, and for a
    prompt that compel can't read.
    """
    from compel import Compel, ReturnedEmbeddingsType

    from engine.diffusion.text.encode import pooled_of, token_ids, truncation_warning

    kinds = ReturnedEmbeddingsType
    layers = {
        ("last", 0): kinds.LAST_HIDDEN_STATES_NORMALIZED,
        ("last", 1): kinds.PENULTIMATE_HIDDEN_STATES_NORMALIZED,
        ("penultimate", 0): kinds.PENULTIMATE_HIDDEN_STATES_NON_NORMALIZED,
    }
    if (states, clip_skip) not in layers:
        raise LoomError(
            f"Weighted words don't work with clip_skip {clip_skip} of the {states} states.",
            field="clip_skip",
            remedy="Lower clip_skip, or take the weights out of the prompt.",
        )
    compel = Compel(
        tokenizer=tokenizer,
        text_encoder=_with_text_model(text_encoder) if clip_skip else text_encoder,
        returned_embeddings_type=layers[states, clip_skip],
        truncate_long_prompts=not whole,
        dtype_for_device_getter=lambda device: text_encoder.dtype,
    )
    try:
        texts = [plain_text(compel, prompt) for prompt in prompts]
        embeds = cast(torch.Tensor, compel(list(prompts)))
    except Exception as error:
        # compel's parser raises whatever its grammar library does; all of it means one thing.
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        reason = reason.rstrip(".")
        raise LoomError(
            f"The weights in the prompt can't be read: {reason}.",
            field="text",
            remedy="Write (some words)1.3, word++ or word--; put \\ before a bracket that is text.",
        ) from error
    with torch.no_grad():
        pooled = pooled_of(text_encoder(token_ids(tokenizer, texts).to(text_encoder.device)))
    cut = () if whole else (truncation_warning(tokenizer, text) for text in texts)
    warnings = tuple(filter(None, cut))
    return Conditioning(embeds, pooled, warnings=warnings)


def plain_text(compel: Any, prompt: str) -> str:
    """The words of a weighted prompt without its syntax; of several parts, the first."""
    part = compel.parse_prompt_string(prompt).prompts[0]
    part = getattr(part, "prompts", [part])[0]
    return " ".join(fragment.text for fragment in part.children).strip()


def _with_text_model(text_encoder: Any) -> Any:
    """The encoder as compel expects it for earlier layers: with itself as its `text_model`."""
    if not hasattr(text_encoder, "text_model"):
        # Past nn.Module's own bookkeeping: as a submodule it would contain itself.
        object.__setattr__(text_encoder, "text_model", text_encoder)
    return text_encoder
