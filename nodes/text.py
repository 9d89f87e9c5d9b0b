"""Prompts to what a UNet reads."""

from dataclasses import replace
from typing import Annotated, Literal

from engine.diffusion.values import Conditioning, TextEncoder, Tokenizer
from engine.graph.errors import LoomError
from engine.graph.spec import Context, Facets, Multiline, Range, node

AnyWidth = Annotated[Conditioning, Facets(width=None)]
Side = Annotated[int, Range(0, 8192)]


@node("text.encode", label="Prompt")
def encode(
    context: Context,
    tokenizer: Tokenizer,
    text_encoder: TextEncoder,
    text: Annotated[str, Multiline()] = "",
    clip_skip: Annotated[int, Range(0, 11)] = 0,
    states: Literal["last", "penultimate"] = "last",
    long_prompt: Literal["cut", "keep"] = "cut",
) -> Conditioning:
    """A prompt as embeddings (1, tokens, width).

    Words can be weighted in compel's syntax: `(red fish)1.3`, `fish++`, `fish--`, `("a", "b")
    .blend(1, 0.5)`. Words beyond the encoder's length are cut, with a note that names them, or kept
    as further pieces. SD 1.x and 2.x read the last `states`, SDXL the penultimate ones. `clip_skip`
    leaves out that many of the encoder's last layers.
    """
    from engine.diffusion.text.encode import encode
    from engine.runtime.pool import shared_pool

    pool = shared_pool()
    with pool.lease(tokenizer) as words, pool.lease(text_encoder) as encoder:
        found = encode(words, encoder, [text], clip_skip, states, long_prompt == "keep")
    for warning in found.warnings:
        context.progress(1, 1, warning)
    return replace(found, space=text_encoder.space)


@node("text.encode_all", label="Prompts")
def encode_all(
    tokenizer: Tokenizer,
    text_encoder: TextEncoder,
    texts: list[str],
    average: bool = False,
) -> Conditioning:
    """Several prompts at once: one for each picture of a batch, or the average of all of them.

    The average of many captions is a direction in which pictures can be edited.
    """
    from engine.diffusion.text.combine import averaged
    from engine.diffusion.text.encode import encode
    from engine.runtime.pool import shared_pool

    pool = shared_pool()
    with pool.lease(tokenizer) as words, pool.lease(text_encoder) as encoder:
        try:
            found = encode(words, encoder, texts)
        except LoomError as error:
            error.field = "texts"
            raise
    return replace(averaged(found) if average else found, space=text_encoder.space)


@node("text.write", label="Text", output="text", runs_on="cpu")
def write(text: Annotated[str, Multiline()] = "") -> str:
    """A text that several nodes read, such as a prompt."""
    return text


@node("text.fill", label="Fill in", output="text", runs_on="cpu")
def fill(
    texts: list[str],
    template: Annotated[str, Multiline()] = "Write a caption for a picture of {}.",
) -> str:
    """A text with others, such as the caption of a picture, in the place of `{}`."""
    from engine.diffusion.text.captions import filled

    return filled(template, texts)


@node("text.join", label="Join encoders", runs_on="cpu")
def join(first: AnyWidth, second: AnyWidth) -> AnyWidth:
    """One prompt through two encoders, side by side, as SDXL reads it; pooled from the second."""
    from engine.diffusion.text.combine import join

    return join(first, second)


@node("text.sizes", label="SDXL sizes", runs_on="cpu")
def sizes(
    conditioning: Conditioning,
    width: Side = 1024,
    height: Side = 1024,
    original_width: Side = 0,
    original_height: Side = 0,
    crop_left: Side = 0,
    crop_top: Side = 0,
) -> Conditioning:
    """What SDXL is told about sizes, in pixels: of the picture, of its original, and its crop.

    An original of 0 is as large as the picture. Smaller originals look blurred, crops above 0 look
    cut off, as in the training pictures that had them.
    """
    from engine.diffusion.text.combine import with_sizes

    original = (original_height or height, original_width or width)
    return with_sizes(conditioning, *original, crop_top, crop_left, height, width)


@node("text.refiner_sizes", label="SDXL refiner sizes", runs_on="cpu")
def refiner_sizes(
    conditioning: Conditioning,
    aesthetic_score: Annotated[float, Range(0, 10, step=0.1)] = 6.0,
    width: Side = 1024,
    height: Side = 1024,
    crop_left: Side = 0,
    crop_top: Side = 0,
) -> Conditioning:
    """What SDXL's refiner is told: the original size, its crop, and how good it should look.

    The usual aesthetic score is 6 for the prompt and 2.5 for the negative one.
    """
    from engine.diffusion.text.combine import with_sizes

    return with_sizes(conditioning, height, width, crop_top, crop_left, aesthetic_score)


@node("text.zeros", label="No prompt", runs_on="cpu")
def zeros(conditioning: Conditioning) -> Conditioning:
    """Zeros in the shape of `conditioning`: what SDXL was trained with where there is no prompt."""
    from engine.diffusion.text.combine import zeroed

    return zeroed(conditioning)


@node("text.then", label="Then", runs_on="cpu")
def then(
    first: Conditioning,
    second: Conditioning,
    at: Annotated[float, Range(0, 0.99, step=0.01)] = 0.5,
) -> Conditioning:
    """`first`, and from the fraction `at` of the run on `second`.

    A run with another `second` goes on from the step where it takes over.
    """
    from engine.diffusion.text.combine import followed

    return followed(first, second, at)


@node("text.batch", label="Prompts of a batch", runs_on="cpu")
def batch(conditionings: list[Conditioning]) -> Conditioning:
    """One prompt for each picture of a batch, in the order of the links."""
    from engine.diffusion.text.combine import batched

    return batched(conditionings)
