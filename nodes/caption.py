"""Words from pictures and from words, by models of transformers."""

from pathlib import Path
from typing import Annotated

from engine.diffusion.values import Captioner, Image, TextGenerator
from engine.diffusion.weights.parts import Choice, open_part
from engine.graph.spec import ModelName, Multiline, Range, Seed, node

Model = Annotated[Path, ModelName()]
Most = Annotated[int, Range(1, 1000)]


@node("load.captioner", label="Load captioner", nature="external")
def load_captioner(model: Model) -> Captioner:
    """A BLIP model that says what pictures show, from its folder."""
    return open_part(model, "captioner", Choice())  # type: ignore[return-value]


@node("load.text_generator", label="Load text generator", nature="external")
def load_text_generator(model: Model) -> TextGenerator:
    """A T5 model that answers requests, such as Flan-T5, from its folder."""
    return open_part(model, "text_generator", Choice())  # type: ignore[return-value]


@node("caption.picture", label="Caption", output="text")
def picture(
    captioner: Captioner, image: Image, begin: str = "a photograph of", most: Most = 30
) -> list[str]:
    """What each picture shows, in words that go on from `begin`; at most `most` tokens more."""
    from engine.diffusion.text.captions import captions
    from engine.runtime.pool import shared_pool

    with shared_pool().lease(captioner) as model:
        return captions(model, captioner.path, image, begin, most)


@node("caption.variations", label="Variations of a text", nature="seeded", output="text")
def variations(
    generator: TextGenerator,
    request: Annotated[str, Multiline()] = "",
    count: Annotated[int, Range(1, 256)] = 16,
    seed: Annotated[int, Seed()] = 0,
    temperature: Annotated[float, Range(0.01, 10, step=0.01)] = 0.8,
    top_k: Annotated[int, Range(1, 1000)] = 10,
    most: Most = 60,
) -> list[str]:
    """`count` answers to a request, such as Write a caption for a picture of a dog.

    Encoded and averaged they stand for what they have in common better than one prompt does.
    """
    from engine.diffusion.text.captions import variations
    from engine.runtime.pool import shared_pool

    with shared_pool().lease(generator) as model:
        return variations(
            model,
            generator.path,
            request,
            count=count,
            seed=seed,
            temperature=temperature,
            top_k=top_k,
            most=most,
        )
