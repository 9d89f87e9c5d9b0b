"""Prompts to what a UNet reads."""

from dataclasses import replace
from typing import Annotated

from engine.diffusion.values import Conditioning, TextEncoder, Tokenizer
from engine.graph.spec import Context, Multiline, Range, node


@node("text.encode", label="Prompt")
def encode(
    context: Context,
    tokenizer: Tokenizer,
    text_encoder: TextEncoder,
    text: Annotated[str, Multiline()] = "",
    clip_skip: Annotated[int, Range(0, 11)] = 0,
) -> Conditioning:
    """A prompt as embeddings (1, tokens, width).

    Words can be weighted in compel's syntax: `(red fish)1.3`, `fish++`, `fish--`. Words beyond the
    encoder's length are cut, with a note that names them. `clip_skip` leaves out that many of the
    encoder's last layers.
    """
    from engine.diffusion.text.encode import encode
    from engine.runtime.pool import shared_pool

    pool = shared_pool()
    with pool.lease(tokenizer) as words, pool.lease(text_encoder) as encoder:
        found = encode(words, encoder, [text], clip_skip)
    for warning in found.warnings:
        context.progress(1, 1, warning)
    return replace(found, space=text_encoder.space)
