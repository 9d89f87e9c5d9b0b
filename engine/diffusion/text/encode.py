"""Prompts to CLIP hidden states, as latent diffusion models read them (Rombach et al. 2022)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch

from engine.diffusion.text import weighting
from engine.diffusion.text.brackets import check_balanced, unescaped
from engine.diffusion.values import Conditioning
from engine.graph.errors import LoomError

States = Literal["last", "penultimate"]


def encode(
    tokenizer: Any,
    text_encoder: Any,
    prompts: Sequence[str],
    clip_skip: int = 0,
    states: States = "last",
    whole: bool = False,
) -> Conditioning:
    """Embeddings (B, L, D) of `prompts`, L being the tokens that tokenizer and encoder both take.

    The "last" states are those after the final layer norm, as SD 1.x and 2.x read them; the
    "penultimate" ones are the layer before the last as it is, as SDXL does. `clip_skip` k takes
    those k layers earlier. `pooled` (B, P) is the projected state of the end token where the
    encoder projects, the state itself where it does not. Words that don't fit are cut and named in
    `warnings`; with `whole` they go on in further pieces of L tokens. A prompt that uses compel's
    syntax (`(word)1.3`, `word++`), or is longer than L with `whole`, goes through compel, where
    `.and()` makes L a multiple of itself.

    Raises LoomError for no prompt at all, a `clip_skip` beyond the encoder's layers, a bracket that
    is left open, or a weighting that compel can't read.
    """
    if not prompts:
        raise LoomError("There is no prompt to encode.")
    layers = text_encoder.config.num_hidden_layers
    skipped = clip_skip + (states == "penultimate")
    if not clip_skip >= 0 or not skipped < layers:
        raise LoomError(
            f"clip_skip {clip_skip} is out of range: this text encoder has {layers} layers, "
            f"so 0 to {layers - 1 - (states == 'penultimate')} can be left out.",
            field="clip_skip",
        )
    for prompt in prompts:
        check_balanced(prompt)
    length = room(tokenizer, text_encoder)
    plain = [unescaped(prompt) for prompt in prompts]
    warnings = tuple(text for p in plain if (text := truncation_warning(tokenizer, p, length)))
    if any(weighting.uses_syntax(prompt) for prompt in prompts) or (whole and warnings):
        return weighting.encode_weighted(tokenizer, text_encoder, prompts, clip_skip, states, whole)
    ids = token_ids(tokenizer, plain, length).to(text_encoder.device)
    with torch.no_grad():
        output = text_encoder(ids, output_hidden_states=skipped > 0)
        embeds = output.last_hidden_state
        if skipped:
            embeds = output.hidden_states[-1 - skipped]
        if skipped and states == "last":
            embeds = final_layer_norm(text_encoder)(embeds)
    return Conditioning(embeds, pooled_of(output), warnings=warnings)


def room(tokenizer: Any, text_encoder: Any) -> int:
    """L: the tokenizer's `model_max_length`, or the encoder's places where they are fewer."""
    most: int = tokenizer.model_max_length
    return min(most, getattr(text_encoder.config, "max_position_embeddings", most))


def token_ids(tokenizer: Any, prompts: Sequence[str], length: int | None = None) -> torch.Tensor:
    """Token ids (B, L), int64: begin, words, end, and padding up to L.

    L is `length`, or the tokenizer's `model_max_length`.
    """
    return tokenizer(
        list(prompts),
        padding="max_length",
        max_length=length or tokenizer.model_max_length,
        truncation=True,
        return_tensors="pt",
    ).input_ids


def pooled_of(output: Any) -> torch.Tensor | None:
    """The one vector (B, P) a text encoder gives for each prompt, if it gives one."""
    projected = getattr(output, "text_embeds", None)
    return projected if projected is not None else getattr(output, "pooler_output", None)


def final_layer_norm(text_encoder: Any) -> torch.nn.Module:
    """The norm after the last layer, which the encoder with a projection keeps one level deeper."""
    return getattr(text_encoder, "text_model", text_encoder).final_layer_norm


def truncation_warning(tokenizer: Any, prompt: str, length: int | None = None) -> str:
    """A sentence that names the words of `prompt` that don't fit, or "" where all do."""
    # The begin and end tokens take two places.
    limit = (length or tokenizer.model_max_length) - 2
    ids = tokenizer(prompt, add_special_tokens=False, truncation=False, verbose=False).input_ids
    if len(ids) <= limit:
        return ""
    lost = tokenizer.decode(ids[limit:]).strip()
    return (
        f"The prompt has {len(ids)} tokens and the text encoder reads {limit}; "
        f"these words were cut: {lost!r}."
    )
