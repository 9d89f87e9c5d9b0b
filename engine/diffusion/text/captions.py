"""Words made by models: captions of pictures (BLIP) and variations of a text (T5).

Both are transformers' own models, in the folders they are published in: configuration, weights and
tokenizer side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from engine.diffusion.images.pixels import to_pil
from engine.diffusion.values import Image
from engine.graph.errors import LoomError

PLACE = "{}"
# The words of a tokenizer: of either, of BERT's, and of T5's.
VOCABULARIES = ("tokenizer.json", "vocab.txt", "spiece.model")


def captions(
    model: Any, folder: Path, image: Image, begin: str = "a photograph of", most: int = 30
) -> list[str]:
    """What BLIP (Li et al. 2022) says of each picture: `begin`, and at most `most` tokens more.

    Raises LoomError where `folder` has no image processor or tokenizer.
    """
    processor = _part(folder, "AutoImageProcessor", "captioner")
    tokenizer = _part(folder, "AutoTokenizer", "captioner")
    pixels = processor(images=to_pil(image), return_tensors="pt").pixel_values
    count = pixels.shape[0]
    words = tokenizer([begin] * count, return_tensors="pt").input_ids if begin else None
    with torch.no_grad():
        ids = model.generate(
            pixel_values=pixels.to(model.device, model.dtype),
            input_ids=None if words is None else words.to(model.device),
            max_new_tokens=most,
            do_sample=False,
        )
    return [text.strip() for text in tokenizer.batch_decode(ids, skip_special_tokens=True)]


def variations(
    model: Any,
    folder: Path,
    request: str,
    *,
    count: int = 16,
    seed: int = 0,
    temperature: float = 0.8,
    top_k: int = 10,
    most: int = 60,
) -> list[str]:
    """`count` answers of a sequence-to-sequence model such as Flan-T5 to a request.

    Each token is drawn from the `top_k` likeliest ones at `temperature`, the same for the same
    seed. Raises LoomError for an empty request and where `folder` has no tokenizer.
    """
    if not request.strip():
        raise LoomError(
            "There is nothing to answer.",
            field="request",
            remedy="Ask for something: Write a caption for a picture of a dog.",
        )
    tokenizer = _part(folder, "AutoTokenizer", "generator")
    ids = tokenizer(request, return_tensors="pt").input_ids.to(model.device)
    devices = [model.device] if model.device.type == "cuda" else []
    with torch.no_grad(), torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        found = model.generate(
            input_ids=ids,
            do_sample=True,
            num_return_sequences=count,
            temperature=temperature,
            top_k=top_k,
            max_new_tokens=most,
        )
    return [text.strip() for text in tokenizer.batch_decode(found, skip_special_tokens=True)]


def filled(template: str, texts: Sequence[str]) -> str:
    """`template` with the texts, separated by commas, in the place of `{}`.

    Raises LoomError where the template has no such place.
    """
    if PLACE not in template:
        raise LoomError(
            f"The template has no place for texts: {template!r}.",
            field="template",
            remedy="Write {} where they are to stand.",
        )
    return template.replace(PLACE, ", ".join(texts))


def _part(folder: Path, kind: str, field: str) -> Any:
    import transformers

    is_tokenizer = kind == "AutoTokenizer"
    try:
        # transformers would make an empty tokenizer where there is none.
        if is_tokenizer and not any((folder / name).is_file() for name in VOCABULARIES):
            raise FileNotFoundError(f"none of {', '.join(VOCABULARIES)}")
        return getattr(transformers, kind).from_pretrained(folder, local_files_only=True)
    except Exception as error:  # whatever a missing or foreign file makes transformers raise
        what = "tokenizer" if is_tokenizer else "image processor"
        raise LoomError(
            f"{folder.name} has no {what} that can be read.",
            field=field,
            remedy="Check that the model's folder is complete.",
        ) from error
