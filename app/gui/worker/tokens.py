"""How many tokens a prompt has, for the box that it is typed into."""

from __future__ import annotations

import re
from typing import Any

from app.gui.worker.wire import Message
from engine.diffusion.text.weighting import uses_syntax
from engine.diffusion.values import Tokenizer
from engine.diffusion.weights.parts import open_part
from engine.graph.context import Settings
from engine.graph.errors import LoomError
from engine.runtime.pool import shared_pool

USUAL = 77  # places in CLIP, where a tokenizer does not say
# What compel reads as weights, and no tokenizer sees: `(`, `)1.3`, `)++`, `word--`.
_WEIGHTS = re.compile(r"(?<!\\)\((?=.*\))|(?<!\\)\)(?:[+-]+|\d*\.?\d+)?|(?<=\w)(?:\+\+|--)[+-]*")


def count(text: str, model: str, part: str, settings: Settings) -> Message:
    """Tokens of a text, how many the model reads at once, and how many letters that covers.

    `part` is the tokenizer's name in the model. Raises LoomError when there is no such model, or no
    tokenizer in it.
    """
    handle = open_part(settings.find_model(model), part)
    if not isinstance(handle, Tokenizer):
        raise LoomError(f"{part} of {model} is no tokenizer.")
    with shared_pool().lease(handle) as tokenizer:
        return count_with(tokenizer, text)


def count_with(tokenizer: Any, text: str) -> Message:
    """The same with a tokenizer at hand; of weighted prompts the words alone count."""
    weighted = uses_syntax(text)
    plain = _WEIGHTS.sub("", text) if weighted else text
    places = tokenizer.model_max_length
    limit = (places if places < 100_000 else USUAL) - 2  # begin and end take two
    found = tokenizer(
        plain,
        add_special_tokens=False,
        truncation=False,
        verbose=False,
        return_offsets_mapping=tokenizer.is_fast,
    )
    tokens = len(found.input_ids)
    kept = len(text)
    if tokens > limit and tokenizer.is_fast and not weighted:
        kept = found.offset_mapping[limit][0]
    return {"tokens": tokens, "limit": limit, "kept": kept}
