"""What a UNet looks at: recorded while it denoises, and shown word by word."""

from typing import Annotated, Literal, NamedTuple

from engine.diffusion.hooks.base import Hook
from engine.diffusion.values import AttentionMaps, Image, Mask, Tokenizer
from engine.graph.spec import Multiline, Range, node

Fraction = Annotated[float, Range(0, 1, step=0.01)]


class Shown(NamedTuple):
    """A picture and a mask for each word, and the words as labels, one a line."""

    images: Image
    masks: Mask
    labels: str


@node("attention.record", label="Record attention", runs_on="cpu")
def record(layers: str = "", start: Fraction = 0.0, end: Fraction = 1.0) -> Hook:
    """Records where a run looks for each word of its prompt: join it to the hooks of Denoise.

    The steps from `start` to `end`, fractions of the run, are averaged, and all layers; or those
    whose names have a part that is in `layers`, between commas: `mid`, `up_blocks`, `up_blocks.1`.
    """
    from engine.diffusion.hooks.record_attention import RecordAttention

    parts = tuple(part.strip() for part in layers.split(",") if part.strip())
    return RecordAttention(parts, start, end)


@node("attention.maps", label="Attention by word", runs_on="cpu")
def maps(
    attention: AttentionMaps | None,
    tokenizer: Tokenizer,
    image: Image | None = None,
    text: Annotated[str, Multiline()] = "",
    words: str = "",
    scale: Literal["each word", "all words"] = "each word",
    picture: Annotated[int, Range(0, 63)] = 0,
) -> Shown:
    """Heat maps of where a run looked for the words of its prompt, over the picture it made.

    `text` is that prompt, and `words` some of its words or phrases, between commas; none shows all
    of them. Each word's map goes from cold to hot by itself, or all by one scale, which tells
    strong words from weak ones. The same maps come out as masks, to look at or to edit by. Of a
    batch it shows the `picture` of that number, from 0.
    """
    from engine.diffusion.attention_pictures import by_word, drawn
    from engine.runtime.pool import shared_pool

    with shared_pool().lease(tokenizer) as vocabulary:
        named, found = by_word(attention, vocabulary, text, words, scale == "each word", picture)
    return Shown(*drawn(found, image, picture), "\n".join(named))
